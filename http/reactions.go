package http

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"gifty/domain/account"
	"gifty/projections"
	"gifty/projections/reaction"
)

// Reactions tells of what follows from events by itself.
type Reactions interface {
	// List reads what a read table says is to be done; with parked only what was given up.
	List(ctx context.Context, table string, parked bool, page projections.PageRequest) (projections.Page[reaction.OpenItem], error)
	// Replay lets what was given up be tried again; the nil id stands for all of the table.
	Replay(ctx context.Context, table string, item uuid.UUID) (int, error)
}

type replayed struct {
	Replayed int `json:"replayed" doc:"How many are tried again."`
}

func registerReactions(a *api) {
	handle(a, huma.Operation{
		OperationID: "list-reactions", Method: http.MethodGet, Path: "/v1/reactions/{table}", Tags: []string{tagOperations}, Security: forStaff(account.AnalystRead, account.AdminProjections),
		Summary: "List what is still to be done because of events, oldest first", Errors: readErrors(http.StatusNotFound),
		Description: "What failed too often is parked with its error until it is replayed.",
	}, func(ctx context.Context, in *struct {
		Table  string `path:"table" maxLength:"40" doc:"The read table that says what is to be done." example:"discovery_steps"`
		Parked bool   `query:"parked" doc:"Only what was given up."`
		Cursor string `query:"cursor" maxLength:"10000" doc:"The next of the page before; absent for the first page."`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Items a page."`
	}) (*pageOf[reaction.OpenItem], error) {
		page, err := a.Reactions.List(ctx, in.Table, in.Parked, projections.PageRequest{Cursor: in.Cursor, Limit: in.Limit})
		return &pageOf[reaction.OpenItem]{page}, err
	})
	handle(a, huma.Operation{
		OperationID: "replay-reaction", Method: http.MethodPost, Path: "/v1/reactions/{table}/replay", Tags: []string{tagOperations}, Security: forStaff(account.AdminProjections),
		Summary: "Try again what was given up", Errors: commandErrors(http.StatusNotFound), RequestBody: example(map[string]any{"id": "01981b5e-8c00-7000-8000-000000000001"}),
	}, func(ctx context.Context, in *struct {
		Table string `path:"table" maxLength:"40" doc:"The read table that says what is to be done." example:"discovery_steps"`
		Body  struct {
			ID uuid.UUID `json:"id,omitzero" doc:"What to try again; absent: all that was given up."`
		} `nameHint:"ReplayBody"`
	}) (*struct{ Body replayed }, error) {
		n, err := a.Reactions.Replay(ctx, in.Table, in.Body.ID)
		return &struct{ Body replayed }{replayed{n}}, err
	})
}
