package discovery_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/domaintest"
	"gifty/eventstore"
)

// person is a recipient as these tests' other context keeps it: a stream of these.
type person struct {
	domain.Root
	Giver uuid.UUID
	Gone  bool
}

type (
	personCame struct{ Giver uuid.UUID }
	personWent struct{}
)

func (p *person) Apply(event any) {
	switch e := event.(type) {
	case personCame:
		p.Giver = e.Giver
	case personWent:
		p.Gone = true
	}
}

var errNoPerson = domain.NotFound("recipient_not_found", "there is no such recipient")

// people is discovery.Recipients over the log.
type people struct{ log domain.Log }

func (p people) Recipient(ctx context.Context, id uuid.UUID) (discovery.Person, error) {
	who, err := domain.RequirePrincipal(ctx)
	if err != nil {
		return discovery.Person{}, err
	}
	var loaded person
	if err := domain.LoadOne(ctx, p.log, "person-"+id.String(), &loaded); err != nil {
		return discovery.Person{}, err
	}
	if !loaded.Exists() || loaded.Gone || !who.Owns(loaded.Giver) {
		return discovery.Person{}, errNoPerson
	}
	return discovery.Person{
		ID: id, Relation: "friend", Gender: "female", Age: new(30), Interests: []string{"tea"}, Unchanged: loaded.Write(),
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
}

func (m *muse) Generate(_ context.Context, b discovery.Brief) (discovery.Generated, error) {
	m.asked = append(m.asked, b)
	return m.answer, m.err
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
}

func (s *shelf) Find(_ context.Context, w discovery.Wish) (discovery.Found, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wishes[w.Title] = w
	if s.meanwhile != nil {
		s.meanwhile()
		s.meanwhile = nil
	}
	if found, told := s.titled[w.Title]; told {
		return found, s.err
	}
	return s.found, s.err
}

// world is everything that commands of this context touch.
type world struct {
	discovery.Commands
	log   *eventstore.Memory
	muse  *muse
	shelf *shelf
	ctx   context.Context // acts for the giver whom ann belongs to
}

func newWorld(t testing.TB) *world {
	t.Helper()
	types, err := eventstore.NewTypes(append(discovery.Events(), domain.Type[personCame]("test.person_came.v1"), domain.Type[personWent]("test.person_went.v1"))...)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{log: eventstore.NewMemory(types, eventstore.Options{}), muse: &muse{}, shelf: &shelf{wishes: map[string]discovery.Wish{}}}
	w.muse.answer = discovery.Generated{Ideas: []discovery.Idea{idea("Tea for two"), idea("A walk")}, Model: "builtin", PromptVersion: "7", Raw: []byte("reply")}
	w.shelf.found = discovery.Found{Links: []discovery.Link{link("a", 1), link("b", 2)}, Fitting: 2, Searches: []discovery.Search{search()}}
	w.Commands = discovery.Commands{Log: w.log, Env: domaintest.Environment(), Recipients: people{w.log}, Products: products{}, Generator: w.muse, Finder: w.shelf}
	w.ctx = domain.WithPrincipal(t.Context(), domain.LocalGiver)
	w.person(t, ann, personCame{giver})
	return w
}

func (w *world) person(t testing.TB, id uuid.UUID, event any) {
	t.Helper()
	_, err := w.log.Append(t.Context(), domain.Append{Writes: []domain.Write{{Stream: "person-" + id.String(), Expect: domain.AnyVersion, Events: []any{event}}}})
	if err != nil {
		t.Fatal(err)
	}
}

func search() discovery.Search {
	return discovery.Search{
		Query: "teapot", ResultsCount: 2, AvgSimilarity: new(0.4), TopSimilarity: new(0.5), TopGiftID: "a", MaxPrice: new(domain.WholeAmount(1100)),
		Currency: "RUB", ExecutionMS: 1.5, EngineVersion: "hybrid_v1", EmbeddingModel: "m",
	}
}

// since is what was appended after a position.
func (w *world) since(t testing.TB, after domain.Position) (all []domain.Recorded) {
	t.Helper()
	for e, err := range w.log.Read(t.Context(), eventstore.Query{After: after}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

func (w *world) head(t testing.TB) domain.Position {
	t.Helper()
	head, err := w.log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return head
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

// unchanged fails the test if anything was appended after a position.
func (w *world) unchanged(t testing.TB, since domain.Position) {
	t.Helper()
	if more := w.since(t, since); len(more) > 0 {
		t.Errorf("appended %+v", more)
	}
}

func stranger(ctx context.Context) context.Context {
	return domain.WithPrincipal(ctx, domain.Principal{Giver: uuid.New(), Role: domain.RoleGiver})
}

var errBroken = errors.New("broken")
