package discovery_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/discovery"
	"gifty/domain/recipient"
	"gifty/projections"
	"gifty/projections/all/alltest"
	ideas "gifty/projections/discovery"
)

// session is a world in which ideas were generated for ann, and what they are.
type session struct {
	*alltest.World
	ann uuid.UUID
	id  string
	ids []uuid.UUID
}

func newSession(t *testing.T, w *alltest.World) *session {
	t.Helper()
	s := &session{World: w}
	created, err := w.Recipients.Create(w.Ctx, recipient.CreateRecipient{Profile: recipient.Profile{Name: "Ann", Interests: []string{"tea", "chess"}}})
	if err != nil {
		t.Fatal(err)
	}
	s.ann = created.Result.RecipientID
	made, err := w.Discovery.Generate(w.Ctx, discovery.GenerateHypotheses{RecipientID: &s.ann, Quiz: discovery.Quiz{Budget: new(int64(1000))}})
	if err != nil {
		t.Fatal(err)
	}
	s.id, s.ids = made.Result.SessionID, made.Result.HypothesisID
	w.CatchUp(t)
	return s
}

func stocked(t *testing.T) *alltest.World {
	t.Helper()
	w := alltest.New(t)
	var items []catalogue.Item
	for _, title := range []string{"Tea set of clay", "Good tea", "Tea cups", "Chess set of oak", "Good chess clock", "A surprise"} {
		items = append(items, catalogue.Item{
			ID: title, Title: title, ProductURL: "https://shop.example/x", Price: new(domain.WholeAmount(900)), Currency: "RUB", Available: true,
		})
	}
	w.Import(t, items...)
	w.Embed(t, alltest.Words{})
	return w
}

