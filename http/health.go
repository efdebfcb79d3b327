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

// When the server is not ready any more.
const (
	probeTime = 2 * time.Second  // without an answer from the database
	maxLag    = 30 * time.Second // of a read table behind the log
)

// alive tells that the process answers.
func (a *api) alive(w http.ResponseWriter, r *http.Request) {
	a.sayOK(w, r)
}

// ready tells that requests can be served: the database answers, and no read table that queries
// see has stopped or is far behind.
func (a *api) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), probeTime)
	defer cancel()
	if reason, cause := a.unready(ctx); reason != "" {
		p := newProblem(http.StatusServiceUnavailable, "not_ready", reason)
		p.cause = cause
		p.write(w, r)
		return
	}
	a.sayOK(w, r)
}

// unready is why the server is not ready, in words fit to be shown, and the error behind it.
func (a *api) unready(ctx context.Context) (reason string, cause error) {
	if err := a.Ready(ctx); err != nil {
		var known *domain.Error
		if errors.As(err, &known) {
			return known.Message, err
		}
		return "the server cannot work just now; its log says why", err
	}
	tables, err := a.Engine.Status(ctx)
	if err != nil {
		return "the database does not answer", err
	}
	var reasons []string
	for _, t := range tables {
		if reason := hindrance(t, tables); reason != "" {
			reasons = append(reasons, reason)
		}
	}
	return strings.Join(reasons, "; "), nil
}

// hindrance is why a read table keeps the server from being ready; empty when it does not. A served
// version may stand still while its successor is being built: it serves on, and the switch ends that.
func hindrance(t projections.Status, all []projections.Status) string {
	replaced := slices.ContainsFunc(all, func(s projections.Status) bool {
		return s.Table == t.Table && s.Version > t.Version && s.State == "building" && !s.ByHand
	})
	switch {
	case !t.Active:
		return ""
	case t.State == "stopped":
		return fmt.Sprintf("the read table %s has stopped at event %d", t.Table, t.Position+1)
	case t.State == "failed":
		return fmt.Sprintf("the read table %s could not be built", t.Table)
	case t.State == "empty":
		return fmt.Sprintf("the read table %s is being built for the first time", t.Table)
	case t.LagSeconds <= maxLag.Seconds() || replaced:
		return ""
	case t.Followers == 0:
		return fmt.Sprintf("the read table %s is %.0f seconds behind, and no running program keeps version %d up to date", t.Table, t.LagSeconds, t.Version)
	}
	return fmt.Sprintf("the read table %s is %.0f seconds behind", t.Table, t.LagSeconds)
}

func (a *api) sayOK(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err := json.NewEncoder(w).Encode(map[string]string{"status": "ok", "version": a.Version}); err != nil {
		exchangeFrom(r.Context()).logger.Debug("the client did not take the answer", "error", err)
	}
}
