package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gifty/domain"
	domaincatalogue "gifty/domain/catalogue"
	"gifty/projections/all/alltest"
)

// service is an embedding service that fails as it is told.
type service struct {
	err   error
	asked int
}

func (s *service) Model() domaincatalogue.Model { return domaincatalogue.Model{Name: "m"} }

func (s *service) Embed(context.Context, []string) ([]domaincatalogue.Vector, error) {
	s.asked++
	return make([]domaincatalogue.Vector, 1), s.err
}

func TestSearchesGoOnByWordsAloneWhileTheEmbeddingServiceIsAway(t *testing.T) {
	t.Parallel()
	s := &service{}
	clock := time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)
	l := &lenient{Embedder: s, logger: slog.New(slog.DiscardHandler), now: func() time.Time { return clock }}
	ask := func(want error, asked, notices int) {
		t.Helper()
		if _, err := l.Embed(t.Context(), []string{"tea"}); !errors.Is(err, want) || s.asked != asked || len(l.notices()) != notices {
			t.Errorf("%v after asking %d times, %q", err, s.asked, l.notices())
		}
	}
	ask(nil, 1, 0)
	s.err = domain.Unavailable("embedding_unavailable", "it does not answer")
	ask(domaincatalogue.ErrTextWithoutWords, 2, 1)
	ask(domaincatalogue.ErrTextWithoutWords, 2, 1) // it rests
	clock = clock.Add(restFor)
	ask(domaincatalogue.ErrTextWithoutWords, 3, 1)
	s.err = nil
	clock = clock.Add(restFor)
	ask(nil, 4, 0)
	s.err = domain.Invalid("text_too_long", "shorten it")
	ask(s.err, 5, 0)
	s.err = errors.New("a defect")
	ask(s.err, 6, 0)
}

func TestWhoeverStopsSearchingSaysNothingOfTheService(t *testing.T) {
	t.Parallel()
	l := &lenient{Embedder: &service{err: context.Canceled}, logger: slog.New(slog.DiscardHandler), now: time.Now}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Embed(ctx, []string{"tea"}); !errors.Is(err, context.Canceled) || l.notices() != nil {
		t.Errorf("%v, %q", err, l.notices())
	}
}

func TestADeadEmbeddingServiceIsNamed(t *testing.T) {
	t.Parallel()
	p := at(t, alltest.Tables.URL(t), "GIFTY_EMBEDDER=tei", "GIFTY_EMBEDDER_URL=http://127.0.0.1:1", "GIFTY_EMBEDDER_MODEL=m")
	p.run(t, "import", "--no-embed", p.write(t, "shop.jsonl", products(1, 3)))
	run := p.run(t, "search", "подарок", "для", "дома")
	if said := run.err.String(); !strings.Contains(said, "Searching by words alone: the embedding service") || strings.Contains(said, "database") {
		t.Errorf("printed %s", said)
	}
	if !strings.Contains(run.out.String(), "Подарок 1") {
		t.Errorf("found %s", run.out)
	}
	p.begin(t, nil, "import", p.write(t, "more.jsonl", products(4, 5))).fails(t, 1, "the embedding service does not answer")
}
