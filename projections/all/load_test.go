package all_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/projections"
	"gifty/projections/all"
	"gifty/projections/all/alltest"
)

// loadedEvents is how long the log is, at least, when the load ends.
const loadedEvents = 1200

// An hour of a shop's life: commands of every kind by several givers, queries, a second process that
// comes and goes, and an operator who rebuilds, rolls back, prunes, looks back and verifies meanwhile.
func TestAnHourOfMixedLoad(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	ctx, enough := context.WithTimeout(t.Context(), 2*time.Minute)
	defer enough()
	var done atomic.Bool
	var load sync.WaitGroup
	until := func(do func(i int)) {
		load.Go(func() {
			for i := 0; !done.Load() && !t.Failed() && ctx.Err() == nil; i++ {
				do(i)
			}
		})
	}
	for giver := range 4 {
		g := newGiving(w)
		histories := rapid.Custom(func(rt *rapid.T) int {
			for range 20 {
				g.command(rt)
			}
			return 0
		})
		until(func(i int) { histories.Example(giver + 4*i) })
	}
	until(func(int) {
		for _, name := range names() {
			var rows int
			if err := w.Pool.QueryRow(ctx, "SELECT count(*) FROM "+name).Scan(&rows); err != nil {
				t.Errorf("a query: %v", err)
			}
		}
	})
	o := operator{World: w, ctx: ctx}
	until(func(int) { o.proves(t) })
	rounds := 0
	for head := domain.Position(0); head < loadedEvents && !t.Failed(); rounds++ {
		o.operate(t, rounds)
		var err error
		if head, err = w.Store.Head(ctx); err != nil {
			t.Error(err)
		}
	}
	done.Store(true)
	load.Wait()
	w.CatchUp(t)
	v, err := w.Engine.Verify(t.Context(), projections.VerifyOptions{Deep: true})
	if err != nil || len(v.Findings) > 0 || len(v.Tables) != len(all.Tables()) {
		t.Errorf("%+v, %v", v, err)
	}
	t.Logf("%d events, %d rounds of operating", v.Events, rounds)
}

// operator is another program on the same database.
type operator struct {
	*alltest.World
	ctx context.Context
}

func (o *operator) operate(t *testing.T, round int) {
	must := func(what string, err error) {
		if err != nil && o.ctx.Err() == nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	e, err := projections.New(o.Pool, o.Store.Types(), all.Tables(), projections.Options{})
	must("a second process", err)
	running, stop := context.WithCancel(o.ctx)
	ended := make(chan error, 1)
	go func() { ended <- e.Run(running) }()
	small := projections.RebuildOptions{Workers: 2, Memory: 32 << 20}
	some := names()[round%len(names())]
	must("rebuild "+some, e.Rebuild(o.ctx, []string{some}, small))
	must("roll back "+some, e.Rollback(o.ctx, some, small))
	must("roll forward "+some, e.Rollback(o.ctx, some, small))
	must("rebuild all", e.Rebuild(o.ctx, nil, small))
	head, err := o.Store.Head(o.ctx)
	must("head", err)
	schema := fmt.Sprintf("then_%d", round)
	must("look back", e.AsOf(o.ctx, schema, head/2, []string{some}, small))
	must("drop what was looked at", e.DropAsOf(o.ctx, schema))
	_, err = e.Prune(o.ctx)
	must("prune", err)
	stop()
	must("the second process", <-ended)
}

// proves verifies in the middle of it all. That a table is at its event of the moment is enough.
func (o *operator) proves(t *testing.T) {
	v, err := o.Engine.Verify(o.ctx, projections.VerifyOptions{Deep: true, RebuildOptions: projections.RebuildOptions{Workers: 2}})
	if err != nil && o.ctx.Err() == nil && !errors.Is(err, context.Canceled) || len(v.Findings) > 0 {
		t.Errorf("in the middle of it: %+v, %v", v.Findings, err)
	}
}
