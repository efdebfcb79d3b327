package projections_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/eventstore/pgtest"
	"gifty/projections"
)

func TestLiveFolding(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	log := newStore(t, pool)
	e, _ := start(t, pool, projections.Options{}, people(), notes(), teams())
	ann, bob, cat := uuid.New(), uuid.New(), uuid.New()

	add(t, log, Joined{ann, "Ann", "red", domain.WholeAmount(5)}, Joined{bob, "Bob", "red", domain.Amount{}}, Joined{cat, "Cat", "blue", domain.Amount{}})
	add(t, log, Renamed{ann, "Anna"}, Renamed{uuid.New(), "nobody"}, NoteAdded{1, bob, nil}, NoteAdded{2, ann, []string{"a", "b"}})
	last := add(t, log, Left{bob}, TeamRenamed{"red", "green"}, TeamClosed{"blue"}, Joined{cat, "Cat", "green", domain.Amount{}})
	wait(t, e, last, "people", "notes", "teams")

	got := all[Person](t, pool, "SELECT * FROM people ORDER BY name")
	if len(got) != 2 || got[0].Name != "Anna" || got[1].Name != "Cat" {
		t.Fatalf("people: %+v", got)
	}
	anna := got[0]
	if *anna.Former != "Ann" || anna.Team != "green" || anna.Fee.String() != "5" || anna.Renames != 1 ||
		!slices.Equal(anna.Names, []string{"Ann", "Anna"}) || string(anna.Extra) != `{"renames": 1}` {
		t.Errorf("Anna: %+v", anna)
	}
	if !anna.Seen.After(anna.CreatedAt) || anna.UpdatedAt.Before(*anna.Seen) || anna.CreatedAt.IsZero() {
		t.Errorf("Anna's times: created %v, seen %v, updated %v", anna.CreatedAt, anna.Seen, anna.UpdatedAt)
	}
	if !slices.Equal(got[1].Names, []string{"Cat"}) {
		t.Errorf("Cat came back with old names: %v", got[1].Names)
	}
	if n := all[Note](t, pool, "SELECT * FROM notes"); len(n) != 1 || n[0].Person != ann || !slices.Equal(n[0].Tags, []string{"a", "b"}) {
		t.Errorf("notes: %+v", n)
	}
	want := []Team{{"blue", 1}, {"green", 1}, {"red", 2}}
	if got := all[Team](t, pool, "SELECT * FROM teams ORDER BY name"); !slices.Equal(got, want) {
		t.Errorf("teams: %+v, want %+v", got, want)
	}
}
