package discovery_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/domaintest"
)

func TestGenerate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := domain.WithCommand(w.ctx, domaintest.ID(999))
	cmd := discovery.GenerateHypotheses{RecipientID: &ann, Quiz: discovery.Quiz{Occasion: "birthday", Budget: new(int64(1000))}, Count: 2}
	out, err := w.Generate(ctx, cmd)
	if err != nil {
		t.Fatal(err)
	}
	ids := out.Result.HypothesisID
	if len(ids) != 2 || ids[0] == ids[1] || out.Result.SessionID == "" || out.Position != w.log.Now(t) {
		t.Fatalf("got %+v", out)
	}

	brief := w.muse.asked[0]
	if *brief.Age != 30 || brief.Gender != discovery.Female || brief.Relation != discovery.RelationFriend ||
		!slices.Equal(brief.Interests, []string{"tea"}) || brief.Occasion != "birthday" || brief.Count != 4 {
		t.Errorf("the brief is %+v", brief)
	}
	if wish := w.shelf.wishes["A walk"]; wish.Title != "A walk" || !slices.Equal(wish.Queries, idea("").Queries) || w.shelf.brief.Budget.Amount.String() != "1000" {
		t.Errorf("the wish is %+v", wish)
	}

	raw := sha256.Sum256([]byte("reply"))
	if brief.Session != out.Result.SessionID {
		t.Errorf("made for session %q", brief.Session)
	}
	brief.Count, brief.Session, brief.Never = 2, "", nil // what was wanted; the generator is asked for more than that
	proposed := discovery.IdeasProposed{SessionID: out.Result.SessionID, GiverID: giver, RecipientID: &ann, HypothesisID: ids}
	want := []any{discovery.Started{SessionID: out.Result.SessionID, GiverID: giver, RecipientID: &ann, Brief: brief}, proposed, proposed}
	got := w.log.Since(t, 1)
	for i, id := range ids {
		want = append(want,
			discovery.HypothesisGenerated{
				HypothesisID: id, SessionID: out.Result.SessionID, GiverID: giver, RecipientID: &ann,
				Idea: w.muse.answer.Ideas[i], Model: "builtin", PromptVersion: "7", RawSHA256: raw[:],
			},
			discovery.ProductsLinked{HypothesisID: id, GiverID: giver, RecipientID: &ann, Links: w.shelf.found.Links})
	}
	for i, id := range ids {
		searched := got[7+i].Event.(discovery.CatalogueSearched)
		want = append(want, discovery.CatalogueSearched{
			SearchID: searched.SearchID, GiverID: giver, RecipientID: &ann, SessionID: out.Result.SessionID, HypothesisID: &id,
			TrackTitle: "Tea", HypothesisTitle: w.muse.answer.Ideas[i].Title, Context: discovery.ContextPreview, Generator: "builtin",
			Query: "teapot", ResultsCount: 2, AvgSimilarity: new(0.4), TopSimilarity: new(0.5), TopGiftID: "a", MaxPrice: new(domain.WholeAmount(1100)),
			Currency: "RUB", ExecutionMS: 1.5, EngineVersion: "hybrid_v1", EmbeddingModel: "m",
		})
	}
	for i, e := range got {
		if !reflect.DeepEqual(e.Event, want[i]) {
			t.Errorf("event %d is %+v\nwant %+v", i, e.Event, want[i])
		}
		if e.CommandID != domaintest.ID(999) || e.Actor != domain.LocalGiver.Actor() {
			t.Errorf("event %d comes from %+v", i, e.Origin)
		}
	}
	if blob, err := w.log.Blob(t.Context(), raw[:]); err != nil || string(blob) != "reply" {
		t.Errorf("the reply is %q, %v", blob, err)
	}

	again, err := w.Generate(ctx, cmd)
	if err != nil || !again.Repeated || !reflect.DeepEqual(again.Result, out.Result) || again.Position != out.Position {
		t.Errorf("a retry got %+v, %v", again, err)
	}
	w.log.Unchanged(t, out.Position)
	if len(w.muse.asked) != 1 {
		t.Error("a retry asked the generator again")
	}
}

