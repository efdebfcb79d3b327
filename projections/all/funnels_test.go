package all_test

import (
	"context"
	"math/rand/v2"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"gifty/domain/analytics"
	"gifty/eventstore"
	"gifty/eventstore/pgtest"
	"gifty/projections"
	"gifty/projections/all"
	"gifty/projections/all/alltest"
	readanalytics "gifty/projections/analytics"
	"gifty/projections/events"
)

// asReplayed tells whether what the table of funnels answers is what a replay does.
func asReplayed(ctx context.Context, t fataler, e *projections.Engine, db projections.Querier, live *readanalytics.Live) {
	t.Helper()
	kept, err := live.Answer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := readanalytics.NewLive(e, db)
	if err != nil {
		t.Fatal(err)
	}
	anew, err := fresh.Answer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := analytics.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	question, err := readanalytics.Prepare(ctx, e, readanalytics.Question{Funnels: shipped, UpTo: &kept.UpTo})
	if err != nil {
		t.Fatal(err)
	}
	replayed, err := question.Run(ctx, projections.RebuildOptions{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range replayed.Reports {
		for _, live := range []readanalytics.Answer{kept, anew} {
			if !reflect.DeepEqual(live.Reports[i], r) {
				t.Fatalf("%s is\n%.3000v, replayed\n%.3000v", r.Funnel, live.Reports[i], r)
			}
		}
	}
}

// Whatever events happened, the funnels' table says what a replay of the log says, whether it was kept up to
// date or made anew.
func TestFunnelsAreWhatAReplaySays(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	types, err := all.Types()
	if err != nil {
		t.Fatal(err)
	}
	log := eventstore.Open(pool, types, eventstore.Options{})
	t.Cleanup(log.Close)
	w := &alltest.World{Pool: pool, Store: log}
	e := w.Follow(t, []projections.Definition{readanalytics.FunnelWays}, projections.Options{BatchSize: 50})
	live, err := readanalytics.NewLive(e, pool)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(3) {
		happen(t, log, types, 100+seed)
		asReplayed(t.Context(), t, e, pool, live)
	}
	if err := e.Rebuild(t.Context(), nil, projections.RebuildOptions{}); err != nil {
		t.Fatal(err)
	}
	asReplayed(t.Context(), t, e, pool, live)
}

// What givers do, in whatever order, is in the funnels as it is in a replay.
func TestFunnelsOfCommandsAreWhatAReplaySays(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	g := newGiving(w)
	live, err := readanalytics.NewLive(w.Engine, w.Pool)
	if err != nil {
		t.Fatal(err)
	}
	rounds := 0
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(1, 8).Draw(rt, "commands") {
			g.command(rt)
		}
		if rounds++; rounds%25 == 0 {
			asReplayed(t.Context(), rt, w.Engine, w.Pool, live)
		}
	})
}

// The fields of events are the same taken out of the struct and out of its JSON.
func TestFieldsOfStructsAreThoseOfTheirJSON(t *testing.T) {
	t.Parallel()
	types, err := all.Types()
	if err != nil {
		t.Fatal(err)
	}
	r := &history{rand.New(rand.NewPCG(1, 1))}
	for name, goType := range types.All() {
		var fields []events.Field
		var paths []string
		for _, f := range events.Fields(goType) {
			if f.Kind != events.Any {
				fields, paths = append(fields, f), append(paths, f.Path)
			}
		}
		for range 20 {
			v := reflect.New(goType).Elem()
			r.fill(v)
			_, payload, err := types.Encode(v.Interface())
			if err != nil {
				t.Fatal(err)
			}
			stored, err := types.Decode(name, payload)
			if err != nil {
				t.Fatal(err)
			}
			want, err := readanalytics.Pick(paths, payload)
			if err != nil {
				t.Fatal(err)
			}
			for i, f := range fields {
				var got []string
				f.Texts(stored, func(text string) { got = append(got, text) })
				if len(got)+len(want[i]) > 0 && !reflect.DeepEqual(got, want[i]) {
					t.Errorf("%s, %s: %q, in its JSON %q", name, f.Path, got, want[i])
				}
			}
		}
	}
}

// What the funnels' table keeps outlives whoever is erased: nothing personal may be in it.
func TestShippedFunnelsKeepNothingPersonal(t *testing.T) {
	t.Parallel()
	types, err := all.Types()
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := analytics.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	schema := readanalytics.Schema(types)
	for _, d := range shipped {
		for _, b := range d.Breakdowns {
			field := b.Field
			if b.Lookup != nil {
				field = b.Lookup.Field
			}
			for name, fields := range schema {
				if fields[field].Personal {
					t.Errorf("%s is broken down by %s, which is personal in %s", d.Name, field, name)
				}
			}
		}
	}
}
