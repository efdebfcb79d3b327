package http

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gifty/domain"
	"gifty/projections"
)

// When the server is not ready any more.
const (
	probeTime = 2 * time.Second  // without an answer from the database
	maxLag    = 30 * time.Second // of a read table behind the log
)

type projectionList struct {
	Items []projections.Status `json:"items"`
}

func registerProjections(a *api) {
	handle(a, huma.Operation{
		OperationID: "list-projections", Method: http.MethodGet, Path: "/v1/projections", Tags: []string{tagOperations},
		Summary: "List how far each read table is", Errors: readErrors(),
		Description: "lag_seconds is the age of the first event that a table does not hold yet. A stopped table names the event that it could not apply.",
	}, func(ctx context.Context, _ *struct{}) (*struct{ Body projectionList }, error) {
		status, err := a.Engine.Status(ctx)
		if err != nil {
			return nil, err
		}
		return &struct{ Body projectionList }{projectionList{status}}, nil
	})
}

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
		switch {
		case !t.Active:
		case t.State == "stopped":
			reasons = append(reasons, fmt.Sprintf("the read table %s has stopped at event %d", t.Table, t.Position+1))
		case t.LagSeconds > maxLag.Seconds():
			reasons = append(reasons, fmt.Sprintf("the read table %s is %.0f seconds behind", t.Table, t.LagSeconds))
		}
	}
	return strings.Join(reasons, "; "), nil
}

func (a *api) sayOK(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err := json.NewEncoder(w).Encode(map[string]string{"status": "ok", "version": a.Version}); err != nil {
		exchangeFrom(r.Context()).logger.Debug("the client did not take the answer", "error", err)
	}
}
