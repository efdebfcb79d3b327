package http

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/projections"
)

// JobOptions is how much of the machine a job may use.
type JobOptions struct {
	MemoryMiB int64 `json:"memory_mib,omitempty" query:"memory_mib" minimum:"0" maximum:"1048576" doc:"Memory that the job itself may hold, in MiB; 0: 1536, or what the server was told."`
	Workers   int   `json:"workers,omitempty" query:"workers" minimum:"0" maximum:"1024" doc:"Connections and CPUs to work with; 0: as many as there are."`
}

func (o JobOptions) engine() projections.RebuildOptions {
	return projections.RebuildOptions{Memory: o.MemoryMiB << 20, Workers: o.Workers}
}

type (
	projectionList struct {
		Items []projections.Status `json:"items"`
	}
	rebuildInput struct {
		Body struct {
			Tables []string `json:"tables,omitempty" maxItems:"100" doc:"Read tables to build anew."`
			All    bool     `json:"all,omitempty" doc:"All of them."`
			Fresh  bool     `json:"fresh,omitempty" doc:"Begin anew even when a rebuild of the same tables that was stopped could be gone on with."`
			JobOptions
		}
	}
	rollbackInput struct {
		Table string `path:"table" maxLength:"40" doc:"The read table's name." example:"recipients"`
	}
	pruneInput struct {
		Body struct {
			Tables []string `json:"tables,omitempty" maxItems:"100" doc:"Read tables whose former versions go; all when none is named."`
		}
	}
	pruned struct {
		Dropped []string `json:"dropped" doc:"What was dropped."`
	}
	asOfInput struct {
		Body struct {
			Schema   string           `json:"schema,omitempty" default:"as_of" maxLength:"63" doc:"Postgres schema to build them in; it must not be there yet."`
			Position *domain.Position `json:"position,omitempty" minimum:"0" doc:"As of this log position."`
			Time     *time.Time       `json:"time,omitempty" doc:"As of this moment: nothing that occurred later is shown."`
			Tables   []string         `json:"tables,omitempty" maxItems:"100" doc:"Read tables to build; all when none is named."`
			JobOptions
		}
	}
	asOfList struct {
		Items []projections.AsOfSchema `json:"items"`
	}
	schemaInput struct {
		Schema string `path:"schema" maxLength:"63" doc:"The schema's name." example:"as_of"`
	}
	verifyInput struct {
		Deep bool `query:"deep" doc:"Compare every read table with a fresh fold of the log, too."`
		JobOptions
	}
)

func registerProjections(a *api) {
	handle(a, huma.Operation{
		OperationID: "list-projections", Method: http.MethodGet, Path: "/v1/projections", Tags: []string{tagOperations}, Security: forStaff(account.AnalystRead, account.AdminProjections),
		Summary: "List how far each read table is", Errors: readErrors(),
		Description: "lag_seconds is the age of the first event that a table does not hold yet. A stopped table names the event that it could not apply.",
	}, func(ctx context.Context, _ *struct{}) (*struct{ Body projectionList }, error) {
		status, err := a.Engine.Status(ctx)
		if err != nil {
			return nil, err
		}
		return &struct{ Body projectionList }{projectionList{status}}, nil
	})
	handle(a, huma.Operation{
		OperationID: "rebuild-projections", Method: http.MethodPost, Path: "/v1/projections/rebuild", Tags: []string{tagOperations}, Security: forStaff(account.AdminProjections),
		Summary: "Build read tables anew from the log", DefaultStatus: http.StatusAccepted, Errors: commandErrors(),
		RequestBody: example(map[string]any{"tables": []string{"recipients"}}),
		Description: "The tables are built beside those that serve and switched to when they have caught up. The answer names the job; list-jobs and stream-job tell how far it is.",
	}, a.rebuild)
	handle(a, huma.Operation{
		OperationID: "rollback-projection", Method: http.MethodPost, Path: "/v1/projections/{table}/rollback", Tags: []string{tagOperations}, Security: forStaff(account.AdminProjections),
		Summary: "Make the former build or version of a read table serve again", DefaultStatus: http.StatusAccepted, Errors: commandErrors(),
		Description: "It is caught up with the log first. The answer names the job; list-jobs and stream-job tell what became of it. Once more goes forward again.",
	}, func(ctx context.Context, in *rollbackInput) (*jobAnswer, error) {
		return a.startJob(ctx, JobOptions{}, func(ctx context.Context, opt projections.RebuildOptions) error {
			return a.Engine.Rollback(ctx, in.Table, opt)
		})
	})
	handle(a, huma.Operation{
		OperationID: "prune-projections", Method: http.MethodPost, Path: "/v1/projections/prune", Tags: []string{tagOperations}, Security: forStaff(account.AdminProjections),
		Summary: "Drop former builds and versions of read tables", Errors: commandErrors(),
		RequestBody: example(map[string]any{"tables": []string{"recipients"}}),
	}, func(ctx context.Context, in *pruneInput) (*struct{ Body pruned }, error) {
		dropped, err := a.Engine.Prune(ctx, in.Body.Tables...)
		return &struct{ Body pruned }{pruned{append([]string{}, dropped...)}}, err
	})
	handle(a, huma.Operation{
		OperationID: "verify-projections", Method: http.MethodGet, Path: "/v1/projections/verification", Tags: []string{tagOperations}, Security: forStaff(account.AdminProjections),
		Summary: "Prove that the log has no gap and the read tables are its fold", Errors: readErrors(),
		Description: "Answers when it is done: with deep that takes about as long as a rebuild. findings is empty when all is well.",
		Metadata:    map[string]any{streamed: true},
	}, func(ctx context.Context, in *verifyInput) (*struct{ Body projections.Verification }, error) {
		v, err := a.Engine.Verify(ctx, projections.VerifyOptions{Deep: in.Deep, RebuildOptions: in.engine()})
		return &struct{ Body projections.Verification }{v}, err
	})
}

