package all_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/discovery"
	"gifty/domain/erasure"
	"gifty/domain/recipient"
	"gifty/projections/all/alltest"
)

// giving issues commands at random, to few things, so that they meet.
type giving struct {
	*alltest.World
	givers     []context.Context
	recipients []uuid.UUID
	ideas      []uuid.UUID
	pages      []uuid.UUID
	talks      []uuid.UUID
	friend     uuid.UUID // a recipient whom nobody deletes
}

func newGiving(w *alltest.World) *giving {
	stranger, _ := w.Stranger()
	g := &giving{World: w, givers: []context.Context{w.Ctx, w.Ctx, stranger}}
	g.Discovery.Finder = shelf{}
	return g
}

// shelf finds products that may be there or not.
type shelf struct{}

func (shelf) Find(_ context.Context, _ discovery.Brief, wishes []discovery.Wish) ([]discovery.Found, error) {
	pages := make([]discovery.Found, len(wishes))
	for i, w := range wishes {
		found := &pages[i]
		for i := range len(w.Title) % 4 {
			found.Links = append(found.Links, discovery.Link{GiftID: fmt.Sprint("shop:", i), Rank: i + 1, Similarity: 0.25 * float64(i), Score: 1 / float64(i+3)})
		}
		found.Searches = []discovery.Search{{Query: w.Queries[0], ResultsCount: len(found.Links), EngineVersion: "shelf", ExecutionMS: 0.1}}
	}
	return pages, nil
}

// command issues one. That the domain refuses it is part of history; anything else is a failure.
func (g *giving) command(t *rapid.T) {
	ctx := rapid.SampledFrom(g.givers).Draw(t, "giver")
	var err error
	switch rapid.SampledFrom([]string{"create", "update", "delete", "erase", "leave", "offer", "offer", "embed", "generate", "react", "react", "link", "record", "record", "search", "create", "recommend", "recommend", "recommend", "respond", "respond", "respond", "configure", "start", "work", "work", "act", "act", "act", "respond", "respond", "respond", "respond", "account", "claim"}).Draw(t, "command") {
	case "create":
		var out domain.Outcome[recipient.Reached]
		out, err = g.Recipients.Create(ctx, recipient.CreateRecipient{Profile: profile(t)})
		g.recipients = append(g.recipients, out.Result.RecipientID)
	case "update":
		_, err = g.Recipients.Update(ctx, recipient.UpdateRecipient{RecipientID: late(t, g.recipients), Change: recipient.Change{
			Apply: func(recipient.Profile) recipient.Profile { return profile(t) }}})
	case "delete":
		_, err = g.Recipients.Delete(ctx, recipient.DeleteRecipient{RecipientID: late(t, g.recipients)})
	case "erase":
		_, err = g.Recipients.Erase(ctx, recipient.EraseRecipient{RecipientID: late(t, g.recipients)})
	case "leave":
		if rapid.IntRange(0, 3).Draw(t, "really") == 0 {
			err = g.leave(t)
		}
	case "offer":
		_, err = g.Catalogue.Import(ctx, catalogue.ImportProducts{Source: "shop", Items: rapid.SliceOfN(anyItem(), 1, 3).Draw(t, "items")})
	case "embed":
		err = g.embed(ctx, t)
	case "generate":
		cmd := discovery.GenerateHypotheses{SessionID: rapid.SampledFrom([]string{"", "s1", "s2"}).Draw(t, "session")}
		cmd.Quiz.Interests = rapid.SliceOfN(rapid.SampledFrom([]string{"tea", "chess"}), 0, 1).Draw(t, "interests")
		if rapid.Bool().Draw(t, "for somebody") {
			cmd.RecipientID = new(late(t, g.recipients))
		}
		var out domain.Outcome[discovery.GeneratedHypotheses]
		out, err = g.Discovery.Generate(ctx, cmd)
		g.ideas = append(g.ideas, out.Result.HypothesisID...)
	case "react":
		_, err = g.Discovery.React(ctx, discovery.ReactToHypothesis{
			HypothesisID: late(t, g.ideas), Reaction: rapid.SampledFrom(discovery.Reactions()).Draw(t, "reaction")})
	case "link":
		_, err = g.Discovery.Link(ctx, discovery.LinkProduct{HypothesisID: late(t, g.ideas), Link: discovery.Link{
			GiftID: gift(t), Rank: rapid.IntRange(1, 5).Draw(t, "rank"), Similarity: rapid.Float64Range(-1, 1).Draw(t, "similarity")}})
	case "record":
		_, err = g.Discovery.Record(ctx, g.interaction(t))
	case "search":
		_, err = g.Discovery.LogSearch(ctx, discovery.LogSearch{Search: discovery.Search{Query: "tea", EngineVersion: "shelf"}})
	case "configure":
		err = g.configure(ctx, t)
	case "start":
		err = g.start(ctx, t)
	case "work":
		err = g.work(t)
	case "act":
		err = g.act(ctx, t)
	case "recommend":
		err = g.recommend(ctx, t)
	case "respond":
		err = g.respond(ctx, t)
	case "account":
		err = g.account(ctx, t)
	case "claim":
		err = g.claim(ctx, t)
	}
	var refused *domain.Error
	if err != nil && (!errors.As(err, &refused) || refused.Kind == domain.KindUnavailable) {
		t.Fatal(err)
	}
}

