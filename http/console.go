package http

import (
	"context"
	"net/http"
	"time"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/http/console"
	"gifty/projections"
)

// console is the pages for analysts. Whatever is to stand before them wraps this handler.
func (a *api) console() (http.Handler, error) {
	return console.New(console.Config{
		DB: a.DB, Engine: a.Engine, Events: a.Events, Analyst: a.Analyst, Configuration: a.Configuration, Blobs: a.Recommendations.Blobs,
		Who: a.analyst, May: may,
		StartJob: func(ctx context.Context, do func(context.Context, projections.RebuildOptions) error) (projections.Job, error) {
			started, err := a.startJob(ctx, JobOptions{}, do)
			if err != nil {
				return projections.Job{}, err
			}
			return started.Body, nil
		},
		Start: a.Start, Fail: failed, Stream: a.stream,
		Stopping: a.Stopping, Now: time.Now, Version: a.Version,
	})
}

// stream counts an answer that goes on for long among the caller's, until they leave.
func (a *api) stream(ctx context.Context, w http.ResponseWriter) (http.ResponseWriter, func(), error) {
	address := exchangeFrom(ctx).address
	leave, err := a.limits.enter(callerFrom(ctx).key(address), address)
	return a.lasting(w), leave, err
}

// analyst lets in who may read the log, and has them act as who they are.
func (a *api) analyst(r *http.Request, token string) (context.Context, error) {
	if token != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+token)
	}
	who, err := a.identify(r)
	if err != nil {
		return nil, err
	}
	principal, err := admit(who, forStaff(account.AnalystRead))
	if err != nil {
		return nil, err
	}
	return domain.WithPrincipal(context.WithValue(r.Context(), callerKey{}, who), principal), nil
}

// may refuses who lacks a scope.
func may(ctx context.Context, scope account.Scope) error {
	if !callerFrom(ctx).Has(string(scope)) {
		return errForbidden([]string{string(scope)})
	}
	return nil
}

// failed is an error as the console tells it.
func failed(ctx context.Context, err error) console.Failure {
	p := problemOf(err).finish(ctx)
	return console.Failure{Status: p.Status, Code: p.Code, Message: p.Detail, RequestID: p.RequestID, Fields: p.Errors}
}
