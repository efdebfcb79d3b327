package recommendation_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/domain/domaintest"
	"gifty/domain/recommendation"
)

var (
	by = recommendation.Origin{
		RecommendationID: pageID, GiverID: giver, RecipientID: &ann,
		Policy: recommendation.Policy{Name: "warm", Version: 3}, Exposure: &recommendation.Exposure{Experiment: "warmth", Bucket: "b"}, FeaturesVersion: 2,
	}
	none = recommendation.Fate{}
)

func served() recommendation.Served {
	s := recommendation.Served{RecommendationID: pageID, GiverID: giver, RecipientID: &ann, Making: page().Making}
	for i, id := range []string{"a", "b", "c"} {
		s.Items = append(s.Items, recommendation.ServedItem{
			GiftID: id, Position: i + 1, Track: "Tea", Gap: "the_mirror", Propensity: 0.5, Score: 1,
			Features: []recommendation.Feature{{Name: "similarity", Value: 0.5, Weight: 2, Contribution: 1}, {Name: "price_fit", Value: 1, Weight: 0.4, Contribution: 0.4}},
		})
	}
	return s
}

func given(t testing.TB, history ...any) *recommendation.Recommendation {
	t.Helper()
	return domaintest.Given(t, &recommendation.Recommendation{}, append([]any{served()}, history...)...)
}

// mark is a gift of served, after what had become of it.
func mark(id string, position int, was recommendation.Fate) recommendation.Mark {
	return recommendation.Mark{
		GiftID: id, Position: position, Propensity: 0.5, Track: "Tea", Gap: "the_mirror", Was: was,
		Values: []recommendation.Value{{Name: "similarity", Value: 0.5}, {Name: "price_fit", Value: 1}},
	}
}

// shown tells no topics: seeing teaches nothing.
func shown(marks ...recommendation.Mark) recommendation.Shown {
	for i := range marks {
		marks[i].Track, marks[i].Gap = "", ""
	}
	return recommendation.Shown{Origin: by, Items: marks}
}

func clicked(m recommendation.Mark) recommendation.Clicked {
	return recommendation.Clicked{Origin: by, Mark: m}
}

func reacted(m recommendation.Mark, to recommendation.Reaction) recommendation.Reacted {
	return recommendation.Reacted{Origin: by, Mark: m, Reaction: to}
}

func purchased(m recommendation.Mark) recommendation.Purchased {
	return recommendation.Purchased{Origin: by, Mark: m}
}

func TestFeedback(t *testing.T) {
	t.Parallel()
	a, b := mark("a", 1, none), mark("b", 2, none)
	for name, c := range map[string]struct {
		history []any
		when    func(*recommendation.Recommendation) error
		want    []any
	}{
		"two are shown":     {nil, show("a", "b"), []any{shown(a, b)}},
		"one twice at once": {nil, show("b", "b"), []any{shown(b)}},
		"one more":          {[]any{shown(a)}, show("a", "b"), []any{shown(b)}},
		"the same again":    {[]any{shown(a, b)}, show("b", "a"), nil},
		"none":              {nil, show(), nil},

		"a click does not mean that it was shown": {nil, click("b"), []any{clicked(b)}},
		"a click on what was shown":               {[]any{shown(b)}, click("b"), []any{clicked(mark("b", 2, recommendation.Fate{Shown: true}))}},
		"a second click":                          {[]any{clicked(b)}, click("b"), nil},
		"shown after the click":                   {[]any{clicked(b)}, show("b"), []any{shown(mark("b", 2, recommendation.Fate{Clicked: true}))}},

		"a purchase": {[]any{shown(a), clicked(a), reacted(a, recommendation.Shortlist)}, buy("a"),
			[]any{purchased(mark("a", 1, recommendation.Fate{Shown: true, Clicked: true, Reaction: recommendation.Shortlist}))}},
		"a second purchase":  {[]any{purchased(a)}, buy("a"), nil},
		"another's purchase": {[]any{purchased(a)}, buy("b"), []any{purchased(b)}},
	} {
		r := given(t, c.history...)
		t.Run(name, func(t *testing.T) { domaintest.Then(t, r, c.when(r), c.want...) })
	}
}

func show(ids ...string) func(*recommendation.Recommendation) error {
	return func(r *recommendation.Recommendation) error { return r.MarkShown(ids...) }
}

func click(id string) func(*recommendation.Recommendation) error {
	return func(r *recommendation.Recommendation) error { return r.Click(id) }
}

