package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	domaindiscovery "gifty/domain/discovery"
	domainrecipient "gifty/domain/recipient"
	"gifty/domain/recommend"
	"gifty/domain/recommend/simulate"
	domainrecommendation "gifty/domain/recommendation"
	"gifty/projections/recommendation"
)

// simulation is givers on their way through their pages.
type simulation struct {
	cmd      simulateCommand
	app      *app
	ranking  recommendation.Ranking
	truth    recommend.Policy
	ranker   *recommendation.Recommender
	commands domainrecommendation.Commands
	now      time.Time // stands still during a round
	visitors []visitor
}

// visitor is a giver, where they are, and what they did.
type visitor struct {
	simulate.Giver
	principal domain.Principal
	recipient uuid.UUID
	page      domainrecommendation.Recommended
	funnel
	reward   float64
	expected float64 // of the pages that were served
	drawn    float64 // the same of the pages drawn by the policy whose truth is told
}

// funnel counts what became of the gifts.
type funnel struct {
	Givers    int `json:"givers"`
	Pages     int `json:"pages"`
	Empty     int `json:"empty"` // pages without gifts, which are not among those counted
	Gifts     int `json:"gifts"`
	Shown     int `json:"shown"`
	Clicked   int `json:"clicked"`
	Liked     int `json:"liked"`
	Disliked  int `json:"disliked"`
	Purchased int `json:"purchased"`
}

func (f funnel) plus(o funnel) funnel {
	return funnel{
		f.Givers + o.Givers, f.Pages + o.Pages, f.Empty + o.Empty, f.Gifts + o.Gifts, f.Shown + o.Shown,
		f.Clicked + o.Clicked, f.Liked + o.Liked, f.Disliked + o.Disliked, f.Purchased + o.Purchased,
	}
}

// id is always the same for the same simulation and place in it: a command that was issued before is
// known again.
func (w *simulation) id(of ...any) uuid.UUID {
	named := append([]any{w.cmd.Seed, w.cmd.Currency, w.cmd.Language, w.cmd.Gifts, recommendation.PolicyName(w.ranking.Policies[0])}, of...)
	if e := w.ranking.Experiment; e != nil {
		named = append(named, e.Name)
	}
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append([]byte("gifty simulate"), named))
}

func (w *simulation) begin() {
	w.visitors = make([]visitor, w.cmd.Givers)
	for n := range w.visitors {
		w.visitors[n] = visitor{
			Giver: simulate.New(w.cmd.Seed, uint64(n)), funnel: funnel{Givers: 1},
			principal: domain.Principal{Giver: w.id("giver", n), Role: domain.RoleGiver},
		}
	}
}

// serve gets the visitor a page, and draws what the other policy would serve now.
func (w *simulation) serve(ctx context.Context, v *visitor, round int) error {
	ctx = domain.WithPrincipal(ctx, v.principal)
	if round == 0 {
		if err := w.introduce(ctx, v); err != nil {
			return err
		}
	}
	ask := domainrecommendation.Recommend{RecipientID: &v.recipient, Brief: w.brief(v), Limit: w.cmd.Gifts}
	served, err := w.commands.Recommend(domain.WithCommand(ctx, w.id(v.principal, "page", round)), ask)
	if err != nil {
		return err
	}
	v.page = domainrecommendation.Recommended{}
	if err := json.Unmarshal(served.Result.Page, &v.page); err != nil {
		return err
	}
	if len(v.page.Items) == 0 {
		v.Empty++
		return nil
	}
	v.Pages++
	v.Gifts += len(v.page.Items)
	v.expected += value(v, v.page.Items)
	if w.cmd.Truth == "" {
		return nil
	}
	if served.Repeated { // what is known of the visitor by now would tell another truth
		return domain.Conflict("simulation_repeated", "these givers have got their pages before, when the truth was another; leave --truth out, take another --seed, or another database")
	}
	seeds := make([]int64, w.cmd.Draws)
	for n := range seeds {
		seeds[n] = domainrecommendation.SeedOf(w.id(v.principal, "draw", round, n))
	}
	pages, err := w.ranker.Draw(ctx, domainrecommendation.Ask{
		GiverID: v.principal.Giver, RecipientID: &v.recipient, Brief: w.brief(v), Limit: w.cmd.Gifts, Policy: w.truth.Name,
	}, seeds...)
	if err != nil {
		return err
	}
	for _, page := range pages {
		if first := w.cmd.FirstGifts; first > 0 {
			page.Items = page.Items[:min(len(page.Items), first)]
		}
		v.drawn += value(v, page.Items)
	}
	return nil
}

