package http

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/projections"
	products "gifty/projections/catalogue"
	ideas "gifty/projections/discovery"
)

// Hypothesis is a gift idea with the products behind it.
type Hypothesis struct {
	ideas.Hypothesis
	Products []ideas.Offer `json:"products" doc:"In their order."`
}

type generateBody struct {
	RecipientID *uuid.UUID     `json:"recipient_id,omitempty" doc:"What the quiz leaves open is taken from this recipient."`
	SessionID   string         `json:"session_id,omitempty" maxLength:"200" doc:"To go on with a session; absent for a new one."`
	Quiz        discovery.Quiz `json:"quiz,omitzero"`
	Count       int            `json:"count,omitempty" minimum:"1" maximum:"20" doc:"Ideas wanted; absent leaves it to the quiz's session_mode."`
}

type generateAnswer struct {
	SessionID  string          `json:"session_id"`
	Position   domain.Position `json:"position" doc:"Log position that holds the effect."`
	Hypotheses []Hypothesis    `json:"hypotheses" doc:"In the order to show them."`
	Notices    []string        `json:"notices,omitempty" doc:"What is not as it should be, as that the catalogue has no prices in the budget's currency."`
}

type hypothesisReached struct {
	discovery.Reached
	Position domain.Position `json:"position" doc:"Log position that holds the effect."`
}

type hypothesisAnswer struct {
	CommandHeaders
	ETag string `header:"ETag" doc:"The hypothesis's version now."`
	Body hypothesisReached
}

func reachedHypothesis(out domain.Outcome[discovery.Reached]) *hypothesisAnswer {
	return &hypothesisAnswer{CommandHeaders: headersOf(out), ETag: etag(out.Result.Version), Body: hypothesisReached{out.Result, out.Position}}
}

func registerHypotheses(a *api) {
	handle(a, huma.Operation{
		OperationID: "generate-hypotheses", Method: http.MethodPost, Path: "/v1/hypotheses/generate", Tags: []string{tagHypotheses}, Security: forGivers(),
		Summary: "Get gift ideas with products", Errors: commandErrors(http.StatusNotFound), DefaultStatus: http.StatusCreated,
		Description: "Makes distinct ideas from the quiz, the recipient or both, and finds products for each, within the budget and a tenth.",
		RequestBody: example(map[string]any{"quiz": map[string]any{
			"recipient_age": 52, "relationship": "father", "occasion": "birthday", "interests": []string{"fishing", "bbq"}, "budget": 8000, "currency": "RUB",
		}}),
	}, a.generate)
	handle(a, huma.Operation{
		OperationID: "list-hypotheses", Method: http.MethodGet, Path: "/v1/hypotheses", Tags: []string{tagHypotheses}, Security: forGivers(),
		Summary: "List your ideas, newest first", Errors: readErrors(),
	}, a.listHypotheses)
	handle(a, huma.Operation{
		OperationID: "get-hypothesis", Method: http.MethodGet, Path: "/v1/hypotheses/{id}", Tags: []string{tagHypotheses}, Security: forGivers(),
		Summary: "Read one idea with its products", Errors: readErrors(http.StatusNotFound),
		Description: "The ETag is the idea's version; its products' prices may change without it.",
	}, a.getHypothesis)
	handle(a, huma.Operation{
		OperationID: "react-to-hypothesis", Method: http.MethodPut, Path: "/v1/hypotheses/{id}/reaction", Tags: []string{tagHypotheses}, Security: forGivers(),
		Summary: "Say what you think of an idea", Errors: editErrors(),
		Description: "There is one reaction at a time; none takes it back.",
		RequestBody: example(map[string]any{"reaction": "like"}),
	}, a.react)
	handle(a, huma.Operation{
		OperationID: "link-product", Method: http.MethodPost, Path: "/v1/hypotheses/{id}/links", Tags: []string{tagHypotheses}, Security: forGivers(),
		Summary: "Put a product under an idea", Errors: editErrors(),
		Description: "The same product again moves it.",
		RequestBody: example(map[string]any{"gift_id": "demo:en-bbq-kettle-grill", "rank": 1}),
	}, a.linkProduct)
	handle(a, huma.Operation{
		OperationID: "list-hypothesis-links", Method: http.MethodGet, Path: "/v1/hypotheses/{id}/links", Tags: []string{tagHypotheses}, Security: forGivers(),
		Summary: "List an idea's products and what became of them", Errors: readErrors(http.StatusNotFound),
	}, a.listLinks)
}

