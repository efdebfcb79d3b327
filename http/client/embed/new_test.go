package embed

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/domain/catalogue"
)

func TestNewChooses(t *testing.T) {
	cases := []struct {
		name  string
		cfg   Config
		model string
		note  string
	}{
		{"nothing at all", Config{}, "hash-1024", "make model"},
		{"no weights", Config{Kind: Auto, ModelDir: t.TempDir()}, "hash-1024", "missing"},
		{"hash", Config{Kind: Hashed, ModelDir: t.TempDir()}, "hash-1024", "as configured"},
		{"a URL", Config{URL: "https://embed.example/v1", Model: "bge-m3"}, "bge-m3", "OpenAI"},
		{"openai", Config{Kind: OpenAI, URL: "http://localhost:8080", Model: "bge-m3"}, "bge-m3", "OpenAI"},
		{"tei", Config{Kind: TEI, URL: "http://localhost:8080", Model: "bge-m3"}, "bge-m3", "TEI"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e, note, err := New(t.Context(), c.cfg)
			if err != nil {
				t.Fatal(err)
			}
			if m := e.Model(); m.Name != c.model || m.Version == "" || m.Dim != 1024 || !strings.Contains(note, c.note) {
				t.Errorf("got %+v, %q", m, note)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	damaged := t.TempDir()
	if err := os.MkdirAll(filepath.Join(damaged, "uselite"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(damaged, "uselite", "model.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name string
		cfg  Config
		code string
	}{
		{"an unknown kind", Config{Kind: "magic"}, "embedding_kind"},
		{"no URL", Config{Kind: OpenAI, Model: "m"}, "embedding_url"},
		{"no host", Config{Kind: TEI, Model: "m", URL: "localhost:8080"}, "embedding_url"},
		{"no model", Config{Kind: TEI, URL: "http://localhost"}, "embedding_model"},
		{"a dimension below 0", Config{Kind: TEI, URL: "http://localhost", Model: "m", Dim: -1}, "embedding_dimension"},
		{"no weights though asked for", Config{Kind: Local, ModelDir: t.TempDir()}, "embedding_weights"},
		{"damaged weights", Config{Kind: Auto, ModelDir: damaged}, "embedding_weights"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := New(t.Context(), c.cfg)
			var e *domain.Error
			if !errors.As(err, &e) || e.Code != c.code {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

func TestEndpoints(t *testing.T) {
	for url, want := range map[string]string{
		"http://h": "http://h/v1/embeddings", "http://h/": "http://h/v1/embeddings", "http://h/v1": "http://h/v1/embeddings",
		"http://h/api/v1/": "http://h/api/v1/embeddings", "http://h/v1/embeddings": "http://h/v1/embeddings",
	} {
		if r, err := newRemote(Config{URL: url}, openAI{}); err != nil || r.endpoint != want {
			t.Errorf("%s: got %+v, %v", url, r, err)
		}
	}
	for url, want := range map[string]string{"http://h": "http://h/embed", "http://h/x/": "http://h/x/embed", "http://h/embed": "http://h/embed"} {
		if r, err := newRemote(Config{URL: url}, tei{}); err != nil || r.endpoint != want {
			t.Errorf("%s: got %+v, %v", url, r, err)
		}
	}
}

// offline gives each embedder that needs no service.
func offline(t *testing.T, test func(t *testing.T, e catalogue.Embedder)) {
	t.Run("hash", func(t *testing.T) { test(t, build(t, Config{Kind: Hashed})) })
	t.Run("meaning", func(t *testing.T) { test(t, build(t, Config{Kind: Local, ModelDir: modelDir(t)})) })
}

func embedOne(t testing.TB, e catalogue.Embedder, text string) catalogue.Vector {
	t.Helper()
	v, err := e.Embed(t.Context(), []string{text})
	if err != nil {
		t.Fatal(err)
	}
	return v[0]
}

func TestOfflineVectorsAreUsable(t *testing.T) {
	offline(t, func(t *testing.T, e catalogue.Embedder) {
		rapid.Check(t, func(rt *rapid.T) {
			texts := rapid.SliceOfN(rapid.OneOf(
				rapid.String(), rapid.StringMatching(`[а-яё]{1,12}( [а-яё]{1,9}){0,4}`), rapid.StringMatching(`[A-Za-z0-9' -]{1,40}`),
			).Filter(catalogue.HasWords), 0, 5).Draw(rt, "texts")
			vectors, err := e.Embed(t.Context(), texts)
			if err != nil {
				rt.Fatal(err)
			}
			for i, v := range vectors {
				if err := v.Check(e.Model()); err != nil || cosine(v, v) < 0.999 || cosine(v, v) > 1.001 {
					rt.Fatalf("%q: %v, length² %v", texts[i], err, cosine(v, v))
				}
				if alone := embedOne(t, e, texts[i]); cosine(v, alone) < 0.9999 {
					rt.Fatalf("%q: another vector alone", texts[i])
				}
			}
		})
	})
}

func TestOfflineTexts(t *testing.T) {
	offline(t, func(t *testing.T, e catalogue.Embedder) {
		for _, text := range []string{"и", "the", "для", "礼物", "42", "зюзюка", strings.Repeat("подарок с длинным описанием ", 500)} {
			embedOne(t, e, text)
		}
		for _, texts := range [][]string{{"!!!"}, {""}, {"gift", "🎁"}} {
			if _, err := e.Embed(t.Context(), texts); !errors.Is(err, catalogue.ErrTextWithoutWords) {
				t.Errorf("%q: got %v", texts, err)
			}
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := e.Embed(ended, slices.Repeat([]string{"gift"}, 100)); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the context's end", err)
		}
	})
}

// Names, models, cases and alphabets: what a sentence encoder is blind to.
func TestOfflineWordsCount(t *testing.T) {
	offline(t, func(t *testing.T, e catalogue.Embedder) {
		for _, c := range []struct{ text, near, far string }{
			{"наушники Sony WH-1000XM5", "sony wh 1000xm5", "наушники Bose QC45"},
			{"самсунг", "Samsung", "Xiaomi"},
			{"шахматы", "chess", "football"},
			{"подарки для рыбаков", "подарок рыбаку", "подарок повару"},
			{"LEGO 42149", "конструктор 42149", "конструктор 10281"},
			{"telescope", "телескоп", "микрофон"},
		} {
			v := embedOne(t, e, c.text)
			near, far := cosine(v, embedOne(t, e, c.near)), cosine(v, embedOne(t, e, c.far))
			if near <= far {
				t.Errorf("%q is %.2f from %q and %.2f from %q", c.text, near, c.near, far, c.far)
			}
		}
	})
}

func TestHashForgivesMisspelling(t *testing.T) {
	e := build(t, Config{Kind: Hashed})
	v := embedOne(t, e, "тилескоп")
	if near, far := cosine(v, embedOne(t, e, "телескоп")), cosine(v, embedOne(t, e, "микрофон")); near <= far {
		t.Errorf("%.2f from what was meant, %.2f from another", near, far)
	}
}

func TestVersionsFollowTheContent(t *testing.T) {
	a, b := version([]byte("words")), version([]byte("other words"))
	if a == b || a != version([]byte("words")) || !strings.HasPrefix(a, method+"-") {
		t.Errorf("got %s and %s", a, b)
	}
}
