package http

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"gifty/domain"
	"gifty/projections"
)

const (
	probeTime = 2 * time.Second  // without an answer from the database, and the server is not ready
	maxLag    = 30 * time.Second // of a read table behind the log, that is no trouble yet
)

// alive tells that the process answers.
func (a *api) alive(w http.ResponseWriter, r *http.Request) {
	say(w, r, health{Status: "ok", Version: a.Version})
}

// ready tells that requests can be served: the database answers, and every read table has been built. A table that has
// stopped or is far behind is as it is for every server on this database, and the others serve on; so it is told,
// but keeps no requests away.
func (a *api) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), probeTime)
	defer cancel()
	tables, reason, cause := a.unready(ctx)
	if reason != "" {
		p := newProblem(http.StatusServiceUnavailable, "not_ready", reason)
		p.cause = cause
		p.write(w, r)
		return
	}
	h := health{Status: "ok", Version: a.Version}
	for _, t := range tables {
		if trouble := troubleOf(t, tables); trouble != "" {
			h.Status, h.Troubles = "degraded", append(h.Troubles, trouble)
		}
	}
	say(w, r, h)
}

// unready is why the server is not ready, in words fit to be shown, and the error behind it.
func (a *api) unready(ctx context.Context) (tables []projections.Status, reason string, cause error) {
	if err := a.Ready(ctx); err != nil {
		var known *domain.Error
		if errors.As(err, &known) {
			return nil, known.Message, err
		}
		return nil, "the server cannot work just now; its log says why", err
	}
	tables, err := a.Engine.Status(ctx)
	if err != nil {
		return nil, "the database does not answer", err
	}
	var empty []string
	for _, t := range tables {
		if t.Active && t.Known && t.State == "empty" {
			empty = append(empty, t.Table)
		}
	}
	if len(empty) > 0 {
		reason = "being built for the first time: " + strings.Join(empty, ", ")
	}
	return tables, reason, nil
}

// troubleOf is what is wrong with a read table; empty when nothing is. A served version may stand still
// while its successor is being built: it serves on, and the switch ends that.
func troubleOf(t projections.Status, all []projections.Status) string {
	replaced := slices.ContainsFunc(all, func(s projections.Status) bool {
		return s.Table == t.Table && s.Version > t.Version && s.State == "building" && !s.ByHand
	})
	switch {
	case !t.Active, t.State == "empty":
		return ""
	case t.State == "stopped":
		return fmt.Sprintf("the read table %s has stopped at event %d", t.Table, t.Position+1)
	case t.State == "failed":
		return fmt.Sprintf("the read table %s could not be built", t.Table)
	case t.LagSeconds <= maxLag.Seconds() || replaced:
		return ""
	case t.Followers == 0:
		return fmt.Sprintf("the read table %s is %.0f seconds behind, and no running program keeps version %d up to date", t.Table, t.LagSeconds, t.Version)
	}
	return fmt.Sprintf("the read table %s is %.0f seconds behind", t.Table, t.LagSeconds)
}

type health struct {
	Status   string   `json:"status"`
	Version  string   `json:"version"`
	Troubles []string `json:"troubles,omitempty"`
}

func say(w http.ResponseWriter, r *http.Request, h health) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err := json.NewEncoder(w).Encode(h); err != nil {
		exchangeFrom(r.Context()).logger.Debug("the client did not take the answer", "error", err)
	}
}