func (s *session) hypothesis(t *testing.T, i int) ideas.Hypothesis {
	t.Helper()
	s.CatchUp(t)
	h, err := ideas.GetHypothesis(s.Ctx, s.Pool, s.Giver, s.ids[i])
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (s *session) record(t *testing.T, r discovery.RecordInteraction) {
	t.Helper()
	r.RecipientID, r.SessionID = s.ann, s.id
	if _, err := s.Discovery.Record(s.Ctx, r); err != nil {
		t.Fatal(err)
	}
}

func TestHypotheses(t *testing.T) {
	t.Parallel()
	s := newSession(t, stocked(t))
	h := s.hypothesis(t, 0)
	raw := sha256.Sum256([]byte("tea,chess"))
	want := ideas.Hypothesis{
		ID: s.ids[0], SessionID: s.id, GiverID: s.Giver, RecipientID: &s.ann, TrackTitle: "tea", Title: "A gift of tea", Description: "It is tea",
		Reasoning: "They like tea", PrimaryGap: "the_mirror", SearchQueries: []string{"tea", "tea set", "good tea"}, ModelName: "muse",
		PromptVersion: "1", Configuration: map[string]int{}, RawResponse: new(hex.EncodeToString(raw[:])), Place: h.Place, Version: 2, Stamps: h.Stamps,
	}
	if !reflect.DeepEqual(h, want) || h.CreatedAt.IsZero() || h.Place == 0 {
		t.Errorf("got %+v\nwant %+v", h, want)
	}
	for _, c := range []struct {
		to   discovery.Reaction
		want *string
	}{
		{discovery.Like, new("like")}, {discovery.Dislike, new("dislike")}, {discovery.NoReaction, nil},
		{discovery.Shortlist, new("shortlist")}, {discovery.NoReaction, nil}, {discovery.Like, new("like")}, {discovery.NoReaction, nil},
	} {
		out, err := s.Discovery.React(s.Ctx, discovery.ReactToHypothesis{HypothesisID: s.ids[0], Reaction: c.to})
		if err != nil {
			t.Fatal(err)
		}
		if h := s.hypothesis(t, 0); !reflect.DeepEqual(h.UserReaction, c.want) || h.Version != out.Result.Version || h.IsShown {
			t.Errorf("after %s: %+v", c.to, h)
		}
	}
	s.record(t, discovery.RecordInteraction{Action: discovery.ActionView, TargetType: discovery.TargetHypothesis, TargetID: s.ids[0].String()})
	if h := s.hypothesis(t, 0); !h.IsShown || h.Version != 10 {
		t.Errorf("after it was shown: %+v", h)
	}
	_, stranger := s.Stranger()
	for name, c := range map[string]struct{ giver, id uuid.UUID }{"another's": {stranger, s.ids[0]}, "nobody's": {s.Giver, uuid.New()}} {
		if _, err := ideas.GetHypothesis(s.Ctx, s.Pool, c.giver, c.id); !errors.Is(err, discovery.ErrHypothesisNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestListsOfIdeas(t *testing.T) {
	t.Parallel()
	w := stocked(t)
	first, second := newSession(t, w), newSession(t, w)
	nobody, err := w.Discovery.Generate(w.Ctx, discovery.GenerateHypotheses{SessionID: first.id, Quiz: discovery.Quiz{Occasion: "birthday"}})
	if err != nil {
		t.Fatal(err)
	}
	w.CatchUp(t)
	_, stranger := w.Stranger()
	newest := func(lists ...[]uuid.UUID) []uuid.UUID {
		all := slices.Concat(lists...)
		slices.Reverse(all)
		return all
	}
	for name, c := range map[string]struct {
		which ideas.Which
		want  []uuid.UUID
	}{
		"all":             {ideas.Which{Giver: w.Giver}, newest(first.ids, second.ids, nobody.Result.HypothesisID)},
		"of a recipient":  {ideas.Which{Giver: w.Giver, RecipientID: &first.ann}, newest(first.ids)},
		"of a session":    {ideas.Which{Giver: w.Giver, SessionID: first.id}, newest(first.ids, nobody.Result.HypothesisID)},
		"of both":         {ideas.Which{Giver: w.Giver, SessionID: second.id, RecipientID: &first.ann}, nil},
		"of another":      {ideas.Which{Giver: stranger}, nil},
		"of another's id": {ideas.Which{Giver: stranger, SessionID: first.id, RecipientID: &first.ann}, nil},
	} {
		list := func(page projections.PageRequest) (projections.Page[ideas.Hypothesis], error) {
			return ideas.ListHypotheses(w.Ctx, w.Pool, c.which, page)
		}
		got := alltest.ListOf(t, 2, list, func(h ideas.Hypothesis) uuid.UUID { return h.ID })
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	asked := []uuid.UUID{second.ids[1], uuid.New(), first.ids[0], second.ids[0]}
	got, err := ideas.HypothesesByID(w.Ctx, w.Pool, w.Giver, asked)
	if err != nil || len(got) != 3 || got[0].ID != asked[0] || got[1].ID != asked[2] || got[2].ID != asked[3] {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := ideas.HypothesesByID(w.Ctx, w.Pool, stranger, asked); err != nil || len(got) != 0 {
		t.Errorf("for another: %+v, %v", got, err)
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	s := newSession(t, stocked(t))
	id := s.ids[0]
	links := func() []ideas.Link {
		s.CatchUp(t)
		page, err := ideas.ListLinks(s.Ctx, s.Pool, id, projections.PageRequest{})
		if err != nil {
			t.Fatal(err)
		}
		return page.Items
	}
	before := links()
	if len(before) < 3 {
		t.Fatalf("%d links", len(before))
	}
	for i, l := range before {
		if l.RankPosition != i+1 || *l.RecipientID != s.ann || l.SearchQuery == nil || l.WasShown || l.WasClicked || *l.SimilarityScore <= 0 {
			t.Errorf("link %d: %+v", i, l)
		}
	}
	seen, clicked := before[0].GiftID, before[1].GiftID
	s.record(t, discovery.RecordInteraction{Action: discovery.ActionView, TargetType: discovery.TargetProduct, TargetID: seen, HypothesisID: &id})
	s.record(t, discovery.RecordInteraction{Action: discovery.ActionClick, TargetType: discovery.TargetProduct, TargetID: clicked, HypothesisID: &id})
	last := before[len(before)-1].GiftID
	if _, err := s.Discovery.Link(s.Ctx, discovery.LinkProduct{HypothesisID: id, Link: discovery.Link{GiftID: last, Rank: 1, Similarity: -1, Score: 9}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Discovery.Link(s.Ctx, discovery.LinkProduct{HypothesisID: id, Link: discovery.Link{GiftID: "shop:A surprise", Rank: 50, Similarity: 0.1}}); err != nil {
		t.Fatal(err)
	}
	after := map[string]ideas.Link{}
	for _, l := range links() {
		after[l.GiftID] = l
	}
	if l := after[seen]; !l.WasShown || l.WasClicked {
		t.Errorf("seen: %+v", l)
	}
	if l := after[clicked]; l.WasShown || !l.WasClicked {
		t.Errorf("clicked, though nobody said that it was seen: %+v", l)
	}
	if l := after[last]; l.RankPosition != 1 || *l.SimilarityScore != -1 || l.Score != 9 || l.SearchQuery != nil || l.WasShown {
		t.Errorf("moved: %+v", l)
	}

	offers, err := ideas.Offers(s.Ctx, s.Pool, []uuid.UUID{id, s.ids[1], uuid.New()})
	if err != nil || len(offers) != 2 || len(offers[id]) != len(after) {
		t.Fatalf("%+v, %v", offers, err)
	}
	surprise := offers[id][len(offers[id])-1]
	want := ideas.Offer{
		GiftID: "shop:A surprise", Title: "A surprise", Price: new(domain.WholeAmount(900)), Currency: new("RUB"),
		ProductURL: "https://shop.example/x", Similarity: new(0.1), Rank: 50,
	}
	if !reflect.DeepEqual(surprise, want) {
		t.Errorf("got %+v\nwant %+v", surprise, want)
	}
}

func TestInteractions(t *testing.T) {
	t.Parallel()
	s := newSession(t, stocked(t))
	id := s.ids[0]
	s.record(t, discovery.RecordInteraction{
		Action: discovery.ActionComment, TargetType: discovery.TargetNavigation, TargetID: "home", Value: "Nice", Metadata: json.RawMessage(`{"n": 1}`),
	})
	for _, to := range []discovery.Reaction{discovery.Like, discovery.NoReaction, discovery.Dislike, discovery.NoReaction, discovery.Shortlist, discovery.NoReaction} {
		if _, err := s.Discovery.React(s.Ctx, discovery.ReactToHypothesis{HypothesisID: id, Reaction: to}); err != nil {
			t.Fatal(err)
		}
	}
	s.record(t, discovery.RecordInteraction{Action: "purchase", TargetType: discovery.TargetProduct, TargetID: "shop:Good tea", HypothesisID: &id})
	s.CatchUp(t)
	page, err := ideas.ListInteractions(s.Ctx, s.Pool, ideas.Which{Giver: s.Giver, RecipientID: &s.ann, SessionID: s.id}, projections.PageRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var did []string
	for _, i := range page.Items {
		did = append(did, fmt.Sprintf("%s %s %s", i.ActionType, i.TargetType, i.TargetID))
		if i.ID == uuid.Nil || i.GiverID != s.Giver || *i.RecipientID != s.ann || i.SessionID != s.id || i.Place == 0 || i.CreatedAt.IsZero() {
			t.Errorf("%+v", i)
		}
	}
	idea := " hypothesis " + id.String()
	want := []string{"purchase product shop:Good tea", "unshortlist" + idea, "shortlist" + idea, "undislike" + idea, "dislike" + idea, "unlike" + idea, "like" + idea, "comment navigation home"}
	if !slices.Equal(did, want) {
		t.Errorf("%v\nwant %v", did, want)
	}
	first, last := page.Items[0], page.Items[len(page.Items)-1]
	if *first.HypothesisID != id || first.Value != nil || first.Metadata != nil || *last.Value != "Nice" || string(last.Metadata) != `{"n":1}` || last.HypothesisID != nil {
		t.Errorf("%+v\n%+v", first, last)
	}
	_, stranger := s.Stranger()
	if page, err := ideas.ListInteractions(s.Ctx, s.Pool, ideas.Which{Giver: stranger, RecipientID: &s.ann}, projections.PageRequest{}); err != nil || len(page.Items) != 0 {
		t.Errorf("for another: %+v, %v", page, err)
	}
}

func TestWhatModelsTook(t *testing.T) {
	t.Parallel()
	s := newSession(t, alltest.New(t))
	newSession(t, s.World)
	soon := time.Now().Add(time.Hour)
	for name, c := range map[string]struct {
		session string
		since   time.Time
		want    int
	}{
		"all": {"", time.Time{}, 220}, "one session": {s.id, time.Time{}, 110}, "another": {"another", time.Time{}, 0}, "later": {s.id, soon, 0},
	} {
		tokens, money, err := ideas.Spent(s.Ctx, s.Pool, c.session, c.since)
		if err != nil || tokens != c.want || money.String() != fmt.Sprint(c.want/110) {
			t.Errorf("%s: %d tokens, %s dollars, %v; want %d tokens", name, tokens, money, err, c.want)
		}
	}
}
