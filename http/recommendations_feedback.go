package http

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/recommendation"
)

type shownBody struct {
	GiftIDs []string `json:"gift_ids" minItems:"1" maxItems:"50" doc:"Of gifts on the page that came into sight."`
}

type giftReactionBody struct {
	Reaction recommendation.Reaction `json:"reaction"`
}

type recommendationReached struct {
	recommendation.Reached
	Position domain.Position `json:"position" doc:"Log position that holds the effect."`
}

type feedbackAnswer struct {
	CommandHeaders
	Body recommendationReached
}

func heard(out domain.Outcome[recommendation.Reached], err error) (*feedbackAnswer, error) {
	if err != nil {
		return nil, located(err, "body")
	}
	return &feedbackAnswer{headersOf(out), recommendationReached{out.Result, out.Position}}, nil
}

// ItemInput names a gift on a page.
type ItemInput struct {
	ID     uuid.UUID `path:"id"`
	GiftID string    `path:"gift_id" maxLength:"3000" doc:"Percent-encoded: a gift id may hold a URL." example:"demo:en-bbq-kettle-grill"`
}

func registerRecommendationFeedback(a *api) {
	const item = "/v1/recommendations/{id}/items/{gift_id}"
	handle(a, huma.Operation{
		OperationID: "mark-recommendation-shown", Method: http.MethodPost, Path: "/v1/recommendations/{id}/shown", Tags: []string{tagRecommendations}, Security: forGivers(),
		Summary: "Say which gifts of a page were seen", Errors: commandErrors(http.StatusNotFound),
		Description: "Each gift counts once a page; the same again changes nothing.",
		RequestBody: example(map[string]any{"gift_ids": []string{"demo:en-bbq-kettle-grill", "demo:en-cook-linen-apron"}}),
	}, a.markShown)
	handle(a, huma.Operation{
		OperationID: "click-recommended-gift", Method: http.MethodPost, Path: item + "/click", Tags: []string{tagRecommendations}, Security: forGivers(),
		Summary: "Say that a gift was followed to its shop", Errors: commandErrors(http.StatusNotFound),
		Description: "It counts once a page. It does not say that the gift was seen there.",
	}, a.clickGift)
	handle(a, huma.Operation{
		OperationID: "react-to-recommended-gift", Method: http.MethodPut, Path: item + "/reaction", Tags: []string{tagRecommendations}, Security: forGivers(),
		Summary: "Say what you think of a gift", Errors: commandErrors(http.StatusNotFound),
		Description: "There is one reaction at a time; none takes it back.",
		RequestBody: example(map[string]any{"reaction": "like"}),
	}, a.reactToGift)
	handle(a, huma.Operation{
		OperationID: "purchase-recommended-gift", Method: http.MethodPost, Path: item + "/purchase", Tags: []string{tagRecommendations}, Security: forGivers(),
		Summary: "Say that a gift was bought", Errors: commandErrors(http.StatusNotFound),
		Description: "It counts once a page.",
	}, a.purchaseGift)
}

func (a *api) markShown(ctx context.Context, in *struct {
	CommandInput
	ID   uuid.UUID `path:"id"`
	Body shownBody
}) (*feedbackAnswer, error) {
	return heard(issue(ctx, a.Recommendations.MarkShown, recommendation.MarkShown{RecommendationID: in.ID, GiftIDs: in.Body.GiftIDs}))
}

func (a *api) clickGift(ctx context.Context, in *struct {
	CommandInput
	ItemInput
}) (*feedbackAnswer, error) {
	return heard(issue(ctx, a.Recommendations.Click, recommendation.ClickGift{RecommendationID: in.ID, GiftID: in.GiftID}))
}

func (a *api) reactToGift(ctx context.Context, in *struct {
	CommandInput
	ItemInput
	Body giftReactionBody
}) (*feedbackAnswer, error) {
	return heard(issue(ctx, a.Recommendations.React, recommendation.ReactToGift{RecommendationID: in.ID, GiftID: in.GiftID, Reaction: in.Body.Reaction}))
}

func (a *api) purchaseGift(ctx context.Context, in *struct {
	CommandInput
	ItemInput
}) (*feedbackAnswer, error) {
	return heard(issue(ctx, a.Recommendations.Purchase, recommendation.PurchaseGift{RecommendationID: in.ID, GiftID: in.GiftID}))
}
