package discovery_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/recipient"
	"gifty/projections"
	"gifty/projections/all/alltest"
	products "gifty/projections/catalogue"
	ideas "gifty/projections/discovery"
)

func searches(t *testing.T, w *alltest.World, which ideas.Which) []ideas.SearchLog {
	t.Helper()
	w.CatchUp(t)
	page, err := ideas.ListSearchLogs(w.Ctx, w.Pool, which, projections.PageRequest{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return page.Items
}

// empty names the columns of a row that hold nothing.
func empty(t *testing.T, row any) (columns []string) {
	t.Helper()
	j, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := json.Unmarshal(j, &values); err != nil {
		t.Fatal(err)
	}
	for name, v := range values {
		if v == nil || reflect.ValueOf(v).IsZero() {
			columns = append(columns, name)
		}
	}
	slices.Sort(columns)
	return columns
}

func TestSearchLogsAreWhole(t *testing.T) {
	t.Parallel()
	s := newSession(t, stocked(t))
	logs := searches(t, s.World, ideas.Which{Giver: s.Giver, RecipientID: &s.ann, SessionID: s.id})
	if len(logs) != 9 { // three ideas, three queries each
		t.Fatalf("%d searches", len(logs))
	}
	for _, l := range logs {
		if missing := empty(t, l); missing != nil {
			t.Errorf("%s has nothing in %v", l.SearchQuery, missing)
		}
		if l.ResultsCount < 1 || *l.TopSimilarity < *l.AvgSimilarity || l.MaxPrice.String() != "1100" || l.SearchContext != "preview" || *l.LLMModel != "muse" {
			t.Errorf("%+v", l)
		}
	}
	if l := logs[len(logs)-1]; l.SearchQuery != "tea" || *l.HypothesisID != s.ids[0] || *l.HypothesisTitle != "A gift of tea" || *l.TrackTitle != "tea" {
		t.Errorf("the first is %+v", l)
	}

	finder := products.Finder{DB: s.Pool, Embedder: alltest.Words{}}
	found, err := finder.Search(s.Ctx, products.SearchRequest{Text: "chess", Filter: products.Filter{MaxPrice: new(domain.WholeAmount(900)), Currency: "RUB"}})
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.Discovery.LogSearch(s.Ctx, discovery.LogSearch{SessionID: s.id, Search: found.Search})
	if err != nil {
		t.Fatal(err)
	}
	logs = searches(t, s.World, ideas.Which{Giver: s.Giver})
	if missing := empty(t, logs[0]); !slices.Equal(missing, []string{"hypothesis_id", "hypothesis_title", "llm_model", "recipient_id", "track_title"}) {
		t.Errorf("a person's search has nothing in %v", missing)
	}
	if l := logs[0]; l.ID != out.Result || l.SearchContext != "search" || l.ResultsCount != len(found.Hits) || *l.TopGiftID != found.Hits[0].GiftID {
		t.Errorf("%+v", l)
	}
}

// What hangs on a recipient goes with them; searches stay, but nothing leads from them to the person.
func TestARecipientIsDeleted(t *testing.T) {
	t.Parallel()
	w := stocked(t)
	gone, stays := newSession(t, w), newSession(t, w)
	nobody, err := w.Discovery.Generate(w.Ctx, discovery.GenerateHypotheses{Quiz: discovery.Quiz{Interests: discovery.Words{"tea"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*session{gone, stays} {
		id := s.ids[0]
		s.record(t, discovery.RecordInteraction{Action: discovery.ActionView, TargetType: discovery.TargetHypothesis, TargetID: id.String()})
		if _, err := w.Discovery.React(w.Ctx, discovery.ReactToHypothesis{HypothesisID: id, Reaction: discovery.Like}); err != nil {
			t.Fatal(err)
		}
	}
	count := func(which ideas.Which) (n [3]int) {
		w.CatchUp(t)
		h, err := ideas.ListHypotheses(w.Ctx, w.Pool, which, projections.PageRequest{})
		i, err2 := ideas.ListInteractions(w.Ctx, w.Pool, which, projections.PageRequest{})
		l, err3 := ideas.ListSearchLogs(w.Ctx, w.Pool, which, projections.PageRequest{})
		if err := errors.Join(err, err2, err3); err != nil {
			t.Fatal(err)
		}
		return [3]int{len(h.Items), len(i.Items), len(l.Items)}
	}
	links := func(s *session) int {
		n := 0
		for _, id := range s.ids {
			page, err := ideas.ListLinks(w.Ctx, w.Pool, id, projections.PageRequest{})
			if err != nil {
				t.Fatal(err)
			}
			n += len(page.Items)
		}
		return n
	}
	all, before := count(ideas.Which{Giver: w.Giver}), count(ideas.Which{Giver: w.Giver, RecipientID: &stays.ann})
	if all != [3]int{8, 4, 24} || before != [3]int{3, 2, 9} || links(gone) == 0 {
		t.Fatalf("before: %v, of one %v, %d links", all, before, links(gone))
	}
	linked := links(stays)
	if _, err := w.Recipients.Delete(w.Ctx, recipient.DeleteRecipient{RecipientID: gone.ann}); err != nil {
		t.Fatal(err)
	}
	if after := count(ideas.Which{Giver: w.Giver}); after != [3]int{5, 2, 24} {
		t.Errorf("after: %v", after)
	}
	if n := links(gone); n != 0 {
		t.Errorf("%d links of the deleted are left", n)
	}
	for _, which := range []ideas.Which{{Giver: w.Giver, RecipientID: &gone.ann}, {Giver: w.Giver, SessionID: gone.id}} {
		if n := count(which); n != [3]int{} {
			t.Errorf("%+v still leads to %v", which, n)
		}
	}
	if after := count(ideas.Which{Giver: w.Giver, RecipientID: &stays.ann}); after != before || links(stays) != linked {
		t.Errorf("another recipient had %v and has %v", before, after)
	}
	got, err := ideas.HypothesesByID(w.Ctx, w.Pool, w.Giver, append(nobody.Result.HypothesisID, gone.ids...))
	if err != nil || len(got) != len(nobody.Result.HypothesisID) {
		t.Errorf("%d ideas by id, %v", len(got), err)
	}

	// Nor does anything come back afterwards.
	for _, react := range []discovery.Reaction{discovery.Like, discovery.Dislike} {
		if _, err := w.Discovery.React(w.Ctx, discovery.ReactToHypothesis{HypothesisID: gone.ids[0], Reaction: react}); !errors.Is(err, discovery.ErrHypothesisNotFound) {
			t.Errorf("reacting to a deleted recipient's idea: %v", err)
		}
	}
	if n := count(ideas.Which{Giver: w.Giver, RecipientID: &gone.ann}); n != [3]int{} {
		t.Errorf("%v came back", n)
	}
}