func TestGenerateForNobodyInParticular(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.shelf.found = discovery.Found{} // an empty catalogue
	w.muse.answer.Raw = nil
	out, err := w.Generate(w.ctx, discovery.GenerateHypotheses{SessionID: "mine", Quiz: discovery.Quiz{Interests: discovery.Words{"chess"}}})
	if err != nil || out.Result.SessionID != "mine" || len(out.Result.HypothesisID) != 2 {
		t.Fatalf("%+v, %v", out, err)
	}
	events := w.log.Since(t, 1)
	if len(events) != 4 {
		t.Fatalf("recorded %+v", events)
	}
	if e := events[2].Event.(discovery.HypothesisGenerated); e.RecipientID != nil || e.RawSHA256 != nil {
		t.Errorf("recorded %+v", e)
	}

	w.muse.answer.Ideas = nil // everything was shown
	out, err = w.Generate(w.ctx, discovery.GenerateHypotheses{SessionID: "mine", Quiz: told})
	if err != nil || out.Result.HypothesisID == nil || len(out.Result.HypothesisID) != 0 || out.Position != 6 {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestTheQuizComesBeforeTheRecipient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.Generate(w.ctx, discovery.GenerateHypotheses{RecipientID: &ann, Quiz: discovery.Quiz{
		Age: new(8), Gender: "male", Relationship: "child", Interests: discovery.Words{"football"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if b := w.muse.asked[0]; *b.Age != 8 || b.Gender != discovery.Male || b.Relation != discovery.RelationChild || !slices.Equal(b.Interests, []string{"football"}) {
		t.Errorf("the brief is %+v", b)
	}
}

func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bob := domaintest.ID(300)
	for name, c := range map[string]struct {
		cmd    discovery.GenerateHypotheses
		code   string
		fields []string
	}{
		"a quiz that can't be":      {discovery.GenerateHypotheses{Quiz: discovery.Quiz{Age: new(131)}}, "quiz_invalid", []string{"recipient_age"}},
		"too many ideas":            {discovery.GenerateHypotheses{Count: 21}, "request_invalid", []string{"count"}},
		"fewer than none":           {discovery.GenerateHypotheses{Count: -1}, "request_invalid", []string{"count"}},
		"a session without end":     {discovery.GenerateHypotheses{SessionID: strings.Repeat("s", 201)}, "request_invalid", []string{"session_id"}},
		"a session with NUL":        {discovery.GenerateHypotheses{SessionID: "a\x00"}, "request_invalid", []string{"session_id"}},
		"a session in Latin-1":      {discovery.GenerateHypotheses{SessionID: "\xe9", Count: 30}, "request_invalid", []string{"count", "session_id"}},
		"a recipient who is no one": {discovery.GenerateHypotheses{RecipientID: &bob}, "recipient_not_found", nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Generate(w.ctx, c.cmd)
			domaintest.Refused(t, err, c.code, c.fields...)
		})
	}
	_, err := w.Generate(stranger(w.ctx), discovery.GenerateHypotheses{RecipientID: &ann})
	domaintest.Refused(t, err, "recipient_not_found")
	_, err = w.Generate(t.Context(), discovery.GenerateHypotheses{})
	domaintest.Refused(t, err, "unauthenticated")
	w.log.Unchanged(t, 1)
}

// An idea is never without its products: all is appended at once, or nothing.
func TestGenerateIsAllOrNothing(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*world){
		"the generator fails": func(w *world) { w.muse.err = errBroken },
		"the search fails":    func(w *world) { w.shelf.err = errBroken },
		"a link can't be": func(w *world) {
			w.shelf.found.Links, w.shelf.found.Fitting = append(w.shelf.found.Links, discovery.Link{}), 3
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			spoil(w)
			if _, err := w.Generate(w.ctx, discovery.GenerateHypotheses{RecipientID: &ann}); err == nil {
				t.Error("accepted")
			}
			w.log.Unchanged(t, 1)
		})
	}
}

func TestOnlyTenLinksAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.shelf.found.Links = nil
	for i := range 12 {
		w.shelf.found.Links = append(w.shelf.found.Links, link(fmt.Sprint("g", i), i+1))
	}
	w.shelf.found.Fitting, w.muse.answer.Ideas = 12, w.muse.answer.Ideas[:1]
	w.ideas(t)
	if e := w.log.Since(t, 5)[0].Event.(discovery.ProductsLinked); len(e.Links) != 10 || e.Links[9].GiftID != "g9" {
		t.Errorf("linked %+v", e.Links)
	}
}

