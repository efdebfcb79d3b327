package main

import (
	"math/rand/v2"
	"strconv"
	"time"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/catalogue/demo"
	"gifty/domain/evaluate"
	"gifty/domain/recommend"
	"gifty/domain/recommend/simulate"
	"gifty/domain/recommendation"
	recommendations "gifty/projections/recommendation"
)

// market is where made-up givers are served pages from the demo catalogue, with nothing kept.
type market struct {
	goods          []recommend.Candidate
	byID           map[string]simulate.Gift
	served, target recommend.Policy
}

const (
	marketShelf = 40 // products that a page is chosen from
	marketPage  = 5
)

// newMarket's policies drop nothing but twins: what one may show, the other may.
func newMarket() (*market, error) {
	m := &market{byID: map[string]simulate.Gift{}, served: recommend.DefaultPolicy()}
	for item, err := range demo.Items() {
		if err != nil {
			return nil, err
		}
		if item.Currency != "RUB" || item.Price == nil {
			continue
		}
		id := catalogue.GiftID("demo", item)
		m.byID[id] = simulate.Gift{ID: id, Title: item.Title, Category: item.Category, Price: item.Price.InexactFloat64()}
		m.goods = append(m.goods, recommend.Candidate{
			GiftID: id, Title: item.Title, Description: item.Description, Category: item.Category, Merchant: item.Merchant,
			Price: item.Price, Currency: item.Currency, Text: recommend.ReadText(item.Title, item.Description, item.Category),
		})
	}
	m.served.Name = "served"
	m.served.Relevance, m.served.Giftability, m.served.Misfit = 0, 0, 1
	m.served.Draw = recommend.Draw{Pool: 1000, Reach: 100, Relevance: 0.7, Temperature: 0.25, Epsilon: 0.1, Duplicate: 0.92}
	m.target = m.served
	m.target.Name, m.target.Draw.Temperature = "target", 0.18
	m.target.Weights.PriceFit, m.target.Weights.Interest, m.target.Weights.Similarity = 0.5, 0.7, 1.5
	return m, nil
}

// page serves a giver. Which products are on the shelf, and how near they are said to be, is a matter of
// chance, the same for every policy.
func (m *market) page(g simulate.Giver, p recommend.Policy, chance *rand.Rand) recommend.Page {
	list := recommend.List{Query: "gift"}
	for _, i := range chance.Perm(len(m.goods))[:marketShelf] {
		c := m.goods[i]
		c.Similarity = 0.2 + 0.3*chance.Float64()
		list.Candidates = append(list.Candidates, c)
	}
	return recommend.Serve(recommend.Inquiry{
		Person: recommend.Person{Age: &g.Age, Gender: g.Gender, Relation: g.Relation, Occasion: g.Occasion, Interests: g.Interests},
		Budget: &domain.Money{Amount: domain.WholeAmount(g.Budget), Currency: "RUB"}, Language: recommend.Russian,
		Limit: marketPage, Policy: p, Seed: chance.Uint64(),
	}, []recommend.List{list})
}

// truth is what a page of the target is worth to be expected, over givers of their own.
func (m *market) truth(pages int) float64 {
	const elsewhere = 1 << 40 // no trial's seed
	rewards := simulate.Rewards{
		Clicked: recommend.Clicked.Reward(), Liked: recommend.Liked.Reward(), Disliked: recommend.Disliked.Reward(), Purchased: recommend.Purchased.Reward(),
	}
	value, served := 0.0, 0
	for n := range uint64(pages) {
		g := simulate.New(elsewhere, n)
		page := m.page(g, m.target, rand.New(rand.NewPCG(elsewhere, n)))
		served += min(1, len(page.Items))
		for _, item := range page.Items {
			value += g.Expected(m.byID[item.GiftID], item.Position, rewards)
		}
	}
	return value / float64(served)
}

// fates is what became of a page's gifts, as the log would tell.
func (m *market) fates(g simulate.Giver, page recommend.Page, chance *rand.Rand) map[string]recommendation.Fate {
	fates := map[string]recommendation.Fate{}
	for _, item := range page.Items[:g.Look(len(page.Items), chance)] {
		f := recommendation.Fate{Shown: true}
		switch g.Respond(m.byID[item.GiftID], chance) {
		case simulate.Clicked:
			f.Clicked = true
		case simulate.Liked:
			f.Clicked, f.Reaction = true, recommendation.Like
		case simulate.Disliked:
			f.Reaction = recommendation.Dislike
		case simulate.Purchased:
			f.Clicked, f.Purchased = true, true
		}
		fates[item.GiftID] = f
	}
	return fates
}

// marketEntry is a page as the log keeps it.
type marketEntry struct {
	giver      string
	candidates []recommend.Scored
	fates      map[string]recommendation.Fate
}

// log is pages that the serving policy served.
func (m *market) log(seed uint64, givers, pages int) (log []marketEntry) {
	for n := range givers {
		g, chance := simulate.New(seed, uint64(n)), rand.New(rand.NewPCG(seed, uint64(n)))
		for range pages {
			page := m.page(g, m.served, chance)
			if len(page.Items) == 0 { // whichever the policy
				continue
			}
			log = append(log, marketEntry{strconv.Itoa(n), page.Candidates, m.fates(g, page, chance)})
		}
	}
	return log
}

// trial evaluates the target on a log of the serving policy.
func (m *market) trial(seed uint64, givers, pages int) (t trial, err error) {
	log := m.log(seed, givers, pages)
	began := time.Now()
	t.report, err = evaluate.Evaluate(func(yield func(*evaluate.Decision, error) bool) {
		for _, e := range log {
			d, err := recommendations.Decision(e.candidates, func(id string) recommendation.Fate { return e.fates[id] },
				recommendations.Versus{Served: m.served, Target: m.target})
			if err == nil {
				d.Giver = e.giver
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
	}, evaluate.Options{Seed: seed})
	t.took = time.Since(began)
	return t, err
}
