package http

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/sse"

	"gifty/domain"
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

type tableInput struct {
	Table string `path:"table" maxLength:"40" doc:"The read table's name." example:"recipients"`
}

type rebuildInput struct {
	Body struct {
		Tables []string `json:"tables,omitempty" maxItems:"100" doc:"Read tables to build anew; all when none is named."`
	}
}

type pruned struct {
	Dropped []string `json:"dropped" doc:"what was dropped"`
}

func registerJobs(a *api) {
	handle(a, huma.Operation{
		OperationID: "rebuild-projections", Method: http.MethodPost, Path: "/v1/projections/rebuild", Tags: []string{tagOperations},
		Summary: "Build read tables anew from the log", DefaultStatus: http.StatusAccepted, Errors: commandErrors(),
		RequestBody: example(map[string]any{"tables": []string{"recipients"}}),
		Description: "The tables are built beside those that serve and switched to when they have caught up. The answer names the job; list-jobs and stream-job tell how far it is.",
	}, a.rebuild)
	handle(a, huma.Operation{
		OperationID: "rollback-projection", Method: http.MethodPost, Path: "/v1/projections/{table}/rollback", Tags: []string{tagOperations},
		Summary: "Make the former version of a read table serve again", DefaultStatus: http.StatusNoContent, Errors: commandErrors(),
	}, func(ctx context.Context, in *tableInput) (*struct{}, error) {
		return nil, a.Engine.Rollback(ctx, in.Table, projections.RebuildOptions{})
	})
	handle(a, huma.Operation{
		OperationID: "prune-projections", Method: http.MethodPost, Path: "/v1/projections/prune", Tags: []string{tagOperations},
		Summary: "Drop former versions of read tables", Errors: commandErrors(),
	}, func(ctx context.Context, _ *struct{}) (*struct{ Body pruned }, error) {
		dropped, err := a.Engine.Prune(ctx)
		return &struct{ Body pruned }{pruned{append([]string{}, dropped...)}}, err
	})
	handle(a, huma.Operation{
		OperationID: "list-jobs", Method: http.MethodGet, Path: "/v1/jobs", Tags: []string{tagOperations},
		Summary: "List the latest jobs over the whole log, newest first", Errors: readErrors(),
	}, func(ctx context.Context, _ *struct{}) (*struct{ Body jobList }, error) {
		jobs, err := a.Engine.Jobs(ctx)
		return &struct{ Body jobList }{jobList{jobs}}, err
	})
	handle(a, huma.Operation{
		OperationID: "stop-job", Method: http.MethodPost, Path: "/v1/jobs/{id}/stop", Tags: []string{tagOperations},
		Summary: "Stop a job; what serves stays as it is", DefaultStatus: http.StatusNoContent, Errors: commandErrors(),
	}, func(ctx context.Context, in *jobInput) (*struct{}, error) { return nil, a.Engine.StopJob(ctx, in.ID) })
	sse.Register(a.huma, huma.Operation{
		OperationID: "stream-job", Method: http.MethodGet, Path: "/v1/jobs/{id}/events", Tags: []string{tagOperations},
		Summary:     "Follow a job's progress as server-sent events, until it ends",
		Description: "Each event \"progress\" is the job as it stands; the last one is not running any more.",
		Metadata:    map[string]any{streamed: true}, Errors: readErrors(),
	}, map[string]any{"progress": projections.Job{}}, a.streamJob)
}

// rebuild starts a rebuild that outlives the request and answers with its job.
func (a *api) rebuild(_ context.Context, in *rebuildInput) (*struct{ Body projections.Job }, error) {
	started, ended := make(chan projections.Job, 1), make(chan error, 1)
	go func() {
		err := a.Engine.Rebuild(a.Background, in.Body.Tables, projections.RebuildOptions{Progress: func(j projections.Job) {
			select {
			case started <- j:
			default: // the first is enough here; the others are in the database
			}
		}})
		if err != nil {
			a.Logger.Error("a rebuild has failed", "tables", in.Body.Tables, "error", err)
		}
		ended <- err
	}()
	select {
	case job := <-started:
		return &struct{ Body projections.Job }{job}, nil
	case err := <-ended:
		if err == nil { // done before it could tell; the list has it
			err = domain.Unavailable("job_done", "the rebuild is done already; list-jobs shows it")
		}
		select {
		case job := <-started:
			return &struct{ Body projections.Job }{job}, nil
		default:
			return nil, err
		}
	}
}

// streamJob sends the job whenever it has moved, until it has ended or the client leaves.
func (a *api) streamJob(ctx context.Context, in *jobInput, send sse.Sender) {
	tick := time.NewTicker(jobPause)
	defer tick.Stop()
	var last projections.Job
	for {
		jobs, err := a.Engine.Jobs(ctx)
		if err != nil {
			return
		}
		i := slices.IndexFunc(jobs, func(j projections.Job) bool { return j.ID == in.ID })
		if i < 0 {
			return
		}
		if job := jobs[i]; job.UpdatedAt != last.UpdatedAt || job.State != last.State {
			if err := send.Data(job); err != nil || job.State != "running" {
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
