package discovery_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/domaintest"
)

// viewed is a session with ideas that have products, and what looking at them leads to.
type viewed struct {
	*testing.T
	*discovery.Session
	rules discovery.Rules
	ideas []*discovery.Hypothesis
}

func newViewed(t *testing.T) *viewed {
	t.Helper()
	v := &viewed{T: t, Session: &discovery.Session{}}
	var err error
	if v.rules, err = discovery.ParseRules(discovery.ShippedRules()); err != nil {
		t.Fatal(err)
	}
	in := discovery.InSession{SessionID: uuid.New(), GiverID: uuid.New()}
	topic := uuid.New()
	domain.Record(v.Session, discovery.SessionStarted{InSession: in, Brief: discovery.Brief{Language: discovery.English}}, discovery.TrackOpened{InSession: in, TopicID: topic})
	for range 6 {
		h, id := &discovery.Hypothesis{}, uuid.New()
		domain.Record(h, discovery.HypothesisGenerated{HypothesisID: id, SessionID: in.SessionID.String(), GiverID: in.GiverID})
		for i := range 10 {
			if err := h.Link(discovery.Link{GiftID: fmt.Sprint("g", i), Rank: i + 1}); err != nil {
				t.Fatal(err)
			}
		}
		domain.Record(v.Session, discovery.TrackFilled{InSession: in, TopicID: topic, Ideas: []discovery.IdeaRef{{HypothesisID: id}}})
		v.ideas = append(v.ideas, h)
	}
	return v
}

func (v *viewed) view(i int, seconds float64, gifts ...string) {
	v.Helper()
	if err := v.View(v.ideas[i], gifts, seconds, v.rules); err != nil {
		v.Fatal(err)
	}
	for _, g := range gifts {
		if err := v.ideas[i].SeeProduct(g); err != nil {
			v.Fatal(err)
		}
	}
}

// rule is how a dead end was recognised last, "" when none was.
func (v *viewed) rule() (rule discovery.DeadEndRule) {
	for _, e := range v.Pending() {
		if d, is := e.(discovery.DeadEndDetected); is {
			rule = d.Rule
		}
	}
	return rule
}

func TestMoreThanThreeIdeasPassed(t *testing.T) {
	t.Parallel()
	v := newViewed(t)
	for i := range 3 {
		v.view(i, 0)
		v.view(i, 0) // again counts once
	}
	if v.rule() != "" {
		t.Fatalf("after three: %s", v.rule())
	}
	if v.view(3, 0); v.rule() != discovery.RulePassed || v.Pivot == nil || len(v.Passing.Ideas) != 0 {
		t.Errorf("after four: %s, %+v", v.rule(), v.Dialogue)
	}
}

func TestMoreThanFifteenProductsPassed(t *testing.T) {
	t.Parallel()
	v := newViewed(t)
	all := []string{"g0", "g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8", "g9"}
	v.view(0, 0, all...)
	v.view(0, 1, all...) // none is new
	if v.view(1, 0, all[:5]...); v.rule() != "" {
		t.Fatalf("after fifteen: %s", v.rule())
	}
	if v.view(1, 0, "g7"); v.rule() != discovery.RulePassed {
		t.Errorf("after sixteen: %q", v.rule())
	}
}

// Whoever clicks, likes or keeps something is interested.
func TestInterestEndsPassing(t *testing.T) {
	t.Parallel()
	for name, interest := range map[string]func(v *viewed) error{
		"click": func(v *viewed) error { return v.Click(v.ideas[0], "g0") },
		"like":  func(v *viewed) error { return v.React(v.ideas[0].Generated.HypothesisID, discovery.Like, v.rules) },
		"keep":  func(v *viewed) error { return v.Keep(v.ideas[0], "g0", true) },
	} {
		v := newViewed(t)
		for i := range 3 {
			v.view(i, 0)
		}
		if err := interest(v); err != nil {
			t.Fatal(err)
		}
		if v.view(3, 0); v.rule() != "" {
			t.Errorf("%s: %s", name, v.rule())
		}
	}
}

// Twice as long as others, without a reaction.
func TestLingering(t *testing.T) {
	t.Parallel()
	v := newViewed(t)
	v.rules.PassedIdeas = 100
	for i, seconds := range []float64{4, 6, 5} {
		v.view(i, seconds)
	}
	if v.view(3, 9.9); v.rule() != "" {
		t.Fatalf("%s", v.rule())
	}
	if err := v.React(v.ideas[4].Generated.HypothesisID, discovery.Like, v.rules); err != nil {
		t.Fatal(err)
	}
	if v.view(4, 60); v.rule() != "" {
		t.Fatalf("of a liked one: %s", v.rule())
	}
	v.rules.LingerFactor = 1.5
	if v.view(5, 40); v.rule() != discovery.RuleLingering {
		t.Errorf("%q", v.rule())
	}
}

func TestViewsThatCannotBe(t *testing.T) {
	t.Parallel()
	v := newViewed(t)
	domaintest.Refused(t, v.View(v.ideas[0], []string{"other"}, 0, v.rules), "gift_not_shown", "gift_ids")
	domaintest.Refused(t, v.View(v.ideas[0], nil, -1, v.rules), "view_invalid", "seconds")
	domaintest.Refused(t, v.Click(v.ideas[0], "other"), "gift_not_shown", "gift_id")
	stranger := &discovery.Hypothesis{}
	domain.Record(stranger, discovery.HypothesisGenerated{HypothesisID: uuid.New()})
	domaintest.Refused(t, v.View(stranger, nil, 0, v.rules), "idea_not_in_session")
}
