package http_test

import (
	"context"
	"strings"
	"testing"

	api "gifty/http"
	"gifty/projections"
)

func TestReadyWhileATableIsReplaced(t *testing.T) {
	t.Parallel()
	var engine status
	s := start(t, func(c *api.Config) { c.Engine, c.Ready = &engine, func(context.Context) error { return nil } })
	still := projections.Status{Table: "t", Version: 1, Active: true, State: "live", LagSeconds: 400}
	next := func(state string, byHand bool) projections.Status {
		return projections.Status{Table: "t", Version: 2, State: state, ByHand: byHand}
	}
	only := func(state string, known bool) []projections.Status {
		return []projections.Status{{Table: "t", Version: 1, Active: true, State: state, Known: known, Position: 6}}
	}
	for _, c := range []struct {
		tables []projections.Status
		status int
		says   string
	}{
		{[]projections.Status{still, next("building", false)}, 200, `"status":"ok"`},
		{[]projections.Status{still, next("building", true)}, 200, "no running program keeps version 1 up to date"},
		{[]projections.Status{still, next("failed", false)}, 200, "t is 400 seconds behind"},
		{only("stopped", true), 200, "t has stopped at event 7"},
		{only("failed", true), 200, "t could not be built"},
		{only("empty", true), 503, "being built for the first time: t"},
		{only("empty", false), 200, `"status":"ok"`}, // a newer program's
	} {
		engine.tables = c.tables
		a := s.do("GET", "/readyz", "").want(c.status)
		if !strings.Contains(string(a.body), c.says) {
			t.Errorf("want %q: %s", c.says, a.body)
		}
	}
}
