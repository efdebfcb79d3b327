package discovery_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/domaintest"
)

var (
	ideaID, ann = domaintest.ID(100), domaintest.ID(200)
	giver       = domain.LocalGiver.Giver
	by          = discovery.Reacted{HypothesisID: ideaID, GiverID: giver, SessionID: "s1", RecipientID: &ann}
)

func idea(title string) discovery.Idea {
	return discovery.Idea{
		Title: title, Description: "A pot and two cups", Reasoning: "Tea slows the day", Gap: discovery.GapPermission,
		Track: "Tea", Queries: []string{"teapot", "tea set", "cups"},
	}
}

func generated() discovery.HypothesisGenerated {
	return discovery.HypothesisGenerated{
		HypothesisID: ideaID, SessionID: "s1", GiverID: giver, RecipientID: &ann, Idea: idea("Tea for two"), Model: "builtin", PromptVersion: "1",
	}
}

func linked(links ...discovery.Link) discovery.ProductsLinked {
	return discovery.ProductsLinked{HypothesisID: ideaID, GiverID: giver, RecipientID: &ann, Links: links}
}

func link(gift string, rank int) discovery.Link {
	return discovery.Link{GiftID: gift, Rank: rank, Similarity: 0.5, Score: 1.5, Query: "teapot"}
}

func given(t testing.TB, history ...any) *discovery.Hypothesis {
	t.Helper()
	return domaintest.Given(t, &discovery.Hypothesis{}, append([]any{generated()}, history...)...)
}

