package discovery_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/domaintest"
	"gifty/eventstore/storetest"
)

// people is discovery.Recipients over the log.
type people struct{ domaintest.People }

func (p people) Recipient(ctx context.Context, id uuid.UUID) (discovery.Person, error) {
	found, err := p.Of(ctx, id)
	if err != nil {
		return discovery.Person{}, err
	}
	return discovery.Person{
		ID: id, Relation: "friend", Gender: "female", Age: new(30), Interests: []string{"tea"}, Unchanged: found.Write(),
	}, nil
}

// products is a discovery.Products of the letters.
type products struct{ err error }

func (p products) ProductExists(_ context.Context, giftID string) (bool, error) {
	return len(giftID) == 1, p.err
}

// muse is a discovery.Generator that answers what it is told and notes what it was asked.
type muse struct {
	answer discovery.Generated
	err    error
	asked  []discovery.Brief
	// limited has it answer with as many ideas as were asked for.
	limited bool
}

func (m *muse) Generate(_ context.Context, b discovery.Brief) (discovery.Generated, error) {
	m.asked = append(m.asked, b)
	answer := m.answer
	if m.limited {
		answer.Ideas = slices.Clone(answer.Ideas[:min(b.Count, len(answer.Ideas))])
	}
	return answer, m.err
}

// shelf is a discovery.Finder that finds the same for every wish, but for those whose titles say
// otherwise. meanwhile, if there is one, happens during the first search.
type shelf struct {
	found     discovery.Found
	titled    map[string]discovery.Found
	err       error
	meanwhile func()

	mu     sync.Mutex
	wishes map[string]discovery.Wish // by title
	brief  discovery.Brief           // of the last search
}

func (s *shelf) Find(_ context.Context, b discovery.Brief, wishes []discovery.Wish) ([]discovery.Found, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.brief = b
	if s.meanwhile != nil {
		s.meanwhile()
		s.meanwhile = nil
	}
	pages := make([]discovery.Found, len(wishes))
	for i, w := range wishes {
		found, told := s.titled[w.Title]
		if !told {
			found = s.found
		}
		s.wishes[w.Title], pages[i] = w, found
	}
	return pages, s.err
}

// world is everything that commands of this context touch.
type world struct {
	discovery.Commands
	log   storetest.Memory
	muse  *muse
	shelf *shelf
	ctx   context.Context // acts for the giver whom ann belongs to
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{log: storetest.NewMemory(t, append(discovery.Events(), domaintest.People{}.Events()...)...), muse: &muse{}, shelf: &shelf{wishes: map[string]discovery.Wish{}}}
	w.muse.answer = discovery.Generated{Ideas: []discovery.Idea{idea("Tea for two"), idea("A walk")}, Model: "builtin", PromptVersion: "7", Raw: []byte("reply")}
	w.shelf.found = discovery.Found{Links: []discovery.Link{link("a", 1), link("b", 2)}, Fitting: 2, Searches: []discovery.Search{search()}}
	w.Commands = discovery.Commands{Log: w.log, Env: domaintest.Environment(), Recipients: people{domaintest.People{Log: w.log}}, Products: products{}, Generator: w.muse, Finder: w.shelf, Configured: restrained{}}
	w.ctx = domain.WithPrincipal(t.Context(), domain.LocalGiver)
	w.person(t, ann, domaintest.PersonCame{Giver: giver})
	return w
}

// restrained has the shipped rules, and never a casino.
type restrained struct{}

func (restrained) Rules(ctx context.Context) (discovery.Rules, map[string]int, error) {
	rules, from, err := discovery.Shipped{}.Rules(ctx)
	rules.Never = discovery.Stems{"casino"}
	return rules, from, err
}

func (w *world) person(t testing.TB, id uuid.UUID, event any) {
	t.Helper()
	domaintest.People{Log: w.log}.Add(t, id, event)
}

// told is a quiz that tells something of nobody in particular.
var told = discovery.Quiz{Occasion: "birthday"}

func search() discovery.Search {
	return discovery.Search{
		Query: "teapot", ResultsCount: 2, AvgSimilarity: new(0.4), TopSimilarity: new(0.5), TopGiftID: "a", MaxPrice: new(domain.WholeAmount(1100)),
		Currency: "RUB", ExecutionMS: 1.5, EngineVersion: "hybrid_v1", EmbeddingModel: "m",
	}
}

// ideas generates for ann and returns the ids.
func (w *world) ideas(t testing.TB) []uuid.UUID {
	t.Helper()
	out, err := w.Generate(w.ctx, discovery.GenerateHypotheses{RecipientID: &ann, SessionID: "s1"})
	if err != nil {
		t.Fatal(err)
	}
	return out.Result.HypothesisID
}

func stranger(ctx context.Context) context.Context {
	return domain.WithPrincipal(ctx, domain.Principal{Giver: uuid.New(), Role: domain.RoleGiver})
}

var errBroken = errors.New("broken")
