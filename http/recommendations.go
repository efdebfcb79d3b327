package http

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"gifty/domain/discovery"
	"gifty/domain/recommendation"
	"gifty/projections"
	products "gifty/projections/catalogue"
	ideas "gifty/projections/discovery"
	recommendations "gifty/projections/recommendation"
)

type recommendBody struct {
	RecipientID  *uuid.UUID            `json:"recipient_id,omitempty" doc:"What the quiz leaves open is taken from this recipient. What they liked, disliked, saw and bought counts."`
	SessionID    string                `json:"session_id,omitempty" maxLength:"200"`
	HypothesisID *uuid.UUID            `json:"hypothesis_id,omitempty" doc:"For this idea: without ideas of your own, its queries are searched for."`
	Quiz         discovery.Quiz        `json:"quiz,omitzero"`
	Ideas        []recommendation.Idea `json:"ideas,omitempty" maxItems:"20" doc:"What to look for; absent, what the quiz leads to."`
	Exclude      []string              `json:"exclude,omitempty" maxItems:"500" doc:"Gifts, by id, that are not to be on the page. What the recipient saw or got is left out by itself."`
	Limit        int                   `json:"limit,omitempty" minimum:"1" maximum:"50" doc:"Gifts on the page at most; 10 when absent."`
	Policy       string                `json:"policy,omitempty" maxLength:"100" doc:"The ranking policy's name; absent, the one in force."`
}

func (b recommendBody) command() recommendation.Recommend {
	return recommendation.Recommend{
		RecipientID: b.RecipientID, SessionID: b.SessionID, HypothesisID: b.HypothesisID,
		Brief: BriefOf(b.Quiz.Brief()), Ideas: b.Ideas, Exclude: b.Exclude, Limit: b.Limit, Policy: b.Policy,
	}
}

// BriefOf is a quiz's brief as the recommendation context knows it.
func BriefOf(b discovery.Brief) recommendation.Brief {
	brief := recommendation.Brief{
		Age: b.Age, Gender: string(b.Gender), Relation: string(b.Relation), Occasion: b.Occasion, Interests: b.Interests,
		Vibes: b.Vibes, Goal: string(b.Goal), Budget: b.Budget, Currency: b.Currency, Language: string(b.Language),
	}
	if b.Person != "" {
		brief.Relation = b.Person
	}
	for _, c := range b.Constraints {
		brief.Constraints = append(brief.Constraints, string(c))
	}
	return brief
}

// storedPage is a recommendation.Recommended in the bytes that are kept: what was served once is
// served again as it was, whatever the program would write by now.
type storedPage struct{ json.RawMessage }

// Schema is that of the page.
func (storedPage) Schema(r huma.Registry) *huma.Schema {
	return schemaOf[recommendation.Recommended](r)
}

// explanation is a page taken apart.
type explanation struct {
	recommendations.Recommendation
	Items []explainedItem `json:"items" doc:"In their order."`
	recommendation.Considered
}

// explainedItem is a gift on a page, why it was there, and what became of it.
type explainedItem struct {
	recommendation.Item
	ShownAt     *time.Time `json:"shown_at"`
	ClickedAt   *time.Time `json:"clicked_at"`
	Reaction    *string    `json:"reaction" enum:"like,dislike,shortlist"`
	ReactedAt   *time.Time `json:"reacted_at" doc:"When the reaction was last given or taken back."`
	PurchasedAt *time.Time `json:"purchased_at"`
}

func registerRecommendations(a *api) {
	handle(a, huma.Operation{
		OperationID: "create-recommendation", Method: http.MethodPost, Path: "/v1/recommendations", Tags: []string{tagRecommendations}, Security: forGivers(),
		Summary: "Get a page of gifts", Errors: commandErrors(http.StatusNotFound), DefaultStatus: http.StatusCreated,
		Description: "When nothing fits, the page has no items and its notice says what comes nearest. The page is kept as it was served. Nothing on it counts as seen until mark-recommendation-shown says so.",
		RequestBody: example(map[string]any{
			"quiz":  map[string]any{"recipient_age": 52, "relationship": "father", "occasion": "birthday", "budget": 8000, "currency": "RUB"},
			"ideas": []any{map[string]any{"title": "An evening by the fire", "queries": []string{"набор для барбекю", "гриль"}}},
		}),
	}, a.createRecommendation)
	handle(a, huma.Operation{
		OperationID: "list-recommendations", Method: http.MethodGet, Path: "/v1/recommendations", Tags: []string{tagRecommendations}, Security: forGivers(),
		Summary: "List your recommendations, newest first", Errors: readErrors(),
	}, a.listRecommendations)
	handle(a, huma.Operation{
		OperationID: "get-recommendation", Method: http.MethodGet, Path: "/v1/recommendations/{id}", Tags: []string{tagRecommendations}, Security: forGivers(),
		Summary: "Read a page as it was served", Errors: readErrors(http.StatusNotFound),
		Description: "Byte for byte what create-recommendation answered.",
	}, a.getRecommendation)
	handle(a, huma.Operation{
		OperationID: "explain-recommendation", Method: http.MethodGet, Path: "/v1/recommendations/{id}/explanation", Tags: []string{tagRecommendations}, Security: forGivers(),
		Summary: "Read why a page was as it was", Errors: readErrors(http.StatusNotFound),
		Description: "Each gift's features, weights and contributions, the events that moved it and what became of it; and every candidate that dropped out, with the reason.",
	}, a.explainRecommendation)
	registerRecommendationFeedback(a)
}

