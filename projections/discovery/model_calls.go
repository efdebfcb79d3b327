package discovery

import (
	"context"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/erasure"
	"gifty/domain/recipient"
	"gifty/projections"
)

// ModelCall is one request to a language model and what came of it.
type ModelCall struct {
	ID            uuid.UUID      `json:"id" db:"pk"`
	SessionID     *string        `json:"session_id"`
	GiverID       uuid.UUID      `json:"giver_id"`
	RecipientID   *uuid.UUID     `json:"recipient_id"`
	Purpose       string         `json:"purpose" doc:"what was asked for: ideas, topics, hints"`
	Prompt        string         `json:"prompt"`
	PromptVersion string         `json:"prompt_version"`
	Provider      string         `json:"provider"`
	Model         string         `json:"model"`
	InputTokens   int            `json:"input_tokens"`
	OutputTokens  int            `json:"output_tokens"`
	Cost          *domain.Amount `json:"cost" doc:"absent where no price is known"`
	Currency      *string        `json:"currency"`
	DurationMS    float64        `json:"duration_ms"`
	Failure       *string        `json:"failure" doc:"absent when the reply could be used"`
	Detail        *string        `json:"detail" personal:"recipient_id,giver_id"`
	AskedAt       time.Time      `json:"asked_at"`
	Place         int64          `json:"place"`
	projections.Stamps
}

// ModelCalls is every request to a language model; those for a deleted recipient stay, without the
// link to them.
var ModelCalls = projections.Table[ModelCall]{
	Name: "model_calls", Version: 3,
	Doc: "A request to a language model: what for, what it took, and what came of it.",
	Fold: projections.Fold(
		projections.On(
			func(e discovery.ModelAsked, _ domain.Meta) ModelCall { return ModelCall{ID: e.CallID} },
			func(r *ModelCall, e discovery.ModelAsked, m domain.Meta) {
				r.SessionID, r.GiverID, r.RecipientID = orNull(e.SessionID), e.GiverID, e.RecipientID
				r.Purpose, r.Prompt, r.PromptVersion, r.Provider, r.Model = e.Purpose, e.Prompt, e.PromptVersion, e.Provider, e.Model
				r.InputTokens, r.OutputTokens, r.DurationMS = e.InputTokens, e.OutputTokens, e.DurationMS
				if e.Cost != nil {
					r.Cost, r.Currency = &e.Cost.Amount, orNull(e.Cost.Currency)
				}
				r.Failure, r.Detail = orNull(string(e.Failure)), orNull(e.Detail)
				r.AskedAt, r.Place = m.OccurredAt, int64(m.Position)
			}),
		projections.Each("recipient_id",
			func(e recipient.Deleted, _ domain.Meta) uuid.UUID { return e.RecipientID },
			func(r *ModelCall, _ recipient.Deleted, _ domain.Meta) {
				r.RecipientID, r.SessionID, r.Detail = nil, nil, nil
			}),
		projections.Each("giver_id",
			func(e erasure.GiverErased, _ domain.Meta) uuid.UUID { return e.GiverID },
			func(r *ModelCall, _ erasure.GiverErased, _ domain.Meta) {
				r.GiverID, r.RecipientID, r.SessionID, r.Detail = uuid.Nil, nil, nil, nil
			}),
	),
	Indexes: []string{
		`CREATE INDEX ON {table} (asked_at)`,
		`CREATE INDEX ON {table} (place)`,
		`CREATE INDEX ON {table} (giver_id)`,
		`CREATE INDEX ON {table} (recipient_id)`,
		`CREATE INDEX ON {table} (session_id)`,
	},
}

// ListModelCalls reads what models were asked, the latest first; in one session alone when one is named.
func ListModelCalls(ctx context.Context, db projections.Querier, session string, page projections.PageRequest) (projections.Page[ModelCall], error) {
	return projections.SelectPage[ModelCall](ctx, db, projections.List{
		SQL: `SELECT * FROM model_calls WHERE ($1::text IS NULL OR session_id = $1)`, Args: []any{orNull(session)}, By: []string{"place", "id"}, Desc: true,
	}, page)
}

// Spent is what models took for a session since a moment, or for all when none is named: tokens, and US
// dollars where prices are known.
func Spent(ctx context.Context, db projections.Querier, session string, since time.Time) (tokens int, money domain.Amount, err error) {
	type sums struct {
		Tokens int           `json:"tokens"`
		Money  domain.Amount `json:"money"`
	}
	rows, err := projections.Select[sums](ctx, db, `SELECT coalesce(sum(input_tokens + output_tokens), 0)::bigint AS tokens,
			coalesce(sum(cost) FILTER (WHERE currency = 'USD'), 0) AS money
		FROM model_calls WHERE asked_at >= $1 AND ($2::text IS NULL OR session_id = $2)`, since, orNull(session))
	if err != nil || len(rows) == 0 {
		return 0, money, err
	}
	return rows[0].Tokens, rows[0].Money, nil
}