func (a *api) generate(ctx context.Context, in *struct {
	CommandInput
	ReadInput
	Body generateBody
}) (*struct {
	CommandHeaders
	Body generateAnswer
}, error) {
	if err := a.wait(ctx, in.MinPosition, products.Products.Name, products.Embeddings.Name); err != nil {
		return nil, err
	}
	out, err := issue(ctx, a.Discovery.Generate, discovery.GenerateHypotheses{
		RecipientID: in.Body.RecipientID, SessionID: in.Body.SessionID, Quiz: in.Body.Quiz, Count: in.Body.Count,
	})
	if err != nil {
		return nil, located(err, generatePart(err))
	}
	made, err := a.made(ctx, out)
	if err != nil {
		return nil, err
	}
	return &struct {
		CommandHeaders
		Body generateAnswer
	}{headersOf(out), generateAnswer{SessionID: out.Result.SessionID, Position: out.Position, Hypotheses: made, Notices: a.noticesOn(ctx, in.Body.Quiz)}}, nil
}

// noticesOn tells what keeps ideas from having the products that they might. The ideas are made by
// now, so that it can't be found out is no failure.
func (a *api) noticesOn(ctx context.Context, q discovery.Quiz) []string {
	notices := slices.Concat(a.Notices(), q.Notices())
	brief := q.Brief()
	currency, others := brief.Currency, "others are left out"
	if brief.Budget != nil {
		currency, others = brief.Budget.Currency, "the budget rules out all others"
	}
	if currency == "" {
		return notices
	}
	priced, err := products.List(ctx, a.DB, products.Filter{Currency: currency}, projections.PageRequest{Limit: 1})
	if err != nil {
		exchangeFrom(ctx).logger.WarnContext(ctx, "cannot tell whether the catalogue has a currency", "error", err)
	} else if len(priced.Items) == 0 {
		notices = append(notices, "the catalogue has no product with a price in "+currency+", and "+others)
	}
	return notices
}

// generatePart is where in the request the fields are that an error names.
func generatePart(err error) string {
	var known *domain.Error
	if errors.As(err, &known) && (known.Code == "quiz_invalid" || known.Code == "quiz_empty") {
		return "body.quiz"
	}
	return "body"
}

// made reads what a generation made, once the read tables have it.
func (a *api) made(ctx context.Context, out domain.Outcome[discovery.GeneratedHypotheses]) ([]Hypothesis, error) {
	if err := a.waitForIdeas(ctx, out.Position); err != nil {
		var known *domain.Error
		if !errors.As(err, &known) {
			return nil, err
		}
		p := problemOf(err)
		p.Detail = "the ideas are stored in session " + out.Result.SessionID + ", but cannot be read yet: " + p.Detail
		return nil, p
	}
	rows, err := ideas.HypothesesByID(ctx, a.DB, giver(ctx), out.Result.HypothesisID)
	if err != nil {
		return nil, err
	}
	return a.withProducts(ctx, rows)
}

func (a *api) waitForIdeas(ctx context.Context, position domain.Position) error {
	return a.wait(ctx, position, ideas.Hypotheses.Name, ideas.Links.Name, products.Products.Name)
}

func (a *api) withProducts(ctx context.Context, rows []ideas.Hypothesis) ([]Hypothesis, error) {
	ids := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	offers, err := ideas.Offers(ctx, a.DB, ids)
	if err != nil {
		return nil, err
	}
	whole := make([]Hypothesis, len(rows))
	for i, row := range rows {
		whole[i] = Hypothesis{row, append([]ideas.Offer{}, offers[row.ID]...)}
	}
	return whole, nil
}

// WhichInput narrows lists of what a giver has.
type WhichInput struct {
	RecipientID uuid.UUID `query:"recipient_id" doc:"For this recipient alone."`
	SessionID   string    `query:"session_id" maxLength:"200" doc:"Of this session alone."`
}

