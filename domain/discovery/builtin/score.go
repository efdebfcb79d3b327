package builtin

import (
	"hash/fnv"
	"slices"

	"gifty/domain/discovery"
)

// The weights of what makes one suitable idea better than another. They are set so that a matching
// vibe and the right price together outweigh any single other reason.
const (
	firstVibe      = 1.2
	moreVibes      = 0.5 // each further one, at most two count
	rightPrice     = 1.0
	tooCheap       = -0.8
	rightGoal      = 1.5
	unwantedJoke   = -1.5
	wantedJoke     = 0.6
	unwantedWork   = -0.8 // made to order, for a giver of little effort
	wantedWork     = 0.8
	tooLate        = -4.0 // made to order, and the day is near
	forTheirAge    = 0.8  // for a child: made for children, not for everybody
	tooPrivate     = -0.4
	refusedKind    = -2.0 // like an idea that was disliked
	jitter         = 1.5  // the most a seed may move an idea
	daysToMake     = 5    // fewer days than this leave no time to have something made
	childhoodEnds  = 14
	kindRepeated   = -1.6 // an answer with two mugs
	gapRepeated    = -1.2
	lesserTrack    = -0.8 // the occasion tells more than the relation, the relation more than a birthday
	trackRepeated  = -0.9
	comfortableLow = 0.35 // of the budget: below, a gift looks cheap beside what was meant
	stretch        = 1.1  // a budget may be exceeded by a tenth
)

// score says how well a suitable card answers the reading, the higher the better.
func (r *reading) score(c *card) float64 {
	s := r.vibeScore(c) + r.priceScore(c) + r.goalScore(c) + r.effortScore(c) + r.jitter(c)
	if slices.Contains(c.Tags, funny) && !r.likesFun() {
		s += unwantedJoke
	} else if slices.Contains(c.Tags, funny) {
		s += wantedJoke
	}
	if r.age < childhoodEnds && c.Ages.to <= 20 {
		s += forTheirAge
	}
	if slices.Contains(c.Tags, personal) && r.brief.Relation != discovery.RelationPartner {
		s += tooPrivate
	}
	if slices.ContainsFunc(r.disliked, func(d *card) bool { return d.topic == c.topic && d.Kind == c.Kind }) {
		s += refusedKind
	}
	return s
}

func (r *reading) likesFun() bool {
	return slices.Contains(r.vibes, "fun") || slices.Contains(r.vibes, "quirky") || r.brief.Goal == discovery.GoalJoke
}

func (r *reading) vibeScore(c *card) float64 {
	matches := 0
	for _, v := range c.Vibes {
		if slices.Contains(r.vibes, v) {
			matches++
		}
	}
	if matches == 0 {
		return 0
	}
	return firstVibe + moreVibes*float64(min(matches-1, 2))
}

func (r *reading) priceScore(c *card) float64 {
	if r.budget == 0 {
		return 0
	}
	if float64(c.RUB.to) < float64(r.budget)*comfortableLow {
		return tooCheap
	}
	return rightPrice
}

func (r *reading) goalScore(c *card) float64 {
	if r.brief.Goal != "" && (slices.Contains(gapsOf(r.brief.Goal), c.gap()) || overlap(vibesOf(r.brief.Goal), c.Vibes)) {
		return rightGoal
	}
	return 0
}

func gapsOf(g discovery.Goal) []discovery.Gap {
	switch g {
	case discovery.GoalCare:
		return []discovery.Gap{discovery.GapAnchor, discovery.GapOptimizer}
	case discovery.GoalApology:
		return []discovery.Gap{discovery.GapAnchor, discovery.GapPermission}
	case discovery.GoalGrowth:
		return []discovery.Gap{discovery.GapCatalyst}
	}
	return nil
}

func vibesOf(g discovery.Goal) []string {
	switch g {
	case discovery.GoalImpress:
		return []string{"wow", "premium"}
	case discovery.GoalProtocol:
		return []string{"classic", "office", "premium"}
	case discovery.GoalJoke:
		return []string{"fun", "quirky"}
	}
	return nil
}

func (r *reading) effortScore(c *card) float64 {
	if !slices.Contains(c.Tags, custom) {
		return 0
	}
	s := unwantedWork
	if r.brief.Effort == discovery.EffortMedium || r.brief.Effort == discovery.EffortHigh {
		s = wantedWork
	}
	if d := r.brief.DeadlineDays; d != nil && *d < daysToMake {
		s += tooLate
	}
	return s
}

// jitter is the same for the same seed and card, and nothing without a seed.
func (r *reading) jitter(c *card) float64 {
	if r.brief.Seed == 0 {
		return 0
	}
	h := fnv.New64a()
	for i := range 8 {
		h.Write([]byte{byte(r.brief.Seed >> (8 * i))})
	}
	h.Write([]byte(c.EN.Title))
	return jitter * float64(h.Sum64()%1000) / 1000
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
