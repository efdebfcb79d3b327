package http

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"gifty/domain/account"
	ideas "gifty/projections/discovery"
)

func registerAudit(a *api) {
	handle(a, huma.Operation{
		OperationID: "audit-hypotheses", Method: http.MethodGet, Path: "/v1/hypotheses/audit", Tags: []string{tagAnalytics}, Security: forStaff(account.AnalystRead),
		Summary: "Compare how the ideas of each model and prompt version fare", Errors: readErrors(),
		Description: "Shown, liked, disliked, clicked and bought, counted over all ideas ever had, as the read table hypothesis_outcomes has them.",
	}, a.auditHypotheses)
	handle(a, huma.Operation{
		OperationID: "list-model-calls", Method: http.MethodGet, Path: "/v1/model-calls", Tags: []string{tagAnalytics}, Security: forStaff(account.AnalystRead),
		Summary: "List what language models were asked, the latest first", Errors: readErrors(),
		Description: "Purpose, prompt and model, tokens, cost, duration and failure of each request. What a failed reply said stays in the log.",
	}, a.listModelCalls)
}

func (a *api) auditHypotheses(ctx context.Context, in *ReadInput) (*struct {
	Body struct {
		Items []ideas.Audit `json:"items"`
	} `nameHint:"HypothesisAudit"`
}, error) {
	if err := a.wait(ctx, in.MinPosition, ideas.Outcomes.Name); err != nil {
		return nil, err
	}
	answer := &struct {
		Body struct {
			Items []ideas.Audit `json:"items"`
		} `nameHint:"HypothesisAudit"`
	}{}
	found, err := ideas.Audits(ctx, a.DB)
	answer.Body.Items = append([]ideas.Audit{}, found...)
	return answer, err
}

func (a *api) listModelCalls(ctx context.Context, in *struct {
	PageInput
	SessionID string `query:"session_id" maxLength:"200" doc:"Of this session alone."`
}) (*pageOf[ideas.ModelCall], error) {
	if err := a.wait(ctx, in.MinPosition, ideas.ModelCalls.Name); err != nil {
		return nil, err
	}
	page, err := ideas.ListModelCalls(ctx, a.DB, in.SessionID, in.request())
	for i := range page.Items {
		page.Items[i].Detail = nil // it may quote a person
	}
	return &pageOf[ideas.ModelCall]{page}, err
}