func registerAsOf(a *api) {
	handle(a, huma.Operation{
		OperationID: "build-as-of", Method: http.MethodPost, Path: "/v1/as-of", Tags: []string{tagOperations}, Security: forStaff(account.AdminProjections),
		Summary: "Build read tables as they were, in a schema of their own", DefaultStatus: http.StatusAccepted, Errors: commandErrors(),
		RequestBody: example(map[string]any{"schema": "november", "time": "2026-11-01T00:00:00Z", "tables": []string{"products"}}),
		Description: "Say either position or time. The schema appears when all is there, and nothing keeps it up to date. The answer names the job.",
	}, a.asOf)
	handle(a, huma.Operation{
		OperationID: "list-as-of", Method: http.MethodGet, Path: "/v1/as-of", Tags: []string{tagOperations}, Security: forStaff(account.AnalystRead, account.AdminProjections),
		Summary: "List the schemas of read tables as they were", Errors: readErrors(),
	}, func(ctx context.Context, _ *struct{}) (*struct{ Body asOfList }, error) {
		list, err := a.Engine.AsOfSchemas(ctx)
		return &struct{ Body asOfList }{asOfList{append([]projections.AsOfSchema{}, list...)}}, err
	})
	handle(a, huma.Operation{
		OperationID: "drop-as-of", Method: http.MethodDelete, Path: "/v1/as-of/{schema}", Tags: []string{tagOperations}, Security: forStaff(account.AdminProjections),
		Summary: "Drop a schema of read tables as they were", DefaultStatus: http.StatusNoContent, Errors: commandErrors(),
	}, func(ctx context.Context, in *schemaInput) (*struct{}, error) {
		return nil, a.Engine.DropAsOf(ctx, in.Schema)
	})
}

func (a *api) rebuild(ctx context.Context, in *rebuildInput) (*jobAnswer, error) {
	if (len(in.Body.Tables) == 0) != in.Body.All {
		return nil, domain.Invalid("no_table", "name the read tables to rebuild, or say \"all\": true; list-projections lists them").On("body.tables", "must be given unless all is true")
	}
	return a.startJob(ctx, in.Body.JobOptions, func(ctx context.Context, opt projections.RebuildOptions) error {
		opt.Fresh = in.Body.Fresh
		return a.Engine.Rebuild(ctx, in.Body.Tables, opt)
	})
}

func (a *api) asOf(ctx context.Context, in *asOfInput) (*jobAnswer, error) {
	if (in.Body.Position == nil) == (in.Body.Time == nil) {
		return nil, domain.Invalid("no_moment", "say either position or time").On("body.position", "must be given, or time, and not both")
	}
	at := in.Body.Position
	if at == nil {
		position, err := a.Engine.PositionAt(ctx, *in.Body.Time)
		if err == nil && position == 0 {
			err = domain.Invalid("nothing_yet", "nothing had happened by %s: the log begins later, so there is nothing to build", in.Body.Time.Format(time.RFC3339)).On("body.time", "must be after the log's first event")
		}
		if err != nil {
			return nil, err
		}
		at = &position
	}
	return a.startJob(ctx, in.Body.JobOptions, func(ctx context.Context, opt projections.RebuildOptions) error {
		return a.Engine.AsOf(ctx, in.Body.Schema, *at, in.Body.Tables, opt)
	})
}
