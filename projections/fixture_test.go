package projections_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/eventstore"
	"gifty/projections"
)

// A toy domain: people in teams, and notes about people.
type (
	Joined struct {
		Person uuid.UUID     `json:"person"`
		Name   string        `json:"name"`
		Team   string        `json:"team"`
		Fee    domain.Amount `json:"fee"`
	}
	Renamed struct {
		Person uuid.UUID `json:"person"`
		Name   string    `json:"name"`
	}
	Left struct {
		Person uuid.UUID `json:"person"`
	}
	TeamRenamed struct {
		From string `json:"from"`
		To   string `json:"to"`
	}
	TeamClosed struct {
		Team string `json:"team"`
	}
	NoteAdded struct {
		Note   int64     `json:"note"`
		Person uuid.UUID `json:"person"`
		Tags   []string  `json:"tags"`
	}
	Pictured struct {
		Person uuid.UUID `json:"person"`
		SHA256 []byte    `json:"sha256"`
	}
	Ignored struct{}
)

func toyTypes() *eventstore.Types {
	types, err := eventstore.NewTypes(
		domain.Type[Joined]("toy.joined.v1"),
		domain.Type[Renamed]("toy.renamed.v1"),
		domain.Type[Left]("toy.left.v1"),
		domain.Type[TeamRenamed]("toy.team_renamed.v1"),
		domain.Type[TeamClosed]("toy.team_closed.v1"),
		domain.Type[NoteAdded]("toy.note_added.v1"),
		domain.Type[Pictured]("toy.pictured.v1"),
		domain.Type[Ignored]("toy.ignored.v1"),
	)
	if err != nil {
		panic(err)
	}
	return types
}

type Person struct {
	ID      uuid.UUID       `json:"id" db:"pk"`
	Name    string          `json:"name"`
	Former  *string         `json:"former"`
	Team    string          `json:"team"`
	Fee     domain.Amount   `json:"fee"`
	Names   []string        `json:"names"`
	Extra   json.RawMessage `json:"extra"`
	Renames int             `json:"renames"`
	Score   float64         `json:"score"`
	Seen    *time.Time      `json:"seen"`
	projections.Stamps
}

func person(id uuid.UUID) Person { return Person{ID: id} }

func people() projections.Table[Person] {
	return projections.Table[Person]{
		Name: "people", Version: 1, Doc: "A person and the team they are in.",
		Fold: projections.Fold(
			projections.On(func(e Joined, _ domain.Meta) Person { return person(e.Person) },
				func(p *Person, e Joined, _ domain.Meta) {
					p.Name, p.Team, p.Fee, p.Names = e.Name, e.Team, e.Fee, append(p.Names, e.Name)
				}),
			projections.Change(func(e Renamed, _ domain.Meta) Person { return person(e.Person) },
				func(p *Person, e Renamed, m domain.Meta) {
					p.Former = new(p.Name)
					p.Name, p.Names, p.Seen = e.Name, append(p.Names, e.Name), new(m.OccurredAt)
					p.Renames++
					p.Score += 0.1
					p.Extra = fmt.Appendf(nil, `{"renames":%d}`, p.Renames)
				}),
			projections.Remove(func(e Left, _ domain.Meta) Person { return person(e.Person) }),
			projections.Each("team", func(e TeamRenamed, _ domain.Meta) string { return e.From },
				func(p *Person, e TeamRenamed, _ domain.Meta) { p.Team = e.To }),
			projections.RemoveEach[Person]("team", func(e TeamClosed, _ domain.Meta) string { return e.Team }),
		),
		Indexes: []string{"CREATE INDEX ON {table} (team)"},
	}
}

type Note struct {
	Person uuid.UUID `json:"person" db:"pk"`
	Note   int64     `json:"note" db:"pk"`
	Tags   []string  `json:"tags"`
}

func notes() projections.Table[Note] {
	return projections.Table[Note]{
		Name: "notes", Version: 1,
		Fold: projections.Fold(
			projections.Put(func(e NoteAdded, _ domain.Meta) Note { return Note{e.Person, e.Note, e.Tags} }),
			projections.RemoveEach[Note]("person", func(e Left, _ domain.Meta) uuid.UUID { return e.Person }),
		),
		Indexes: []string{"CREATE INDEX ON {table} (person)"},
	}
}

type Team struct {
	Name   string `json:"name" db:"pk"`
	Joined int    `json:"joined"`
}

func teams() projections.Table[Team] {
	return projections.Table[Team]{
		Name: "teams", Version: 1,
		Fold: projections.Fold(
			projections.On(func(e Joined, _ domain.Meta) Team { return Team{Name: e.Team} },
				func(t *Team, _ Joined, _ domain.Meta) { t.Joined++ }),
		),
	}
}

func newStore(t testing.TB, pool *pgxpool.Pool) *eventstore.Store {
	t.Helper()
	s := eventstore.Open(pool, toyTypes(), eventstore.Options{})
	t.Cleanup(s.Close)
	return s
}

// add appends the events to one new stream and returns the position of the last.
func add(t testing.TB, log domain.Log, events ...any) domain.Position {
	t.Helper()
	r, err := log.Append(t.Context(), domain.Append{Writes: []domain.Write{{Stream: "toy-" + uuid.NewString(), Expect: domain.AnyVersion, Events: events}}})
	if err != nil {
		t.Fatal(err)
	}
	return r.Last
}

func newEngine(t testing.TB, pool *pgxpool.Pool, opt projections.Options, tables ...projections.Definition) *projections.Engine {
	t.Helper()
	if opt.Logger == nil && os.Getenv("VERBOSE") != "" {
		opt.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	if opt.StoppedRetry == 0 {
		opt.StoppedRetry = 5 * time.Millisecond
	}
	e, err := projections.New(pool, toyTypes(), tables, opt)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// start runs an engine until the test ends or stop is called.
func start(t testing.TB, pool *pgxpool.Pool, opt projections.Options, tables ...projections.Definition) (e *projections.Engine, stop func()) {
	t.Helper()
	e = newEngine(t, pool, opt, tables...)
	if err := e.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return e, run(t, e)
}

func run(t testing.TB, e *projections.Engine) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func wait(t testing.TB, e *projections.Engine, at domain.Position, tables ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := e.Wait(ctx, at, tables...); err != nil {
		t.Fatal(err)
	}
}

func all[R any](t testing.TB, pool *pgxpool.Pool, sql string) []R {
	t.Helper()
	rows, err := projections.Select[R](t.Context(), pool, sql)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