func buy(id string) func(*recommendation.Recommendation) error {
	return func(r *recommendation.Recommendation) error { return r.Purchase(id) }
}

func react(id string, to recommendation.Reaction) func(*recommendation.Recommendation) error {
	return func(r *recommendation.Recommendation) error { return r.React(id, to) }
}

func TestReact(t *testing.T) {
	t.Parallel()
	was := func(r recommendation.Reaction) recommendation.Mark {
		return mark("a", 1, recommendation.Fate{Reaction: r})
	}
	liked := reacted(was(""), recommendation.Like)
	back := reacted(was(recommendation.Like), recommendation.NoReaction)
	for name, c := range map[string]struct {
		history []any
		to      recommendation.Reaction
		want    []any
	}{
		"like":              {nil, recommendation.Like, []any{liked}},
		"like again":        {[]any{liked}, recommendation.Like, nil},
		"dislike instead":   {[]any{liked}, recommendation.Dislike, []any{reacted(was(recommendation.Like), recommendation.Dislike)}},
		"take back":         {[]any{liked}, recommendation.NoReaction, []any{back}},
		"take back twice":   {[]any{liked, back}, recommendation.NoReaction, nil},
		"take back nothing": {nil, recommendation.NoReaction, nil},
		"like once more":    {[]any{liked, back}, recommendation.Like, []any{reacted(was(recommendation.NoReaction), recommendation.Like)}},
	} {
		r := given(t, c.history...)
		t.Run(name, func(t *testing.T) { domaintest.Then(t, r, r.React("a", c.to), c.want...) })
	}
	for _, unknown := range []recommendation.Reaction{"", "love", "Like"} {
		r := given(t)
		domaintest.Refused(t, r.React("a", unknown), "reaction_unknown", "reaction")
		domaintest.Then(t, r, nil)
	}
}

func TestOnlyGiftsOfThePage(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(*recommendation.Recommendation) error{
		"shown": show("a", "z"), "clicked": click("z"), "liked": react("z", recommendation.Like), "bought": buy(""),
	} {
		r := given(t)
		t.Run(name, func(t *testing.T) {
			domaintest.Refused(t, do(r), "gift_not_on_page")
			domaintest.Then(t, r, nil)
		})
	}
}

func TestWhoMaySeeARecommendation(t *testing.T) {
	t.Parallel()
	other := domain.Principal{Giver: uuid.New(), Role: domain.RoleGiver}
	if err := given(t).For(domain.LocalGiver); err != nil {
		t.Error(err)
	}
	for _, err := range []error{given(t).For(other), domaintest.Given(t, &recommendation.Recommendation{}).For(domain.LocalGiver)} {
		if !errors.Is(err, recommendation.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	}
}

// Whatever a giver does, a fact says what was known of the gift before it, and doing the same at
// once again says nothing new.
func TestFactsSayWhatWas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := given(t)
		fate := map[string]recommendation.Fate{}
		for range rapid.IntRange(0, 12).Draw(rt, "steps") {
			id := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "gift")
			to := rapid.SampledFrom(recommendation.Reactions()).Draw(rt, "reaction")
			do := rapid.SampledFrom([]func(*recommendation.Recommendation) error{show(id), click(id), buy(id), react(id, to)}).Draw(rt, "what")
			before := len(r.Pending())
			if err := errors.Join(do(r), do(r)); err != nil {
				rt.Fatal(err)
			}
			news := r.Pending()[before:]
			if len(news) > 1 {
				rt.Fatalf("twice the same said %+v", news)
			}
			for _, e := range news {
				m, after := outcome(e, fate[id])
				if m.Was != fate[id] || m.GiftID != id || after == fate[id] {
					rt.Fatalf("%+v of what was %+v", e, fate[id])
				}
				fate[id] = after
			}
		}
	})
}

// outcome is the gift that a fact is about and what has become of it since.
func outcome(event any, f recommendation.Fate) (recommendation.Mark, recommendation.Fate) {
	switch e := event.(type) {
	case recommendation.Shown:
		f.Shown = true
		return e.Items[0], f
	case recommendation.Clicked:
		f.Clicked = true
		return e.Mark, f
	case recommendation.Reacted:
		f.Reaction = e.Reaction
		return e.Mark, f
	case recommendation.Purchased:
		f.Purchased = true
		return e.Mark, f
	}
	return recommendation.Mark{}, f
}