// What changes while ideas are being made is taken into account, or ends them.
func TestTheRecipientChangesMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.shelf.meanwhile = func() { w.person(t, ann, domaintest.PersonCame{Giver: giver}) }
	if n := len(w.ideas(t)); n != 2 || len(w.muse.asked) != 1 {
		t.Errorf("%d ideas after asking %d times for the same", n, len(w.muse.asked))
	}
	w = newWorld(t)
	w.shelf.meanwhile = func() { w.person(t, ann, domaintest.PersonWent{}) }
	if _, err := w.Generate(w.ctx, discovery.GenerateHypotheses{RecipientID: &ann}); !errors.Is(err, domaintest.ErrNoPerson) {
		t.Errorf("ideas for somebody deleted: %v", err)
	}
	w.log.Unchanged(t, 2)
}

// Who changes what ideas are made from has them made again; every call that was paid for is recorded.
func TestAnotherBriefIsAskedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.ideas(t)[0]
	w.muse.answer.Calls = []discovery.ModelCall{{Model: "m", Raw: []byte("raw")}}
	w.shelf.meanwhile = func() {
		if _, err := w.React(w.ctx, discovery.ReactToHypothesis{HypothesisID: first, Reaction: discovery.Like}); err != nil {
			t.Error(err)
		}
		w.person(t, ann, domaintest.PersonCame{Giver: giver})
	}
	w.ideas(t)
	if len(w.muse.asked) != 3 || len(w.muse.asked[2].Liked) != 1 {
		t.Errorf("asked %+v", w.muse.asked)
	}
	raw := sha256.Sum256([]byte("raw"))
	var calls []discovery.ModelAsked
	for _, e := range w.log.Since(t, 1) {
		if asked, ok := e.Event.(discovery.ModelAsked); ok {
			calls = append(calls, asked)
		}
	}
	if len(calls) != 2 || calls[0].CallID == calls[1].CallID || calls[0].SessionID != "s1" || calls[1].Model != "m" || !bytes.Equal(calls[0].RawSHA256, raw[:]) {
		t.Errorf("the calls on record are %+v", calls)
	}
	if blob, err := w.log.Blob(t.Context(), raw[:]); err != nil || string(blob) != "raw" {
		t.Errorf("the reply is %q, %v", blob, err)
	}
}

// Ideas that came about in different ways each say how.
func TestEveryIdeaNamesItsMaker(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.muse.answer = discovery.Generated{
		Ideas: []discovery.Idea{idea("Tea for two")}, Model: "claude", PromptVersion: "ideas@1", Raw: []byte("one"),
		Others: []discovery.Generated{{Ideas: []discovery.Idea{idea("A walk")}, Model: "builtin", PromptVersion: "knowledge"}},
	}
	w.ideas(t)
	var makers, searchers []string
	for _, e := range w.log.Since(t, 1) {
		switch e := e.Event.(type) {
		case discovery.HypothesisGenerated:
			makers = append(makers, fmt.Sprint(e.Title, " by ", e.Model, " ", e.PromptVersion, " ", len(e.RawSHA256)))
		case discovery.CatalogueSearched:
			searchers = append(searchers, e.HypothesisTitle+" by "+e.Generator)
		}
	}
	if !slices.Equal(makers, []string{"Tea for two by claude ideas@1 32", "A walk by builtin knowledge 0"}) {
		t.Errorf("made: %q", makers)
	}
	if !slices.Equal(searchers, []string{"Tea for two by claude", "A walk by builtin"}) {
		t.Errorf("searched: %q", searchers)
	}
}
