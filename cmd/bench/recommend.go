package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/recommendation"
	"gifty/eventstore"
	readcatalogue "gifty/projections/catalogue"
	recommendations "gifty/projections/recommendation"
)

// pageWarmUp is how many pages go before those that count: the texts of products are read once.
const pageWarmUp = 200

// benchRecommend makes pages of gifts from a made-up catalogue: the whole command, from the ask to
// the page and all that was considered being in the log. Each page has five queries whose vectors are
// known, and a budget; no two ask for the same.
func benchRecommend(ctx context.Context, env environment) error {
	products, err := benchProducts()
	if err != nil {
		return err
	}
	p, err := newPast(ctx, env, 0)
	if err != nil {
		return err
	}
	defer p.close()
	s := newShop(products)
	if _, err := s.fill(ctx, p.pool, products); err != nil {
		return err
	}
	nearest := &readcatalogue.Nearest{}
	if _, err := nearest.Tune(ctx, p.pool, benchModel); err != nil {
		return err
	}
	vectors := remembered{}
	ranker, err := recommendations.NewRecommender(readcatalogue.Finder{DB: p.pool, Embedder: vectors, Nearest: nearest}, recommendations.RecommenderOptions{})
	if err != nil {
		return err
	}
	store := eventstore.Open(p.pool, p.types, eventstore.Options{})
	defer store.Close()
	commands := recommendation.Commands{Log: store, Blobs: store, Recommender: ranker,
		Env: domain.Environment{Now: time.Now, NewID: func() uuid.UUID { return uuid.Must(uuid.NewV7()) }}}
	asks := make([]recommendation.Recommend, pageWarmUp+pageCallers*pageRounds)
	for i := range asks {
		asks[i] = s.page(vectors)
	}
	ctx = domain.WithPrincipal(ctx, domain.LocalGiver)
	serve := func(cmd recommendation.Recommend) error {
		_, err := commands.Recommend(ctx, cmd)
		return err
	}
	if _, _, err := callAll(1, asks[:pageWarmUp], serve); err != nil {
		return err
	}
	rest := asks[pageWarmUp:]
	ms, _, err := callAll(1, rest[:pageRounds], serve)
	if err != nil {
		return err
	}
	print("recommend.p50_ms", median(ms), "ms")
	print("recommend.p99_ms", percentile(ms, 0.99), "ms")
	ms, took, err := callAll(pageCallers, rest[pageRounds:], serve)
	if err != nil {
		return err
	}
	print("recommend.per_s", float64(len(ms))/took.Seconds(), "pages/s")
	print("recommend8.p50_ms", median(ms), "ms")
	print("recommend8.p99_ms", percentile(ms, 0.99), "ms")
	return nil
}

// page asks for gifts by five texts, whose vectors it notes.
func (s *shop) page(vectors remembered) recommendation.Recommend {
	budget := roubles(s.prices[len(s.prices)/5+s.rand.IntN(len(s.prices)*4/5)])
	cmd := recommendation.Recommend{Brief: recommendation.Brief{Language: "ru", Budget: &domain.Money{Amount: *budget, Currency: "RUB"}}}
	for i := range pageQueries {
		text, v := s.ask()
		text += fmt.Sprint(" ", len(vectors)) // its vector's alone
		vectors[text] = v
		cmd.Ideas = append(cmd.Ideas, recommendation.Idea{Title: fmt.Sprint("Идея ", i), Queries: []string{text}})
	}
	return cmd
}

// remembered is an embedder that knows every text it is asked for.
type remembered map[string]catalogue.Vector

func (remembered) Model() catalogue.Model { return benchModel }

func (r remembered) Embed(_ context.Context, texts []string) ([]catalogue.Vector, error) {
	vectors := make([]catalogue.Vector, len(texts))
	for i, text := range texts {
		vectors[i] = r[text]
	}
	return vectors, nil
}
