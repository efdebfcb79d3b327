package http

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/danielgtaylor/huma/v2/sse"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/projections"
)

// jobPause is how often a stream of a job's progress looks.
const jobPause = 500 * time.Millisecond

type jobList struct {
	Items []projections.Job `json:"items"`
}

type jobInput struct {
	ID int64 `path:"id" minimum:"1" doc:"The job."`
}

func registerJobs(a *api) {
	handle(a, huma.Operation{
		OperationID: "list-jobs", Method: http.MethodGet, Path: "/v1/jobs", Tags: []string{tagOperations}, Security: forStaff(account.AnalystRead, account.AdminProjections),
		Summary: "List the latest jobs over the whole log, newest first", Errors: readErrors(),
	}, func(ctx context.Context, _ *struct{}) (*struct{ Body jobList }, error) {
		jobs, err := a.Engine.Jobs(ctx)
		return &struct{ Body jobList }{jobList{jobs}}, err
	})
	handle(a, huma.Operation{
		OperationID: "stop-job", Method: http.MethodPost, Path: "/v1/jobs/{id}/stop", Tags: []string{tagOperations}, Security: forStaff(account.AdminProjections),
		Summary: "Stop a job; what serves stays as it is", DefaultStatus: http.StatusNoContent, Errors: commandErrors(),
	}, func(ctx context.Context, in *jobInput) (*struct{}, error) { return nil, a.Engine.StopJob(ctx, in.ID) })
	sse.Register(a.huma, huma.Operation{
		OperationID: "stream-job", Method: http.MethodGet, Path: "/v1/jobs/{id}/events", Tags: []string{tagOperations}, Security: forStaff(account.AnalystRead, account.AdminProjections),
		Summary:     "Follow a job's progress as server-sent events, until it ends",
		Description: "Each event \"progress\" is the job as it stands; the last one is not running any more. An event \"error\" ends a stream that cannot go on.",
		Metadata:    map[string]any{streamed: true}, Errors: readErrors(http.StatusForbidden, http.StatusNotFound),
		Middlewares: huma.Middlewares{a.jobMustExist},
	}, map[string]any{"progress": projections.Job{}, "error": Problem{}}, a.streamJob)
}

type jobAnswer struct {
	Body projections.Job
}

// startJob starts a job that outlives the request, and answers with it. An error is of a job that has
// ended before it could tell of itself.
func (a *api) startJob(ctx context.Context, options JobOptions, do func(context.Context, projections.RebuildOptions) error) (*jobAnswer, error) {
	started, ended := make(chan projections.Job, 1), make(chan error, 1)
	opt := options.engine()
	opt.Progress = func(j projections.Job) {
		select {
		case started <- j:
		default: // the first is enough here; the others are in the database
		}
	}
	logger := exchangeFrom(ctx).logger
	a.Start(func(background context.Context) {
		err := do(sameTrace(background, ctx), opt)
		if err != nil && background.Err() == nil {
			logger.Error("a job has failed", "error", err)
		}
		ended <- err
	})
	select {
	case job := <-started:
		return &jobAnswer{job}, nil
	case err := <-ended:
		select {
		case job := <-started:
			return &jobAnswer{job}, nil
		default:
			return nil, err
		}
	}
}

// jobMustExist answers for jobs that there are not: a stream that has begun can't.
func (a *api) jobMustExist(ctx huma.Context, next func(huma.Context)) {
	id, err := strconv.ParseInt(ctx.Param("id"), 10, 64)
	if err != nil || id < 1 { // huma refuses it
		next(ctx)
		return
	}
	switch _, err := a.job(ctx.Context(), id); {
	case err == nil:
		next(ctx)
	default:
		r, w := humago.Unwrap(ctx)
		problemOf(err).write(w, r)
	}
}

// job is one of the latest jobs, or job_not_found.
func (a *api) job(ctx context.Context, id int64) (projections.Job, error) {
	jobs, err := a.Engine.Jobs(ctx)
	if err != nil {
		return projections.Job{}, err
	}
	i := slices.IndexFunc(jobs, func(j projections.Job) bool { return j.ID == id })
	if i < 0 {
		return projections.Job{}, domain.NotFound("job_not_found", "there is no job %d among the latest; list-jobs has them", id)
	}
	return jobs[i], nil
}

// streamJob sends the job whenever it has moved, until it has ended or the client leaves. What keeps
// it from going on is sent last.
func (a *api) streamJob(ctx context.Context, in *jobInput, send sse.Sender) {
	tick := time.NewTicker(jobPause)
	defer tick.Stop()
	var last projections.Job
	for {
		job, err := a.job(ctx, in.ID)
		if err != nil {
			if sending := send.Data(*problemOf(err).finish(ctx)); sending != nil {
				exchangeFrom(ctx).logger.Debug("the client did not take the answer", "error", sending)
			}
			return
		}
		if job.UpdatedAt != last.UpdatedAt || job.State != last.State {
			if err := send.Data(job); err != nil || job.Ended() {
				return
			}
			last = job
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
