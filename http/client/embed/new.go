// Package embed turns words into vectors: offline, with a sentence encoder or by hashing alone, or
// by asking a service. See New.
package embed

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/http/client/embed/glossary"
	"gifty/http/client/embed/uselite"
)

// Kind names a way to make vectors.
type Kind string

// The kinds.
const (
	Auto   Kind = "auto"   // OpenAI's protocol when a URL is given, else local, else hash
	Local  Kind = "local"  // the sentence encoder in ModelDir
	Hashed Kind = "hash"   // hashing alone
	OpenAI Kind = "openai" // a service with OpenAI's /v1/embeddings
	TEI    Kind = "tei"    // a Text Embeddings Inference server
)

// Config chooses an embedder. The zero Config is Auto with no weights: hashing alone.
type Config struct {
	Kind     Kind
	URL      string // of the service: its root, with or without /v1
	Model    string // the service's name for the model; vectors carry it
	Version  string // of the service's model, "1" if empty; change it when the service changes what it runs
	Key      string // sent to the service as a bearer token; none if empty
	Dim      int    // asked of the service; 0 expects 1024 without asking, for models that cannot shorten vectors
	ModelDir string // where make model put the weights
}

// New returns the configured embedder, and a note for people that says which one it is and why.
// It reads the weights (about 0.1 s) but asks no service anything. Errors: an unusable configuration
// (KindInvalid) or weights that are damaged, or missing though asked for (KindUnavailable).
func New(ctx context.Context, cfg Config) (e catalogue.Embedder, note string, err error) {
	switch kind := orElse(cfg.Kind, Auto); {
	case kind == OpenAI || kind == Auto && cfg.URL != "":
		return newService(cfg, "OpenAI-compatible", openAI{cfg.Model, cfg.Dim})
	case kind == TEI:
		return newService(cfg, "TEI", tei{cfg.Dim})
	case kind == Local || kind == Auto:
		return newLocal(ctx, cfg.ModelDir, kind == Local)
	case kind == Hashed:
		return newHashing("as configured")
	default:
		return nil, "", domain.Invalid("embedding_kind", "%q is no way to make vectors: use auto, local, hash, openai or tei", kind)
	}
}

func newService(cfg Config, speaks string, p protocol) (catalogue.Embedder, string, error) {
	if cfg.Model == "" {
		return nil, "", domain.Invalid("embedding_model", "the embedding service's model has no name: vectors must carry one, so that those of different models never meet")
	}
	r, err := newRemote(cfg, p)
	if err != nil {
		return nil, "", err
	}
	return r, fmt.Sprintf("meanings from %s, by the %s service that is configured", cfg.Model, speaks), nil
}

func newHashing(why string) (catalogue.Embedder, string, error) {
	l, err := newLexicon(nil)
	if err != nil {
		return nil, "", err
	}
	return newHash(l), "words and spellings only, " + why, nil
}

// newLocal falls back to hashing only where there are no weights at all: another model makes every
// stored vector useless, so damage has to be mended rather than passed over.
func newLocal(ctx context.Context, dir string, demanded bool) (catalogue.Embedder, string, error) {
	if _, err := os.Stat(filepath.Join(dir, "uselite", "model.json")); errors.Is(err, fs.ErrNotExist) || dir == "" {
		if demanded {
			return nil, "", domain.Unavailable("embedding_weights", "the encoder's weights are not in %q: run 'make model', or choose another embedder", dir)
		}
		return newHashing("because the encoder's weights are missing (make model fetches them)")
	}
	m, err := loadMeaning(ctx, dir)
	if err != nil {
		if ctx.Err() != nil {
			return nil, "", ctx.Err()
		}
		return nil, "", domain.Unavailable("embedding_weights", "the encoder's weights in %q are damaged: remove that folder and run 'make model'", dir).Because(err)
	}
	return m, "meanings from the sentence encoder on this machine, words and spellings by hashing", nil
}

func loadMeaning(ctx context.Context, dir string) (*Meaning, error) {
	var l lexicon
	var encoder *uselite.Model
	var loading errgroup.Group
	loading.Go(func() (err error) {
		l, err = loadLexicon(filepath.Join(dir, "cldr"))
		return err
	})
	loading.Go(func() (err error) {
		encoder, err = uselite.Load(filepath.Join(dir, "uselite"))
		return err
	})
	if err := loading.Wait(); err != nil {
		return nil, err
	}
	return newMeaning(ctx, l, encoder)
}

func loadLexicon(dir string) (lexicon, error) {
	russian, err := os.ReadFile(filepath.Join(dir, "ru.json"))
	if err != nil {
		return lexicon{}, err
	}
	english, err := os.ReadFile(filepath.Join(dir, "en.json"))
	if err != nil {
		return lexicon{}, err
	}
	pairs, err := glossary.ReadPairs(russian, english)
	if err != nil {
		return lexicon{}, err
	}
	return newLexicon(pairs)
}