func (a *api) createRecommendation(ctx context.Context, in *struct {
	CommandInput
	ReadInput
	Body recommendBody
}) (*struct {
	CommandHeaders
	Location string `header:"Location" doc:"Where the page can be read again."`
	Body     storedPage
}, error) {
	if err := in.Body.Quiz.Validate(); err != nil {
		return nil, located(err, "body.quiz")
	}
	err := a.wait(ctx, in.MinPosition, products.Products.Name, products.Embeddings.Name, ideas.Hypotheses.Name,
		recommendations.Items.Name, recommendations.Reactions.Name, recommendations.RankingStatistics.Name)
	if err != nil {
		return nil, err
	}
	cmd, err := a.forIdea(ctx, in.Body.command())
	if err != nil {
		return nil, err
	}
	out, err := issue(ctx, a.Recommendations.Recommend, cmd)
	if err != nil {
		return nil, located(err, "body")
	}
	return &struct {
		CommandHeaders
		Location string `header:"Location" doc:"Where the page can be read again."`
		Body     storedPage
	}{headersOf(out), "/v1/recommendations/" + out.Result.RecommendationID.String(), storedPage{out.Result.Page}}, nil
}

// forIdea takes from the hypothesis, if one is named, whom it is for and what to search for.
func (a *api) forIdea(ctx context.Context, cmd recommendation.Recommend) (recommendation.Recommend, error) {
	if cmd.HypothesisID == nil {
		return cmd, nil
	}
	idea, err := ideas.GetHypothesis(ctx, a.DB, giver(ctx), *cmd.HypothesisID)
	if err != nil {
		return cmd, err
	}
	if cmd.RecipientID == nil {
		cmd.RecipientID = idea.RecipientID
	}
	if idea.RecipientID != nil && *idea.RecipientID != *cmd.RecipientID {
		return cmd, discovery.ErrHypothesisNotFound
	}
	if len(cmd.Ideas) == 0 {
		cmd.Ideas = []recommendation.Idea{{Title: idea.Title, Queries: idea.SearchQueries}}
	}
	return cmd, nil
}

func (a *api) listRecommendations(ctx context.Context, in *struct {
	PageInput
	WhichInput
}) (*pageOf[recommendations.Recommendation], error) {
	return list(ctx, a, in.PageInput, recommendations.Recommendations.Name, func(ctx context.Context, page projections.PageRequest) (projections.Page[recommendations.Recommendation], error) {
		which := in.which(ctx)
		return recommendations.List(ctx, a.DB, recommendations.Which{Giver: which.Giver, RecipientID: which.RecipientID, SessionID: which.SessionID}, page)
	})
}

type recommendationInput struct {
	ReadInput
	ID uuid.UUID `path:"id"`
}

// recommendation reads the row and the page as served.
func (a *api) recommendation(ctx context.Context, in *recommendationInput) (row recommendations.Recommendation, page json.RawMessage, err error) {
	if err := a.wait(ctx, in.MinPosition, recommendations.Recommendations.Name, recommendations.Items.Name); err != nil {
		return row, nil, err
	}
	if row, err = recommendations.Get(ctx, a.DB, giver(ctx), in.ID); err != nil {
		return row, nil, err
	}
	page, err = row.Page(ctx, a.Recommendations.Blobs)
	return row, page, err
}

func (a *api) getRecommendation(ctx context.Context, in *recommendationInput) (*struct{ Body storedPage }, error) {
	_, page, err := a.recommendation(ctx, in)
	if err != nil {
		return nil, err
	}
	return &struct{ Body storedPage }{storedPage{page}}, nil
}

func (a *api) explainRecommendation(ctx context.Context, in *recommendationInput) (*struct{ Body explanation }, error) {
	row, bytes, err := a.recommendation(ctx, in)
	if err != nil {
		return nil, err
	}
	var page recommendation.Recommended
	if err := json.Unmarshal(bytes, &page); err != nil {
		return nil, err
	}
	rows, err := recommendations.ItemsOf(ctx, a.DB, in.ID)
	if err != nil {
		return nil, err
	}
	considered, err := row.Considered(ctx, a.Recommendations.Blobs)
	if err != nil {
		return nil, err
	}
	return &struct{ Body explanation }{explanation{row, explained(page.Items, rows), considered}}, nil
}

// explained puts gifts as they were served together with what became of them.
func explained(items []recommendation.Item, rows []recommendations.Item) []explainedItem {
	fates := map[string]recommendations.Item{}
	for _, row := range rows {
		fates[row.GiftID] = row
	}
	all := make([]explainedItem, len(items))
	for i, item := range items {
		f := fates[item.GiftID]
		all[i] = explainedItem{item, f.ShownAt, f.ClickedAt, f.Reaction, f.ReactedAt, f.PurchasedAt}
	}
	return all
}
