package recommendation

import (
	"slices"

	"github.com/google/uuid"

	"gifty/domain"
)

// Recommendation is a page that was served, and what became of the gifts on it.
type Recommendation struct {
	domain.Root
	Served Served
	fates  map[string]Fate // by gift id; of those that anything became of
}

// Reaction is what a giver says of a gift on a page. There is one at a time.
type Reaction string

// The reactions.
const (
	NoReaction Reaction = "none"
	Like       Reaction = "like"
	Dislike    Reaction = "dislike"
	Shortlist  Reaction = "shortlist"
)

// Reactions lists what a giver may say; "none" takes the last back.
func Reactions() []Reaction { return []Reaction{Like, Dislike, Shortlist, NoReaction} }

// Stream is where a recommendation's events are.
func Stream(id uuid.UUID) string { return "recommendation-" + id.String() }

// Apply folds one event of the stream.
func (r *Recommendation) Apply(event any) {
	switch e := event.(type) {
	case Served:
		r.Served = e
	case Claimed:
		r.Served.GiverID = e.GiverID
	case Shown:
		for _, m := range e.Items {
			r.become(m.GiftID, func(f *Fate) { f.Shown = true })
		}
	case Clicked:
		r.become(e.GiftID, func(f *Fate) { f.Clicked = true })
	case Reacted:
		r.become(e.GiftID, func(f *Fate) { f.Reaction = e.Reaction })
	case Purchased:
		r.become(e.GiftID, func(f *Fate) { f.Purchased = true })
	}
}

// Fate is what became of a gift so far; nothing of one that was not on the page.
func (r *Recommendation) Fate(giftID string) Fate { return r.fates[giftID] }

func (r *Recommendation) become(giftID string, change func(*Fate)) {
	f := r.fates[giftID]
	change(&f)
	if r.fates == nil {
		r.fates = map[string]Fate{}
	}
	r.fates[giftID] = f
}

// What feedback is refused for.
var (
	// ErrNotFound answers for a recommendation that does not exist, is another giver's, or was for a
	// recipient who has been deleted.
	ErrNotFound = domain.NotFound("recommendation_not_found", "there is no such recommendation")
	// ErrNotOnPage answers for a gift that was not on the page.
	ErrNotOnPage = domain.Invalid("gift_not_on_page", "this gift is not on the page that was recommended; name one that is")
)

// For returns an error unless the recommendation is there and the principal's.
func (r *Recommendation) For(p domain.Principal) error {
	if !r.Exists() || !p.Owns(r.Served.GiverID) {
		return ErrNotFound
	}
	return nil
}

// Claim makes the page the giver's who had it anonymously. Once it is theirs, again changes nothing.
func (r *Recommendation) Claim(from, giver uuid.UUID) error {
	switch {
	case r.Exists() && r.Served.GiverID == giver:
		return nil
	case !r.Exists() || r.Served.GiverID != from:
		return ErrNotFound
	}
	domain.Record(r, Claimed{RecommendationID: r.Served.RecommendationID, GiverID: giver, From: from})
	return nil
}

// MarkShown records that the giver saw these gifts; those seen before change nothing.
func (r *Recommendation) MarkShown(giftIDs ...string) error {
	var fresh []Mark
	named := map[string]bool{}
	for _, id := range giftIDs {
		m, err := r.mark(id)
		if err != nil {
			return err
		}
		m.Track, m.Gap = "", "" // seeing teaches nothing
		if !m.Was.Shown && !named[id] {
			fresh = append(fresh, m)
		}
		named[id] = true
	}
	if len(fresh) > 0 {
		domain.Record(r, Shown{Origin: r.origin(), Items: fresh})
	}
	return nil
}

// Click records that the giver followed a gift to its shop, once. It does not say that the gift was
// seen on the page: who wants that known says so.
func (r *Recommendation) Click(giftID string) error {
	m, err := r.mark(giftID)
	if err == nil && !m.Was.Clicked {
		domain.Record(r, Clicked{Origin: r.origin(), Mark: m})
	}
	return err
}

// React records what the giver says of a gift. The same again changes nothing; another reaction
// replaces the last.
func (r *Recommendation) React(giftID string, to Reaction) error {
	if !slices.Contains(Reactions(), to) {
		return domain.Invalid("reaction_unknown", "%.50q is no reaction; use like, dislike, shortlist or none", string(to)).
			On("reaction", "must be one of like, dislike, shortlist, none")
	}
	m, err := r.mark(giftID)
	if err == nil && to != m.Was.reaction() {
		domain.Record(r, Reacted{Origin: r.origin(), Mark: m, Reaction: to})
	}
	return err
}

// reaction is the reaction, with its name when there is none.
func (f Fate) reaction() Reaction {
	if f.Reaction == "" {
		return NoReaction
	}
	return f.Reaction
}

// Purchase records that the giver bought a gift, once.
func (r *Recommendation) Purchase(giftID string) error {
	m, err := r.mark(giftID)
	if err == nil && !m.Was.Purchased {
		domain.Record(r, Purchased{Origin: r.origin(), Mark: m})
	}
	return err
}

func (r *Recommendation) origin() Origin {
	return Origin{
		RecommendationID: r.Served.RecommendationID, GiverID: r.Served.GiverID, RecipientID: r.Served.RecipientID,
		HypothesisID: r.Served.HypothesisID, Policy: r.Served.Policy, Exposure: r.Served.Exposure, FeaturesVersion: r.Served.FeaturesVersion,
	}
}

// mark is the gift as feedback names it, or ErrNotOnPage.
func (r *Recommendation) mark(giftID string) (Mark, error) {
	i := slices.IndexFunc(r.Served.Items, func(i ServedItem) bool { return i.GiftID == giftID })
	if i < 0 {
		return Mark{}, ErrNotOnPage
	}
	item := r.Served.Items[i]
	m := Mark{GiftID: giftID, Position: item.Position, Propensity: item.Propensity, Track: item.Track, Gap: item.Gap, Was: r.fates[giftID]}
	for _, f := range item.Features {
		m.Values = append(m.Values, Value{f.Name, f.Value})
	}
	return m, nil
}
