package projections_test

import (
	"strings"
	"testing"

	"gifty/projections"
)

func TestGrantsOnAViewOutliveAChangedShape(t *testing.T) {
	t.Parallel()
	pool, _ := bumped(t, "a")
	if _, err := pool.Exec(t.Context(), "GRANT SELECT ON teams TO pg_monitor WITH GRANT OPTION; GRANT SELECT ON teams TO PUBLIC; GRANT UPDATE (name) ON teams TO pg_monitor"); err != nil {
		t.Fatal(err)
	}
	rebuild(t, newEngine(t, pool, projections.Options{}, wideTeams()), none)
	var may, all, column bool
	err := pool.QueryRow(t.Context(), `SELECT has_table_privilege('pg_monitor', 'teams', 'SELECT WITH GRANT OPTION'), has_table_privilege('pg_read_all_stats', 'teams', 'SELECT'),
		has_column_privilege('pg_monitor', 'teams', 'name', 'UPDATE')`).Scan(&may, &all, &column)
	if err != nil || !may || !all || !column {
		t.Error(may, all, column, err)
	}
}

// The table whose view can't change is told before it is built, and keeps no other one from it.
func TestAViewThatOthersStandOnIsToldBeforeTheBuild(t *testing.T) {
	t.Parallel()
	pool, _ := bumped(t, "a")
	if _, err := pool.Exec(t.Context(), "CREATE VIEW report AS SELECT name FROM teams"); err != nil {
		t.Fatal(err)
	}
	folded := false
	wide := wideTeams()
	wide.Fold = watchedWide(func() { folded = true })
	e := newEngine(t, pool, projections.Options{}, wide, people())
	err := e.Rebuild(t.Context(), nil, none)
	if !hasCode(err, "view_in_use") || !strings.Contains(err.Error(), "view report") || folded {
		t.Errorf("folded: %t, %v", folded, err)
	}
	if s := version(t, e, "teams", 2); s.State != "failed" || !strings.Contains(*s.Error, "report") {
		t.Errorf("%+v", s)
	}
	if s := version(t, e, "people", 1); !s.KeepsOlder {
		t.Errorf("the other one was not rebuilt: %+v", s)
	}
	// The same columns are no matter.
	rebuild(t, newEngine(t, pool, projections.Options{}, teams()), none, "teams")
	if _, err := pool.Exec(t.Context(), "DROP VIEW report"); err != nil {
		t.Fatal(err)
	}
	rebuild(t, e, none, "teams")
}
