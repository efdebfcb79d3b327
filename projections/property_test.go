package projections_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/eventstore"
	"gifty/eventstore/pgtest"
	"gifty/projections"
)

// Whatever happened, in whatever batches it is folded, a live table equals one fold of the log.
func TestLiveEqualsOneFold(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	sizes := []int{2, 7, 1000}
	engines := map[int]*projections.Engine{}
	for _, size := range sizes {
		engines[size], _ = start(t, pool, projections.Options{BatchSize: size}, sized(people(), size), sized(notes(), size), sized(teams(), size))
	}
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(1, 5).Draw(rt, "appends") {
			add(t, log, rapid.SliceOfN(anyEvent(), 1, 12).Draw(rt, "events")...)
		}
		for _, e := range engines {
			if err := e.CatchUp(t.Context()); err != nil {
				rt.Fatal(err)
			}
		}
		events := history(rt, log)
		compare(rt, pool, people(), sizes, events)
		compare(rt, pool, notes(), sizes, events)
		compare(rt, pool, teams(), sizes, events)
	})
}

// sized is the same table under another name, for an engine with this batch size.
func sized[R any](table projections.Table[R], batch int) projections.Table[R] {
	table.Name += fmt.Sprintf("_by_%d", batch)
	return table
}

// failing is a *testing.T or *rapid.T.
type failing interface {
	Fatal(...any)
	Fatalf(string, ...any)
}

func history(t failing, log *eventstore.Store) (events []domain.Recorded) {
	for e, err := range log.Read(context.Background(), eventstore.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	return events
}

func compare[R any](t failing, pool *pgxpool.Pool, table projections.Table[R], sizes []int, events []domain.Recorded) {
	types := toyTypes()
	j, err := projections.FoldInMemory(table, types, events)
	if err != nil {
		t.Fatal(err)
	}
	var folded []R
	if j != nil {
		if err := json.Unmarshal(j, &folded); err != nil {
			t.Fatal(err)
		}
	}
	want := sorted(folded)
	for _, size := range sizes {
		live, err := projections.Select[R](context.Background(), pool, "SELECT * FROM "+sized(table, size).Name)
		if err != nil {
			t.Fatal(err)
		}
		if got := sorted(live); !slices.Equal(got, want) {
			t.Fatalf("%s in batches of %d differs\n got %v\nwant %v", table.Name, size, got, want)
		}
	}
}

// sorted is the rows as JSON; a NULL and an absent list are the same.
func sorted[R any](rows []R) []string {
	var list []string
	for _, r := range rows {
		if n, ok := any(&r).(*Note); ok && n.Tags == nil {
			n.Tags = []string{}
		}
		j, err := json.Marshal(r)
		if err != nil {
			panic(err)
		}
		list = append(list, string(j))
	}
	slices.Sort(list)
	return list
}

func anyEvent() *rapid.Generator[any] {
	who := rapid.Custom(func(t *rapid.T) uuid.UUID {
		return uuid.NewSHA1(uuid.Nil, []byte{byte(rapid.IntRange(0, 5).Draw(t, "who"))})
	})
	team := rapid.SampledFrom([]string{"red", "blue", "gr\"een", "ж\x1f\x00", ""})
	return rapid.Custom(func(t *rapid.T) any {
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0, 1, 2:
			return Joined{who.Draw(t, "p"), fmt.Sprint("n", rapid.IntRange(0, 9).Draw(t, "n")), team.Draw(t, "team"), domain.WholeAmount(int64(rapid.IntRange(0, 9).Draw(t, "fee")))}
		case 3, 4:
			return Renamed{who.Draw(t, "p"), rapid.StringMatching(`[a-zé<&]{0,3}`).Draw(t, "name")}
		case 5:
			return Left{who.Draw(t, "p")}
		case 6:
			return TeamRenamed{team.Draw(t, "from"), team.Draw(t, "to")}
		case 7:
			return TeamClosed{team.Draw(t, "team")}
		case 8:
			return NoteAdded{int64(rapid.IntRange(0, 3).Draw(t, "note")), who.Draw(t, "p"), rapid.SliceOfN(team, 0, 2).Draw(t, "tags")}
		default:
			return Ignored{}
		}
	})
}