func (w WhichInput) which(ctx context.Context) ideas.Which {
	which := ideas.Which{Giver: giver(ctx), SessionID: w.SessionID}
	if w.RecipientID != uuid.Nil {
		which.RecipientID = &w.RecipientID
	}
	return which
}

func (a *api) listHypotheses(ctx context.Context, in *struct {
	PageInput
	WhichInput
}) (*pageOf[Hypothesis], error) {
	if err := a.waitForIdeas(ctx, in.MinPosition); err != nil {
		return nil, err
	}
	page, err := ideas.ListHypotheses(ctx, a.DB, in.which(ctx), in.request())
	if err != nil {
		return nil, err
	}
	whole, err := a.withProducts(ctx, page.Items)
	if err != nil {
		return nil, err
	}
	answer := &pageOf[Hypothesis]{}
	answer.Body.Items, answer.Body.Next = whole, page.Next
	return answer, nil
}

func (a *api) hypothesis(ctx context.Context, after domain.Position, id uuid.UUID) (ideas.Hypothesis, error) {
	if err := a.waitForIdeas(ctx, after); err != nil {
		return ideas.Hypothesis{}, err
	}
	return ideas.GetHypothesis(ctx, a.DB, giver(ctx), id)
}

func (a *api) getHypothesis(ctx context.Context, in *struct {
	ReadInput
	ID uuid.UUID `path:"id"`
}) (*versioned[Hypothesis], error) {
	row, err := a.hypothesis(ctx, in.MinPosition, in.ID)
	if err != nil {
		return nil, err
	}
	whole, err := a.withProducts(ctx, []ideas.Hypothesis{row})
	if err != nil {
		return nil, err
	}
	return &versioned[Hypothesis]{etag(row.Version), whole[0]}, nil
}

func (a *api) react(ctx context.Context, in *struct {
	CommandInput
	EditInput
	ID   uuid.UUID `path:"id"`
	Body struct {
		Reaction discovery.Reaction `json:"reaction"`
	} `nameHint:"ReactionBody"`
}) (*hypothesisAnswer, error) {
	out, err := issue(ctx, a.Discovery.React, discovery.ReactToHypothesis{HypothesisID: in.ID, Reaction: in.Body.Reaction})
	if err != nil {
		return nil, located(err, "body")
	}
	return reachedHypothesis(out), nil
}

type linkBody struct {
	GiftID     string   `json:"gift_id" minLength:"1" maxLength:"3000"`
	Rank       int      `json:"rank" minimum:"1" maximum:"1000000" doc:"Place among the idea's products, from 1."`
	Similarity *float64 `json:"similarity,omitempty" minimum:"-1" maximum:"1" doc:"Cosine of query and product, if you know it."`
	Score      float64  `json:"score,omitempty" doc:"What you ranked it by."`
	Query      string   `json:"query,omitempty" maxLength:"500" doc:"What it was found by."`
}

func (a *api) linkProduct(ctx context.Context, in *struct {
	CommandInput
	EditInput
	ID   uuid.UUID `path:"id"`
	Body linkBody
}) (*hypothesisAnswer, error) {
	link := discovery.Link{GiftID: in.Body.GiftID, Rank: in.Body.Rank, Unmeasured: true, Score: in.Body.Score, Query: in.Body.Query}
	if in.Body.Similarity != nil {
		link.Similarity, link.Unmeasured = *in.Body.Similarity, false
	}
	out, err := issue(ctx, a.Discovery.Link, discovery.LinkProduct{HypothesisID: in.ID, Link: link})
	if err != nil {
		return nil, located(err, "body")
	}
	return reachedHypothesis(out), nil
}

func (a *api) listLinks(ctx context.Context, in *struct {
	PageInput
	ID uuid.UUID `path:"id"`
}) (*pageOf[ideas.Link], error) {
	if _, err := a.hypothesis(ctx, in.MinPosition, in.ID); err != nil {
		return nil, err
	}
	page, err := ideas.ListLinks(ctx, a.DB, in.ID, in.request())
	if err != nil {
		return nil, err
	}
	return &pageOf[ideas.Link]{page}, nil
}