// late is one of the last few, or one that does not exist.
func late(t *rapid.T, ids []uuid.UUID) uuid.UUID {
	if len(ids) == 0 || rapid.IntRange(0, 9).Draw(t, "nobody") == 0 {
		return uuid.New()
	}
	return rapid.SampledFrom(ids[max(0, len(ids)-4):]).Draw(t, "id")
}

func gift(t *rapid.T) string { return fmt.Sprint("shop:", rapid.IntRange(0, 5).Draw(t, "gift")) }

func profile(t *rapid.T) recipient.Profile {
	return recipient.Profile{
		Name: rapid.StringN(0, 5, -1).Draw(t, "name"), Relation: rapid.SampledFrom(recipient.Relations()).Draw(t, "relation"),
		Age:       rapid.Ptr(rapid.IntRange(0, 130), true).Draw(t, "age"),
		Interests: rapid.SliceOfN(rapid.SampledFrom([]string{"tea", "chess"}), 0, 1).Draw(t, "likes"),
	}
}

func anyItem() *rapid.Generator[catalogue.Item] {
	return rapid.Custom(func(t *rapid.T) catalogue.Item {
		it := catalogue.Item{
			ID: fmt.Sprint(rapid.IntRange(0, 5).Draw(t, "id")), Title: rapid.SampledFrom([]string{"Cup", "Чашка \"<&"}).Draw(t, "title"),
			Category: rapid.SampledFrom([]string{"", "Tea", "Чай"}).Draw(t, "category"), ProductURL: "https://shop.example/1",
			Available: rapid.IntRange(0, 3).Draw(t, "available") > 0,
			Raw:       rapid.SampledFrom([][]byte{nil, []byte(`{"a": 1.50}`), []byte(`{"b":"ж","a":[null]}`)}).Draw(t, "raw"),
		}
		if rapid.Bool().Draw(t, "priced") {
			price, err := domain.NewAmount(rapid.SampledFrom([]string{"0", "19.90", "100000000000.0001"}).Draw(t, "price"))
			if err != nil {
				t.Fatal(err)
			}
			it.Price, it.Currency = &price, "RUB"
		}
		return it
	})
}

// embed makes the vector of a product's present text, as the embedding worker does.
func (g *giving) embed(ctx context.Context, t *rapid.T) error {
	e := alltest.Words{Version: rapid.SampledFrom([]string{"1", "2"}).Draw(t, "version")}
	id := gift(t)
	var p catalogue.Product
	if err := domain.LoadOne(ctx, g.Store, catalogue.ProductStream(id), &p); err != nil || !p.Exists() {
		return err
	}
	v, err := e.Embed(ctx, []string{p.Content.Text()})
	if err != nil {
		return err
	}
	_, err = g.Catalogue.Embed(ctx, catalogue.EmbedProducts{Model: e.Model(), Vectors: []catalogue.ProductVector{{GiftID: id, ContentHash: p.Content.Hash(), Vector: v[0]}}})
	return err
}

func (g *giving) interaction(t *rapid.T) discovery.RecordInteraction {
	r := discovery.RecordInteraction{
		RecipientID: late(t, g.recipients), SessionID: "s1", Action: rapid.SampledFrom(discovery.Actions()).Draw(t, "action"),
		TargetType: rapid.SampledFrom(discovery.Targets()).Draw(t, "target"), TargetID: gift(t), Value: rapid.StringN(0, 5, -1).Draw(t, "value"),
	}
	if slices.Contains([]discovery.Target{discovery.TargetHypothesis, discovery.TargetProduct}, r.TargetType) {
		id := late(t, g.ideas)
		r.HypothesisID = &id
		if r.TargetType == discovery.TargetHypothesis {
			r.TargetID = id.String()
		}
	}
	return r
}

// leave has the stranger forgotten; another comes.
func (g *giving) leave(t *rapid.T) error {
	last := len(g.givers) - 1
	p, _ := domain.PrincipalFrom(g.givers[last])
	_, err := g.Erasure.EraseGiver(g.givers[last], erasure.EraseGiver{GiverID: p.Giver})
	if err != nil {
		t.Fatal(err)
	}
	g.givers[last], _ = g.Stranger()
	return nil
}
