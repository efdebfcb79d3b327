package recommendation_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/domaintest"
	"gifty/domain/recommendation"
	"gifty/eventstore/storetest"
)

var (
	pageID, ann = domaintest.ID(100), domaintest.ID(200)
	giver       = domain.LocalGiver.Giver
)

// people is recommendation.Recipients over the log.
type people struct{ domaintest.People }

func (p people) Recipient(ctx context.Context, id uuid.UUID) (recommendation.Person, error) {
	found, err := p.Of(ctx, id)
	if err != nil {
		return recommendation.Person{}, err
	}
	return recommendation.Person{
		Age: new(30), Gender: "female", Relation: "friend", Interests: []string{"tea"}, Unchanged: found.Write(),
	}, nil
}

// ranker is a recommendation.Recommender that answers what it is told and notes what it was asked.
// meanwhile, if there is one, happens during the first asking.
type ranker struct {
	page      recommendation.Page
	err       error
	asked     []recommendation.Ask
	meanwhile func()
}

func (r *ranker) Recommend(_ context.Context, a recommendation.Ask) (recommendation.Page, error) {
	if r.asked = append(r.asked, a); r.meanwhile != nil {
		r.meanwhile()
		r.meanwhile = nil
	}
	return r.page, r.err
}

// world is everything that commands of this context touch.
type world struct {
	recommendation.Commands
	log    storetest.Memory
	ranker *ranker
	ctx    context.Context // acts for the giver whom ann belongs to
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{log: storetest.NewMemory(t, append(recommendation.Events(), domaintest.People{}.Events()...)...), ranker: &ranker{page: page("a", "b", "c")}}
	w.Commands = recommendation.Commands{Log: w.log, Env: domaintest.Environment(), Recipients: people{domaintest.People{Log: w.log}}, Recommender: w.ranker, Blobs: w.log}
	w.ctx = domain.WithPrincipal(t.Context(), domain.LocalGiver)
	w.person(t, ann, domaintest.PersonCame{Giver: giver})
	return w
}

func (w *world) person(t testing.TB, id uuid.UUID, event any) {
	t.Helper()
	domaintest.People{Log: w.log}.Add(t, id, event)
}

// page has these gifts in their order, made by policy "warm".
func page(giftIDs ...string) recommendation.Page {
	p := recommendation.Page{
		Making: recommendation.Making{
			Policy: recommendation.Policy{Name: "warm", Version: 3}, Exposure: &recommendation.Exposure{Experiment: "warmth", Bucket: "b"},
			CataloguePosition: 7, EmbeddingModel: "m", EmbeddingVersion: "1", EngineVersion: "e", FeaturesVersion: 2, ExecutionMS: 1.5,
		},
		Considered: recommendation.Considered{
			FeatureNames: []string{"similarity"},
			Candidates:   []recommendation.Candidate{{GiftID: "z", Score: 0.1, Dropped: "over_budget", Values: []float64{0.2}, Near: []int8{-20}}},
		},
	}
	for i, id := range giftIDs {
		p.Items = append(p.Items, recommendation.Item{
			GiftID: id, Position: i + 1, Gift: recommendation.Gift{Title: "Tea <" + id + ">", Price: new(domain.WholeAmount(900)), ProductURL: "https://shop.example/" + id},
			Query: "tea", Idea: "Tea", Track: "Drinks", Gap: "the_mirror", Similarity: new(0.5), Score: 1.5, Propensity: 0.25, Exploratory: i == 2,
			Features: []recommendation.Feature{{Name: "similarity", Value: 0.5, Weight: 2, Contribution: 1, Because: []string{"tea"}}},
			Reason:   "Because of tea", EventIDs: []uuid.UUID{domaintest.ID(300)},
		})
	}
	return p
}

// recommend serves a page for ann and returns its id.
func (w *world) recommend(t testing.TB) uuid.UUID {
	t.Helper()
	out, err := w.Recommend(w.ctx, recommendation.Recommend{RecipientID: &ann, SessionID: "s1"})
	if err != nil {
		t.Fatal(err)
	}
	return out.Result.RecommendationID
}

func stranger(ctx context.Context) context.Context {
	return domain.WithPrincipal(ctx, domain.Principal{Giver: uuid.New(), Role: domain.RoleGiver})
}

var errBroken = errors.New("broken")