// introduce creates the visitor's recipient.
func (w *simulation) introduce(ctx context.Context, v *visitor) error {
	told := domaindiscovery.Quiz{Relationship: v.Relation}.Brief()
	created, err := w.app.recipients.Create(domain.WithCommand(ctx, w.id(v.principal, "recipient")), domainrecipient.CreateRecipient{
		Profile: domainrecipient.Profile{
			Age: &v.Age, Gender: v.Gender, Relation: domainrecipient.Relation(told.Relation), Person: told.Person, Interests: v.Interests,
		},
	})
	v.recipient = created.Result.RecipientID
	return err
}

func (w *simulation) brief(v *visitor) domainrecommendation.Brief {
	return domainrecommendation.Brief{
		Age: &v.Age, Gender: v.Gender, Relation: v.Relation, Occasion: v.Occasion, Interests: v.Interests, Language: w.cmd.Language,
		Budget: &domain.Money{Amount: domain.WholeAmount(v.Budget), Currency: w.cmd.Currency},
	}
}

// value is what a page is worth to be expected, by what the visitor truly likes.
func value(v *visitor, items []domainrecommendation.Item) (sum float64) {
	rewards := simulate.Rewards{
		Clicked: recommend.Clicked.Reward(), Liked: recommend.Liked.Reward(), Disliked: recommend.Disliked.Reward(), Purchased: recommend.Purchased.Reward(),
	}
	for _, item := range items {
		sum += v.Expected(giftOf(item), item.Position, rewards)
	}
	return sum
}

func giftOf(item domainrecommendation.Item) simulate.Gift {
	gift := simulate.Gift{ID: item.GiftID, Title: item.Gift.Title, Category: item.Gift.Category}
	if item.Gift.Price != nil {
		gift.Price = item.Gift.Price.InexactFloat64()
	}
	return gift
}

// respond lets the visitor look at the page and do what they do.
func (w *simulation) respond(ctx context.Context, v *visitor, round int) error {
	if len(v.page.Items) == 0 {
		return nil
	}
	ctx = domain.WithPrincipal(ctx, v.principal)
	chance := rand.New(rand.NewPCG(w.cmd.Seed, uint64(v.page.Seed)))
	seen := v.page.Items[:v.Look(len(v.page.Items), chance)]
	id, ids := v.page.RecommendationID, make([]string, len(seen))
	for i, item := range seen {
		ids[i] = item.GiftID
	}
	v.Shown += len(seen)
	shown := domain.WithCommand(ctx, w.id(v.principal, "shown", round))
	if _, err := w.commands.MarkShown(shown, domainrecommendation.MarkShown{RecommendationID: id, GiftIDs: ids}); err != nil {
		return err
	}
	for _, item := range seen {
		on := reaction{ctx: ctx, page: id, gift: item.GiftID, named: func(what string) uuid.UUID { return w.id(v.principal, round, item.GiftID, what) }}
		if err := w.react(v, on, v.Respond(giftOf(item), chance)); err != nil {
			return err
		}
	}
	return nil
}

// reaction is to what a visitor reacts.
type reaction struct {
	ctx   context.Context
	page  uuid.UUID
	gift  string
	named func(what string) uuid.UUID // a command's id
}

// react issues the commands that an outcome stands for: what is liked or bought was clicked before.
func (w *simulation) react(v *visitor, on reaction, outcome simulate.Outcome) (err error) {
	if outcome == simulate.Nothing {
		return nil
	}
	if outcome != simulate.Disliked {
		v.Clicked++
		_, err = w.commands.Click(domain.WithCommand(on.ctx, on.named("click")), domainrecommendation.ClickGift{RecommendationID: on.page, GiftID: on.gift})
	}
	if err != nil {
		return err
	}
	react := func(to domainrecommendation.Reaction) error {
		_, err := w.commands.React(domain.WithCommand(on.ctx, on.named("react")), domainrecommendation.ReactToGift{RecommendationID: on.page, GiftID: on.gift, Reaction: to})
		return err
	}
	switch outcome {
	case simulate.Liked:
		v.Liked++
		v.reward += recommend.Liked.Reward()
		return react(domainrecommendation.Like)
	case simulate.Disliked:
		v.Disliked++
		v.reward += recommend.Disliked.Reward()
		return react(domainrecommendation.Dislike)
	case simulate.Purchased:
		v.Purchased++
		v.reward += recommend.Purchased.Reward()
		_, err = w.commands.Purchase(domain.WithCommand(on.ctx, on.named("purchase")), domainrecommendation.PurchaseGift{RecommendationID: on.page, GiftID: on.gift})
	default:
		v.reward += recommend.Clicked.Reward()
	}
	return err
}