func TestReact(t *testing.T) {
	t.Parallel()
	liked, disliked, shortlisted := discovery.HypothesisLiked{Reacted: by}, discovery.HypothesisDisliked{Reacted: by}, discovery.HypothesisShortlisted{Reacted: by}
	for name, c := range map[string]struct {
		history []any
		to      discovery.Reaction
		want    []any
	}{
		"like":                  {nil, discovery.Like, []any{liked}},
		"dislike":               {nil, discovery.Dislike, []any{disliked}},
		"shortlist":             {nil, discovery.Shortlist, []any{shortlisted}},
		"like again":            {[]any{liked}, discovery.Like, nil},
		"like, then dislike":    {[]any{liked}, discovery.Dislike, []any{disliked}},
		"dislike, then like":    {[]any{disliked}, discovery.Like, []any{liked}},
		"take back nothing":     {nil, discovery.NoReaction, nil},
		"take back a like":      {[]any{liked}, discovery.NoReaction, []any{discovery.HypothesisUnliked{Reacted: by}}},
		"take back a dislike":   {[]any{disliked}, discovery.NoReaction, []any{discovery.HypothesisUndisliked{Reacted: by}}},
		"take back a shortlist": {[]any{liked, shortlisted}, discovery.NoReaction, []any{discovery.HypothesisUnshortlisted{Reacted: by}}},
		"take back twice":       {[]any{liked, discovery.HypothesisUnliked{Reacted: by}}, discovery.NoReaction, nil},
		"like once more":        {[]any{liked, discovery.HypothesisUnliked{Reacted: by}}, discovery.Like, []any{liked}},
	} {
		h := given(t, c.history...)
		t.Run(name, func(t *testing.T) { domaintest.Then(t, h, h.React(c.to), c.want...) })
	}
	for _, unknown := range []discovery.Reaction{"", "love", "Like"} {
		h := given(t)
		domaintest.Refused(t, h.React(unknown), "reaction_unknown", "reaction")
		domaintest.Then(t, h, nil)
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	h := given(t, linked(link("a", 1), link("b", 2)))
	domaintest.Then(t, h, h.Link(link("a", 1), link("b", 3), link("c", 2)), linked(link("b", 3), link("c", 2)))
	if want := []discovery.Link{link("a", 1), link("b", 3), link("c", 2)}; !slices.Equal(h.Links, want) {
		t.Errorf("linked are %v", h.Links)
	}
	h = given(t, linked(link("a", 1)))
	domaintest.Then(t, h, h.Link(link("a", 1)))
	domaintest.Then(t, h, h.Link())

	for name, c := range map[string]struct {
		change func(*discovery.Link)
		fields []string
	}{
		"no product":         {func(l *discovery.Link) { l.GiftID = "" }, []string{"gift_id"}},
		"a long product id":  {func(l *discovery.Link) { l.GiftID = strings.Repeat("x", 2201) }, []string{"gift_id"}},
		"an id in Latin-1":   {func(l *discovery.Link) { l.GiftID = "\xe9" }, []string{"gift_id"}},
		"rank 0":             {func(l *discovery.Link) { l.Rank = 0 }, []string{"rank"}},
		"more than the same": {func(l *discovery.Link) { l.Similarity = 1.1 }, []string{"similarity"}},
		"not a number":       {func(l *discovery.Link) { l.Similarity, l.Score = math.NaN(), math.NaN() }, []string{"similarity", "score"}},
		"infinitely good":    {func(l *discovery.Link) { l.Score = math.Inf(1) }, []string{"score"}},
	} {
		l := link("a", 1)
		c.change(&l)
		h := given(t)
		t.Run(name, func(t *testing.T) {
			domaintest.Refused(t, h.Link(link("b", 1), l), "link_invalid", c.fields...)
			domaintest.Then(t, h, nil)
		})
	}
	almost := link("a", 1)
	almost.Similarity = 1.0000001 // rounding
	h = given(t)
	domaintest.Then(t, h, h.Link(almost), linked(almost))
}

func TestSeeAndClick(t *testing.T) {
	t.Parallel()
	shown := discovery.HypothesisShown{HypothesisID: ideaID, SessionID: "s1"}
	h := given(t)
	h.See()
	h.See()
	domaintest.Then(t, h, nil, shown)
	h = given(t, shown)
	h.See()
	domaintest.Then(t, h, nil)

	seen, clicked := discovery.ProductShown{HypothesisID: ideaID, GiftID: "a", SessionID: "s1"}, discovery.ProductClicked{HypothesisID: ideaID, GiftID: "a", SessionID: "s1"}
	h = given(t, linked(link("a", 1), link("b", 2)))
	domaintest.Then(t, h, errors.Join(h.SeeProduct("a"), h.SeeProduct("a"), h.ClickProduct("a"), h.ClickProduct("a")), seen, clicked)
	h = given(t, linked(link("a", 1)), seen, clicked)
	domaintest.Then(t, h, errors.Join(h.SeeProduct("a"), h.ClickProduct("a")))
	h = given(t, linked(link("a", 1)))
	for _, err := range []error{h.SeeProduct("b"), h.ClickProduct("b")} {
		domaintest.Refused(t, err, discovery.ErrNotLinked.Code)
	}
	domaintest.Then(t, h, nil)
}

func TestWhoMaySeeAnIdea(t *testing.T) {
	t.Parallel()
	other := domain.Principal{Giver: uuid.New(), Role: domain.RoleGiver}
	if err := given(t).For(domain.LocalGiver); err != nil {
		t.Error(err)
	}
	for _, err := range []error{given(t).For(other), domaintest.Given(t, &discovery.Hypothesis{}).For(domain.LocalGiver)} {
		if !errors.Is(err, discovery.ErrHypothesisNotFound) {
			t.Errorf("got %v", err)
		}
	}
}

// However a giver changes their mind, there is the last reaction, each fact is news, and a
// taking-back follows its reaction.
func TestOneReactionAtATime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		h := given(t)
		for _, to := range rapid.SliceOf(rapid.SampledFrom(discovery.Reactions())).Draw(rt, "reactions") {
			before := len(h.Pending())
			was := h.Reaction
			if err := h.React(to); err != nil {
				rt.Fatal(err)
			}
			fresh := given(t, h.Pending()...)
			if h.Reaction != to || fresh.Reaction != to || len(h.Pending())-before != map[bool]int{true: 0, false: 1}[was == to] {
				rt.Fatalf("from %s to %s came %v, then the reaction is %s", was, to, h.Pending()[before:], fresh.Reaction)
			}
		}
	})
}
