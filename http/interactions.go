package http

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/projections"
	ideas "gifty/projections/discovery"
)

type interactionBody struct {
	RecipientID  uuid.UUID        `json:"recipient_id" doc:"For whom."`
	SessionID    string           `json:"session_id" maxLength:"200"`
	Action       discovery.Action `json:"action"`
	TargetType   discovery.Target `json:"target_type"`
	TargetID     string           `json:"target_id" maxLength:"3000" doc:"A hypothesis's or product's id, or a page's name."`
	HypothesisID *uuid.UUID       `json:"hypothesis_id,omitempty" doc:"The idea that a product was under: a view or click then marks it as shown or clicked there."`
	Value        string           `json:"value,omitempty" maxLength:"10000" doc:"A comment's text."`
	Metadata     json.RawMessage  `json:"metadata,omitempty" doc:"Anything else, as a JSON object."`
}

type interactionRecorded struct {
	discovery.Recorded
	Position domain.Position `json:"position" doc:"Log position that holds the effect."`
}

func registerInteractions(a *api) {
	handle(a, huma.Operation{
		OperationID: "record-interaction", Method: http.MethodPost, Path: "/v1/interactions", Tags: []string{tagInteractions}, Security: forGivers(),
		Summary: "Record what a giver did", Errors: commandErrors(http.StatusNotFound), DefaultStatus: http.StatusCreated,
		Description: "The recipient is one of yours: put an id of list-recipients in place of the example's. A like, dislike or shortlist of a hypothesis is your reaction to it, as by react-to-hypothesis.",
		RequestBody: example(map[string]any{
			"recipient_id": "01981b5e-8c00-7000-8000-000000000001", "session_id": "s1",
			"action": "click", "target_type": "product", "target_id": "demo:en-bbq-kettle-grill",
		}),
	}, a.recordInteraction)
	handle(a, huma.Operation{
		OperationID: "list-interactions", Method: http.MethodGet, Path: "/v1/interactions", Tags: []string{tagInteractions}, Security: forGivers(),
		Summary: "List what you did, newest first", Errors: readErrors(),
		Description: "Reactions to ideas are among it, and their takings-back.",
	}, a.listInteractions)
	handle(a, huma.Operation{
		OperationID: "list-search-logs", Method: http.MethodGet, Path: "/v1/search-logs", Tags: []string{tagInteractions}, Security: forGivers(),
		Summary: "List your searches, newest first", Errors: readErrors(),
		Description: "Those made for ideas are among them.",
	}, a.listSearchLogs)
}

func (a *api) recordInteraction(ctx context.Context, in *struct {
	CommandInput
	Body interactionBody
}) (*struct {
	CommandHeaders
	Body interactionRecorded
}, error) {
	b := in.Body
	if string(b.Metadata) == "null" {
		b.Metadata = nil
	}
	out, err := issue(ctx, a.Discovery.Record, discovery.RecordInteraction{
		RecipientID: b.RecipientID, SessionID: b.SessionID, Action: b.Action, TargetType: b.TargetType, TargetID: b.TargetID,
		HypothesisID: b.HypothesisID, Value: b.Value, Metadata: b.Metadata,
	})
	if err != nil {
		return nil, located(err, "body")
	}
	return &struct {
		CommandHeaders
		Body interactionRecorded
	}{headersOf(out), interactionRecorded{out.Result, out.Position}}, nil
}

func (a *api) listInteractions(ctx context.Context, in *struct {
	PageInput
	WhichInput
}) (*pageOf[ideas.Interaction], error) {
	return list(ctx, a, in.PageInput, ideas.Interactions.Name, func(ctx context.Context, page projections.PageRequest) (projections.Page[ideas.Interaction], error) {
		return ideas.ListInteractions(ctx, a.DB, in.which(ctx), page)
	})
}

func (a *api) listSearchLogs(ctx context.Context, in *struct {
	PageInput
	WhichInput
}) (*pageOf[ideas.SearchLog], error) {
	return list(ctx, a, in.PageInput, ideas.SearchLogs.Name, func(ctx context.Context, page projections.PageRequest) (projections.Page[ideas.SearchLog], error) {
		return ideas.ListSearchLogs(ctx, a.DB, in.which(ctx), page)
	})
}
