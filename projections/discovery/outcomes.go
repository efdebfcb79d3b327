package discovery

import (
	"context"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/recommendation"
	"gifty/projections"
)

// Outcome is what became of an idea, whoever it was for: it names nobody.
type Outcome struct {
	HypothesisID  uuid.UUID `json:"hypothesis_id" db:"pk"`
	ModelName     string    `json:"model_name"`
	PromptVersion string    `json:"prompt_version"`
	IsShown       bool      `json:"is_shown"`
	Reaction      *string   `json:"reaction" enum:"like,dislike,shortlist" doc:"the last one"`
	IsClicked     bool      `json:"is_clicked" doc:"a product under it, or on a page for it, was followed"`
	IsBought      bool      `json:"is_bought" doc:"such a product was bought, or chosen in its dialogue"`
	projections.Stamps
}

// Outcomes is every idea that was ever had.
var Outcomes = projections.Table[Outcome]{
	Name: "hypothesis_outcomes", Version: 1,
	Doc: "What became of an idea, by the model and the prompt that made it.",
	Fold: projections.Fold(
		projections.Put(func(e discovery.HypothesisGenerated, _ domain.Meta) Outcome {
			return Outcome{HypothesisID: e.HypothesisID, ModelName: e.Model, PromptVersion: e.PromptVersion}
		}),
		came(func(e discovery.HypothesisShown) *uuid.UUID { return &e.HypothesisID }, func(o *Outcome) { o.IsShown = true }),
		said("like", func(e discovery.HypothesisLiked) discovery.Reacted { return e.Reacted }),
		said("dislike", func(e discovery.HypothesisDisliked) discovery.Reacted { return e.Reacted }),
		said("shortlist", func(e discovery.HypothesisShortlisted) discovery.Reacted { return e.Reacted }),
		said("", func(e discovery.HypothesisUnliked) discovery.Reacted { return e.Reacted }),
		said("", func(e discovery.HypothesisUndisliked) discovery.Reacted { return e.Reacted }),
		said("", func(e discovery.HypothesisUnshortlisted) discovery.Reacted { return e.Reacted }),
		came(func(e discovery.ProductClicked) *uuid.UUID { return &e.HypothesisID }, clicked),
		came(func(e recommendation.Clicked) *uuid.UUID { return e.HypothesisID }, clicked),
		came(func(e discovery.GiftSelected) *uuid.UUID { return &e.Gift.HypothesisID }, bought),
		came(func(e recommendation.Purchased) *uuid.UUID { return e.HypothesisID }, bought),
		came(func(e discovery.InteractionRecorded) *uuid.UUID {
			if e.Action != discovery.ActionPurchase {
				return nil
			}
			return e.HypothesisID
		}, bought),
	),
}

func clicked(o *Outcome) { o.IsClicked = true }
func bought(o *Outcome)  { o.IsBought = true }

// came changes the row of the idea that an event is about, if it is about one.
func came[E any](idea func(E) *uuid.UUID, change func(*Outcome)) projections.Rule[Outcome] {
	return projections.ChangeMany(
		func(e E, _ domain.Meta) []Outcome {
			if id := idea(e); id != nil {
				return []Outcome{{HypothesisID: *id}}
			}
			return nil
		},
		func(o *Outcome, _ E, _ domain.Meta) { change(o) })
}

func said[E any](what string, reacted func(E) discovery.Reacted) projections.Rule[Outcome] {
	return projections.Change(
		func(e E, _ domain.Meta) Outcome { return Outcome{HypothesisID: reacted(e).HypothesisID} },
		func(o *Outcome, _ E, _ domain.Meta) {
			if o.Reaction = nil; what != "" {
				o.Reaction = &what
			}
		})
}

// Audit is how the ideas of a model and a version of a prompt, or of the rules, have fared.
type Audit struct {
	ModelName     string  `json:"model_name"`
	PromptVersion string  `json:"prompt_version"`
	Ideas         int     `json:"ideas"`
	Shown         int     `json:"shown"`
	Liked         int     `json:"liked" doc:"or kept"`
	Disliked      int     `json:"disliked"`
	Clicked       int     `json:"clicked"`
	Bought        int     `json:"bought" doc:"or chosen"`
	LikeRate      float64 `json:"like_rate" doc:"of those shown or reacted to, 0–1"`
	DislikeRate   float64 `json:"dislike_rate"`
	ClickRate     float64 `json:"click_rate"`
	BuyRate       float64 `json:"buy_rate"`
}

// Who reacts to an idea or follows a product has seen it, whether the client said so or not.
const readAudits = `WITH met AS (SELECT *, is_shown OR reaction IS NOT NULL OR is_clicked OR is_bought AS seen FROM hypothesis_outcomes),
	counted AS (SELECT model_name, prompt_version, count(*) AS ideas, count(*) FILTER (WHERE seen) AS shown,
			count(*) FILTER (WHERE reaction IN ('like', 'shortlist')) AS liked, count(*) FILTER (WHERE reaction = 'dislike') AS disliked,
			count(*) FILTER (WHERE is_clicked) AS clicked, count(*) FILTER (WHERE is_bought) AS bought
		FROM met GROUP BY model_name, prompt_version)
	SELECT *, coalesce(liked::float8 / nullif(shown, 0), 0) AS like_rate, coalesce(disliked::float8 / nullif(shown, 0), 0) AS dislike_rate,
		coalesce(clicked::float8 / nullif(shown, 0), 0) AS click_rate, coalesce(bought::float8 / nullif(shown, 0), 0) AS buy_rate
	FROM counted ORDER BY model_name, prompt_version`

// Audits reads them all.
func Audits(ctx context.Context, db projections.Querier) ([]Audit, error) {
	return projections.Select[Audit](ctx, db, readAudits)
}
