package main

import (
	"testing"

	"gifty/projections/all/alltest"
)

// Other people's servers compile what the planner thinks dear, which searches by an index seem to be.
func TestNoSearchIsCompiled(t *testing.T) {
	t.Parallel()
	url := alltest.Tables.URL(t)
	execute(t, url, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET jit = on', current_database()); END $$`)
	pool, err := newPool(t.Context(), url, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var jit string
	if err := pool.QueryRow(t.Context(), "SHOW jit").Scan(&jit); err != nil || jit != "off" {
		t.Errorf("jit is %s, %v", jit, err)
	}
}
