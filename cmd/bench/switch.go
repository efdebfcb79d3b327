package main

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/recipient"
	"gifty/eventstore"
	"gifty/projections"
	"gifty/projections/all"
	readcatalogue "gifty/projections/catalogue"
	readdiscovery "gifty/projections/discovery"
	readrecipient "gifty/projections/recipient"
)

const (
	switchEvents  = 200_000
	switchReaders = 4
)

// benchSwitch changes the shape of every table twice while queries and searches run against all of
// them and commands go on: to columns that merely extend the old ones, and back, for which the view is
// made anew. Latencies are those of queries within a quarter of a second of a switch.
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
	asked := make([][]query, switchReaders)
	for i := range switchReaders {
		load.Go(func() { asked[i] = readAll(ctx, p, done, &failed) })
	}
	commands := recipient.Commands{Log: store, Env: domain.Environment{Now: time.Now, NewID: func() uuid.UUID { return uuid.Must(uuid.NewV7()) }}}
	load.Go(func() {
		for running(done) {
			if _, err := commands.Create(ctx, recipient.CreateRecipient{Profile: recipient.Profile{Name: "Bench", Interests: []string{"fishing"}}}); err != nil {
				failed.Add(1)
			}
		}
	})
	switched := &moments{}
	for versions, column := range []string{"bench_column", ""} {
		if err = rebuildReshaped(ctx, p, versions+1, column, switched); err != nil {
			break
		}
	}
	close(done)
	load.Wait()
	if err != nil {
		return err
	}
	near := switched.near(slices.Concat(asked...))
	print("switch.switches", float64(len(switched.at)), "switches")
	print("switch.queries", float64(len(near)), "queries")
	print("switch.query_p50_ms", median(near), "ms")
	print("switch.query_p99_ms", percentile(near, 0.99), "ms")
	print("switch.errors", float64(failed.Load()), "errors")
	return nil
}

// rebuildReshaped builds every table in a version that is later by some and has a column besides.
func rebuildReshaped(ctx context.Context, p *past, later int, column string, switched *moments) error {
	var tables []projections.Definition
	for _, d := range all.Tables() {
		v := reflect.New(reflect.TypeOf(d)).Elem()
		v.Set(reflect.ValueOf(d))
		v.FieldByName("Version").SetInt(v.FieldByName("Version").Int() + int64(later))
		if column != "" {
			setup := slices.Clone(v.FieldByName("Setup").Interface().([]string))
			v.FieldByName("Setup").Set(reflect.ValueOf(append(setup, "ALTER TABLE {table} ADD COLUMN "+column+" integer")))
		}
		tables = append(tables, v.Interface().(projections.Definition))
	}
	e, err := projections.New(p.pool, p.types, tables, projections.Options{Logger: slog.New(switched)})
	if err != nil {
		return err
	}
	return e.Rebuild(ctx, nil, projections.RebuildOptions{})
}

// moments are when tables were switched, by the engine's own log.
type moments struct {
	mu sync.Mutex
	at []time.Time
}

// Enabled is part of slog.Handler, as are WithAttrs and WithGroup.
func (*moments) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

// Handle notes a switch.
func (m *moments) Handle(_ context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, "switched to") {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.at = append(m.at, r.Time)
	}
	return nil
}

// WithAttrs leaves attributes out.
func (m *moments) WithAttrs([]slog.Attr) slog.Handler { return m }

// WithGroup leaves groups out.
func (m *moments) WithGroup(string) slog.Handler { return m }

// nearSwitch is how far from a switch a query may be to count.
const nearSwitch = 250 * time.Millisecond

// near is how many milliseconds the queries took that ran around a switch.
func (m *moments) near(asked []query) (ms []float64) {
	for _, q := range asked {
		if slices.ContainsFunc(m.at, func(at time.Time) bool {
			return q.began.Before(at.Add(nearSwitch)) && q.began.Add(q.took).After(at.Add(-nearSwitch))
		}) {
			ms = append(ms, float64(q.took.Microseconds())/1000)
		}
	}
	return ms
}

// query is when one was asked, and how long its answer took.
type query struct {
	began time.Time
	took  time.Duration
}

func running(done <-chan struct{}) bool {
	select {
	case <-done:
		return false
	default:
		return true
	}
}

// readAll asks for a page of each table and searches, in turn.
func readAll(ctx context.Context, p *past, done <-chan struct{}, failed *atomic.Int64) (asked []query) {
	page := projections.PageRequest{Limit: 20}
	giver := domain.LocalGiver.Giver
	finder := readcatalogue.Finder{DB: p.pool, Embedder: benchWords{}}
	queries := []func() error{
		func() error {
			_, err := finder.Search(ctx, readcatalogue.SearchRequest{Text: "набор для рыбалки", Limit: 20})
			return err
		},
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
		asked = append(asked, query{began, time.Since(began)})
	}
	return asked
}

// benchWords gives every text the same vector.
type benchWords struct{}

// Model is the one that history's vectors are of.
func (benchWords) Model() catalogue.Model { return benchModel }

// Embed points into a corner.
func (benchWords) Embed(_ context.Context, texts []string) ([]catalogue.Vector, error) {
	vectors := make([]catalogue.Vector, len(texts))
	for i := range vectors {
		vectors[i] = make(catalogue.Vector, benchModel.Dim)
		vectors[i][0] = 1
	}
	return vectors, nil
}
