package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/recipient"
	"gifty/eventstore"
	"gifty/projections"
	readcatalogue "gifty/projections/catalogue"
	readdiscovery "gifty/projections/discovery"
	readrecipient "gifty/projections/recipient"
)

const (
	switchEvents  = 200_000
	switchReaders = 4
)

// benchSwitch rebuilds every table while queries run against all of them and commands go on.
func benchSwitch(ctx context.Context, env environment) (err error) {
	p, err := newPast(ctx, env, switchEvents)
	if err != nil {
		return err
	}
	defer p.close()
	store := eventstore.Open(p.pool, p.types, eventstore.Options{})
	defer store.Close()
	ctx, stop := context.WithCancel(domain.WithPrincipal(ctx, domain.LocalGiver))
	ended := make(chan error, 1)
	go func() { ended <- p.engine.Run(ctx) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ended)
	}()
	if err := p.engine.CatchUp(ctx); err != nil {
		return err
	}
	var load sync.WaitGroup
	var failed atomic.Int64
	done := make(chan struct{})
	latencies := make([][]float64, switchReaders)
	for i := range switchReaders {
		load.Go(func() { latencies[i] = readAll(ctx, p, done, &failed) })
	}
	commands := recipient.Commands{Log: store, Env: domain.Environment{Now: time.Now, NewID: func() uuid.UUID { return uuid.Must(uuid.NewV7()) }}}
	load.Go(func() {
		for running(done) {
			if _, err := commands.Create(ctx, recipient.CreateRecipient{Profile: recipient.Profile{Name: "Bench", Interests: []string{"fishing"}}}); err != nil {
				failed.Add(1)
			}
		}
	})
	err = p.engine.Rebuild(ctx, nil, projections.RebuildOptions{})
	close(done)
	load.Wait()
	if err != nil {
		return err
	}
	var ms []float64
	for _, l := range latencies {
		ms = append(ms, l...)
	}
	print("switch.queries", float64(len(ms)), "queries")
	print("switch.query_p50_ms", median(ms), "ms")
	print("switch.query_p99_ms", percentile(ms, 0.99), "ms")
	print("switch.errors", float64(failed.Load()), "errors")
	return nil
}

func running(done <-chan struct{}) bool {
	select {
	case <-done:
		return false
	default:
		return true
	}
}

// readAll asks for a page of each table in turn, and returns how many milliseconds each took.
func readAll(ctx context.Context, p *past, done <-chan struct{}, failed *atomic.Int64) (ms []float64) {
	page := projections.PageRequest{Limit: 20}
	giver := domain.LocalGiver.Giver
	queries := []func() error{
		func() error { _, err := readrecipient.List(ctx, p.pool, giver, page); return err },
		func() error { _, err := readcatalogue.List(ctx, p.pool, readcatalogue.Filter{}, page); return err },
		func() error { _, err := readcatalogue.ListEmbeddings(ctx, p.pool, giftID(1), page); return err },
		func() error {
			_, err := readdiscovery.ListHypotheses(ctx, p.pool, readdiscovery.Which{Giver: giver}, page)
			return err
		},
		func() error { _, err := readdiscovery.ListLinks(ctx, p.pool, giver, page); return err },
		func() error {
			_, err := readdiscovery.ListInteractions(ctx, p.pool, readdiscovery.Which{Giver: giver}, page)
			return err
		},
		func() error {
			_, err := readdiscovery.ListSearchLogs(ctx, p.pool, readdiscovery.Which{Giver: giver}, page)
			return err
		},
	}
	for i := 0; running(done); i++ {
		began := time.Now()
		if err := queries[i%len(queries)](); err != nil {
			failed.Add(1)
		}
		ms = append(ms, float64(time.Since(began).Microseconds())/1000)
	}
	return ms
}
