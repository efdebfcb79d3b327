package all_test

import (
	"context"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/domain/recipient"
	"gifty/domain/recommendation"
)

func (g *giving) recommend(ctx context.Context, t *rapid.T) error {
	cmd := recommendation.Recommend{SessionID: rapid.SampledFrom([]string{"", "s1"}).Draw(t, "session"), Limit: rapid.IntRange(2, 5).Draw(t, "limit")}
	switch rapid.IntRange(0, 2).Draw(t, "for") {
	case 0:
		cmd.RecipientID = new(late(t, g.recipients))
	case 1:
		if err := g.befriend(); err != nil {
			return err
		}
		cmd.RecipientID = &g.friend
	}
	if rapid.IntRange(0, 5).Draw(t, "poor") == 0 {
		cmd.Brief.Budget = &domain.Money{Currency: "RUB"}
	}
	out, err := g.Recommendations.Recommend(ctx, cmd)
	g.pages = append(g.pages, out.Result.RecommendationID)
	return err
}

func (g *giving) befriend() error {
	if g.friend != uuid.Nil {
		return nil
	}
	out, err := g.Recipients.Create(g.Ctx, recipient.CreateRecipient{})
	g.friend = out.Result.RecipientID
	return err
}

// respond says something of a gift on a page.
func (g *giving) respond(ctx context.Context, t *rapid.T) (err error) {
	id, gift := late(t, g.pages), gift(t)
	switch rapid.SampledFrom([]string{"show", "click", "react", "buy"}).Draw(t, "response") {
	case "show":
		_, err = g.Recommendations.MarkShown(ctx, recommendation.MarkShown{RecommendationID: id, GiftIDs: []string{gift, "shop:0"}})
	case "click":
		_, err = g.Recommendations.Click(ctx, recommendation.ClickGift{RecommendationID: id, GiftID: gift})
	case "react":
		_, err = g.Recommendations.React(ctx, recommendation.ReactToGift{
			RecommendationID: id, GiftID: gift, Reaction: rapid.SampledFrom(recommendation.Reactions()).Draw(t, "reaction")})
	case "buy":
		_, err = g.Recommendations.Purchase(ctx, recommendation.PurchaseGift{RecommendationID: id, GiftID: gift})
	}
	return err
}
