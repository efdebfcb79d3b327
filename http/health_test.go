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
	for _, c := range []struct {
		tables []projections.Status
		reason string // "" when ready
	}{
		{tables: []projections.Status{still, next("building", false)}},
		{[]projections.Status{still, next("building", true)}, "no running program keeps version 1 up to date"},
		{[]projections.Status{still, next("failed", false)}, "t is 400 seconds behind"},
		{[]projections.Status{{Table: "t", Version: 1, Active: true, State: "empty"}}, "t is being built for the first time"},
		{[]projections.Status{{Table: "t", Version: 1, Active: true, State: "failed"}}, "t could not be built"},
	} {
		engine.tables = c.tables
		a := s.do("GET", "/readyz", "")
		if c.reason == "" {
			a.want(200)
			continue
		}
		a.problem(503, "not_ready")
		if !strings.Contains(string(a.body), c.reason) {
			t.Errorf("want %q: %s", c.reason, a.body)
		}
	}
}
