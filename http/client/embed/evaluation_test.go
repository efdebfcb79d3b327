package embed

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gifty/domain/catalogue"
)

// upward returns the nearest path that exists, going up from the working directory, or skips the test.
func upward(t testing.TB, path, why string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, path)); err == nil {
			return filepath.Join(dir, path)
		}
		if dir == filepath.Dir(dir) {
			t.Skip(why)
		}
	}
}

func modelDir(t testing.TB) string {
	t.Helper()
	return filepath.Dir(filepath.Dir(upward(t, ".gifty/model/uselite/model.json", "the encoder's weights are not in .gifty/model: run 'make model'")))
}

func build(t testing.TB, cfg Config) catalogue.Embedder {
	t.Helper()
	e, note, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(note)
	return e
}

// evaluation is goods, and what people look for: which goods answer each wish.
type evaluation struct {
	ids       []string
	goods     map[string][]string // by language, "en" and "ru"
	wishes    map[string][]string
	fulfilled [][]string // ids by wish
}

func readEvaluation(t testing.TB, dir string) evaluation {
	t.Helper()
	e := evaluation{goods: map[string][]string{}, wishes: map[string][]string{}}
	for _, row := range readRows(t, filepath.Join(dir, "products.tsv")) {
		e.ids = append(e.ids, row[0])
		e.goods["en"], e.goods["ru"] = append(e.goods["en"], row[1]), append(e.goods["ru"], row[2])
	}
	for _, row := range readRows(t, filepath.Join(dir, "queries.tsv")) {
		e.wishes["en"], e.wishes["ru"] = append(e.wishes["en"], row[1]), append(e.wishes["ru"], row[2])
		e.fulfilled = append(e.fulfilled, strings.Split(row[3], ","))
	}
	return e
}

func readRows(t testing.TB, path string) [][]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for line := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n") {
		rows = append(rows, strings.Split(line, "\t"))
	}
	return rows
}

// hit3 is the share of wishes, in one language, with a fulfilling one among the three nearest goods,
// in the other or the same language. Vectors are by text.
func (e evaluation) hit3(t testing.TB, vectors map[string]catalogue.Vector, wishes, goods string) float64 {
	t.Helper()
	hits := 0
	for i, wish := range e.wishes[wishes] {
		nearness := map[string]float64{}
		for _, good := range e.goods[goods] {
			nearness[good] = cosine(vectors[wish], vectors[good])
		}
		nearest := slices.SortedFunc(slices.Values(e.goods[goods]), func(a, b string) int { return cmp.Compare(nearness[b], nearness[a]) })[:3]
		hit := slices.ContainsFunc(nearest, func(good string) bool {
			return slices.Contains(e.fulfilled[i], e.ids[slices.Index(e.goods[goods], good)])
		})
		if hit {
			hits++
		} else {
			t.Logf("missed %s → %s: %q gave %q", wishes, goods, wish, nearest)
		}
	}
	share := float64(hits) / float64(len(e.wishes[wishes]))
	t.Logf("hit3 %s → %s: %.2f", wishes, goods, share)
	return share
}

func (e evaluation) embed(t testing.TB, m catalogue.Embedder) map[string]catalogue.Vector {
	t.Helper()
	texts := slices.Concat(e.goods["en"], e.goods["ru"], e.wishes["en"], e.wishes["ru"])
	list, err := m.Embed(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	vectors := map[string]catalogue.Vector{}
	for i, text := range texts {
		vectors[text] = list[i]
	}
	return vectors
}

func cosine(a, b catalogue.Vector) float64 {
	var sum float64
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// floors are below what is reached, so that a better glossary or weights may shift single rows.
func TestFindsWhatIsMeant(t *testing.T) {
	configs := map[string]func(t *testing.T) catalogue.Embedder{
		"meaning": func(t *testing.T) catalogue.Embedder { return build(t, Config{Kind: Local, ModelDir: modelDir(t)}) },
		"hash":    func(t *testing.T) catalogue.Embedder { return build(t, Config{Kind: Hashed}) },
	}
	sets := map[string]func(t *testing.T) string{
		"first":  func(*testing.T) string { return "testdata/first" },
		"second": func(*testing.T) string { return "testdata/second" },
		"unseen": func(*testing.T) string { return "testdata/unseen" }, // never looked at when words or weights are chosen
		"wide":   func(*testing.T) string { return "testdata/wide" },   // what people want rather than what it is called; many goods
		"given": func(t *testing.T) string {
			return upward(t, "../shared/data/semantic", "no ../shared beside the repository")
		},
	}
	floors := map[string]map[string]float64{ // by embedder and set; of every direction
		"meaning": {"first": 0.9, "second": 0.85, "given": 0.9, "unseen": 0.75, "wide": 0.75},
		"hash":    {"first": 0.85, "second": 0.75, "given": 0.85, "unseen": 0.65, "wide": 0.65},
	}
	for embedder, floor := range floors {
		for set, least := range floor {
			t.Run(embedder+"/"+set, func(t *testing.T) {
				e := readEvaluation(t, sets[set](t))
				vectors := e.embed(t, configs[embedder](t))
				for _, direction := range [][2]string{{"en", "en"}, {"ru", "ru"}, {"ru", "en"}, {"en", "ru"}} {
					if share := e.hit3(t, vectors, direction[0], direction[1]); share < least {
						t.Errorf("hit3 %s → %s is %.2f, want at least %.2f", direction[0], direction[1], share, least)
					}
				}
			})
		}
	}
}

func BenchmarkEmbed(b *testing.B) {
	e := readEvaluation(b, "testdata/first")
	for name, cfg := range map[string]func() Config{
		"hash":    func() Config { return Config{Kind: Hashed} },
		"meaning": func() Config { return Config{Kind: Local, ModelDir: modelDir(b)} },
	} {
		for _, language := range []string{"en", "ru"} {
			b.Run(name+"/"+language, func(b *testing.B) {
				m := build(b, cfg())
				texts := slices.Repeat(e.goods[language], 4)
				b.ResetTimer()
				for b.Loop() {
					if _, err := m.Embed(b.Context(), texts); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N*len(texts))/b.Elapsed().Seconds(), "texts/s")
			})
		}
	}
}

// BenchmarkNew is what a short command waits for before its first vector.
func BenchmarkNew(b *testing.B) {
	dir := modelDir(b)
	for b.Loop() {
		if _, _, err := New(b.Context(), Config{Kind: Local, ModelDir: dir}); err != nil {
			b.Fatal(err)
		}
	}
}
