package discovery_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/domaintest"
)

// last is what the generator was told last.
func (m *muse) last() discovery.Brief { return m.asked[len(m.asked)-1] }

func TestAskingAgainSaysWhatWasSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.muse.answer.Ideas = titles("Tea", "Walk", "Chess", "Kite")
	generate := func(cmd discovery.GenerateHypotheses) discovery.GeneratedHypotheses {
		out, err := w.Generate(w.ctx, cmd)
		if err != nil {
			t.Fatal(err)
		}
		return out.Result
	}
	first := generate(discovery.GenerateHypotheses{RecipientID: &ann, SessionID: "one"})
	if b := w.muse.last(); len(b.Shown)+len(b.Liked)+len(b.Disliked) > 0 {
		t.Errorf("at first: %+v", b)
	}
	for i, r := range []discovery.Reaction{discovery.Like, discovery.Dislike, discovery.Shortlist} {
		if _, err := w.React(w.ctx, discovery.ReactToHypothesis{HypothesisID: first.HypothesisID[i], Reaction: r}); err != nil {
			t.Fatal(err)
		}
	}
	for name, cmd := range map[string]discovery.GenerateHypotheses{
		"in the same session":              {SessionID: "one"},
		"for the same person":              {RecipientID: &ann},
		"for both, and told nothing twice": {RecipientID: &ann, SessionID: "one"},
	} {
		w.muse.answer.Ideas = nil
		generate(cmd)
		b := w.muse.last()
		if !slices.Equal(b.Shown, []string{"Kite"}) || !slices.Equal(b.Liked, []string{"Tea", "Chess"}) || !slices.Equal(b.Disliked, []string{"Walk"}) {
			t.Errorf("%s: shown %v, liked %v, disliked %v", name, b.Shown, b.Liked, b.Disliked)
		}
	}
	generate(discovery.GenerateHypotheses{SessionID: "two", Quiz: told})
	if b := w.muse.last(); len(b.Shown) > 0 {
		t.Errorf("in another session: %v", b.Shown)
	}
	if _, err := w.Generate(stranger(w.ctx), discovery.GenerateHypotheses{SessionID: "one", Quiz: told}); err != nil {
		t.Fatal(err)
	}
	if b := w.muse.last(); len(b.Shown)+len(b.Liked) > 0 {
		t.Errorf("a stranger in a session of that name: %+v", b)
	}
}

// A retry is answered from the log, whatever was seen meanwhile.
func TestARetryKnowsNothingNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cmd := domain.WithCommand(w.ctx, domaintest.ID(998)), discovery.GenerateHypotheses{RecipientID: &ann, SessionID: "one"}
	first, err := w.Generate(ctx, cmd)
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.Generate(ctx, cmd)
	if err != nil || !again.Repeated || !slices.Equal(again.Result.HypothesisID, first.Result.HypothesisID) {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestOldIdeasMayComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for round := range 10 {
		w.muse.answer.Ideas = nil
		for i := range 6 {
			w.muse.answer.Ideas = append(w.muse.answer.Ideas, idea(fmt.Sprint("Idea ", 6*round+i)))
		}
		if _, err := w.Generate(w.ctx, discovery.GenerateHypotheses{RecipientID: &ann}); err != nil {
			t.Fatal(err)
		}
	}
	if shown := w.muse.last().Shown; len(shown) != 48 || shown[0] != "Idea 6" || shown[47] != "Idea 53" {
		t.Errorf("after ten times, shown are %v", shown)
	}
}

// Who signs in takes along what was seen and said before.
func TestSigningInForgetsNothing(t *testing.T) {
	t.Parallel()
	k := newTalk(t, "tea")
	ideas := k.trackOf("tea").Ideas
	k.does(k.ReactInSession(k.ctx, discovery.ReactInSession{SessionID: k.id, HypothesisID: ideas[0].HypothesisID, Reaction: discovery.Dislike}))
	account := uuid.New()
	k.person(t, ann, domaintest.PersonCame{Giver: account})
	k.ctx = domain.WithPrincipal(t.Context(), domain.Principal{Giver: account, Role: domain.RoleGiver})
	k.does(k.Claim(k.ctx, discovery.ClaimSession{SessionID: k.id, From: giver}))
	k.start("tea")
	k.work()
	if b := k.shelf.brief; !slices.Equal(b.Disliked, []string{ideas[0].Title}) || !slices.Equal(b.Shown, []string{ideas[1].Title}) {
		t.Errorf("disliked %v, shown %v", b.Disliked, b.Shown)
	}
}

// presents is what everybody has had.
type presents []string

func (p presents) Bought(context.Context, uuid.UUID) ([]string, error) { return p, nil }

// What somebody was given is not looked for again, in no dialogue and no list of ideas.
func TestWhatWasGivenIsNotFoundAgain(t *testing.T) {
	t.Parallel()
	k := &talk{world: newWorld(t), TB: t, sage: &sage{}}
	k.Adviser, k.Presents = k.sage, presents{"shop:teapot"}
	k.start("tea")
	k.work()
	if !slices.Equal(k.shelf.brief.Had, []string{"shop:teapot"}) {
		t.Errorf("the dialogue looks for all but %v", k.shelf.brief.Had)
	}
	k.shelf.brief = discovery.Brief{}
	k.ideas(t)
	if !slices.Equal(k.shelf.brief.Had, []string{"shop:teapot"}) {
		t.Errorf("the ideas look for all but %v", k.shelf.brief.Had)
	}
}
