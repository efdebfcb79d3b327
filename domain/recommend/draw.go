package recommend

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
)

// contender is a candidate in a draw.
type contender struct {
	*Scored
	gift    *considered // nil in a replay
	nearest int8        // highest similarity to an item on the page, in hundredths
	taken   bool
	twin    bool // the same goods as an item on the page
}

// drawing is a page while it is drawn, live or in a replay.
type drawing struct {
	draw   Draw
	pool   []*contender
	page   []*contender
	counts [limitKinds]map[string]int
	// overLast is how many limits the last item broke: who breaks no more was outranked, not limited.
	overLast int
}

// The kinds of limits, the widest first.
const (
	limitMerchant = iota
	limitBand
	limitCategory
	limitQuery
	limitKinds
)

func newDrawing(d Draw, pool []*contender) *drawing {
	g := &drawing{draw: d, pool: pool}
	for kind := range g.counts {
		g.counts[kind] = map[string]int{}
	}
	return g
}

// pick is an item as it was drawn.
type pick struct {
	*contender
	propensity  float64
	exploratory bool
}

// live draws the page.
func (d *drawing) live(limit int, chance *rand.Rand) []pick {
	var drawn []pick
	for len(drawn) < limit {
		eligible, odds := d.odds()
		if len(eligible) == 0 {
			break
		}
		n := choose(odds, chance.Float64())
		drawn = append(drawn, pick{eligible[n], odds[n], d.exploring()})
		d.overLast = d.over(eligible[n])
		d.put(eligible[n])
	}
	for _, c := range d.pool {
		d.judge(c)
	}
	return drawn
}

// choose returns the index at which the sum of odds passes u, never one whose odds are 0.
func choose(odds []float64, u float64) int {
	last := 0
	for i, p := range odds {
		if p <= 0 {
			continue
		}
		last = i
		if u -= p; u < 0 {
			break
		}
	}
	return last
}

// put takes a contender onto the page and works out how near all others are to it.
func (d *drawing) put(chosen *contender) {
	d.take(chosen)
	chosen.Position, chosen.Dropped = len(d.page), ""
	for _, c := range d.pool {
		near := c.gift.similarity(chosen.gift)
		c.Near = append(c.Near, near)
		c.nearest = max(c.nearest, near)
		if !c.taken && !c.twin && c.gift.twin(chosen.gift, near, d.draw.Duplicate) {
			c.twin, c.Dropped, c.DuplicateOf = true, DroppedDuplicate, chosen.GiftID
		}
	}
}

func (d *drawing) take(chosen *contender) {
	chosen.taken = true
	d.page = append(d.page, chosen)
	for kind := range limitKinds {
		if key := chosen.limitKey(kind); key != "" {
			d.counts[kind][key]++
		}
	}
}

// judge tells a contender that is not on the page why: for breaking more limits than the last item
// did, or for its utility.
func (d *drawing) judge(c *contender) {
	if c.taken || c.twin {
		return
	}
	c.Dropped = DroppedOutranked
	if d.over(c) <= d.overLast {
		return
	}
	for kind, reason := range [...]Dropped{limitMerchant: DroppedMerchant, limitBand: DroppedBand, limitCategory: DroppedCategory, limitQuery: DroppedQuery} {
		if d.full(c, kind) {
			c.Dropped = reason // the narrowest: merchants may be few in a whole catalogue
		}
	}
}

// limitKey is what a contender counts as under a kind of limit; "" is not counted.
func (c *contender) limitKey(kind int) string {
	switch {
	case kind == limitQuery:
		return strconv.Itoa(c.Query)
	case kind == limitCategory:
		return c.Category
	case kind == limitMerchant:
		return c.Merchant
	case c.Band >= 0:
		return strconv.Itoa(c.Band)
	}
	return ""
}

func (d *drawing) full(c *contender, kind int) bool {
	limit := [...]int{
		limitBand: d.draw.Limits.Band, limitQuery: d.draw.Limits.Query,
		limitCategory: d.draw.Limits.Category, limitMerchant: d.draw.Limits.Merchant,
	}[kind]
	key := c.limitKey(kind)
	return limit > 0 && key != "" && d.counts[kind][key] >= limit
}

// eligible is who may be drawn at the next position: those over the fewest limits, which is none
// where anybody is within all.
func (d *drawing) eligible() []*contender {
	fewest := int(limitKinds)
	var within []*contender
	for _, c := range d.pool {
		if c.taken || c.twin {
			continue
		}
		over := d.over(c)
		if over < fewest {
			fewest, within = over, within[:0]
		}
		if over == fewest {
			within = append(within, c)
		}
	}
	return within
}

// over counts the limits that a contender would break.
func (d *drawing) over(c *contender) int {
	n := 0
	for kind := range limitKinds {
		if d.full(c, kind) {
			n++
		}
	}
	return n
}

func (d *drawing) utility(c *contender) float64 {
	return d.draw.Relevance*c.Score - (1-d.draw.Relevance)*float64(c.nearest)/100
}

// exploring tells whether the next position, or the one just drawn for, is the exploratory one.
func (d *drawing) exploring() bool {
	return d.draw.Temperature > 0 && d.draw.Explore.Position == len(d.page)+1
}

// odds is who may be drawn at the next position and with what probability; the sum is 1.
func (d *drawing) odds() ([]*contender, []float64) {
	eligible := d.eligible()
	if len(eligible) == 0 {
		return nil, nil
	}
	utilities := make([]float64, len(eligible))
	for i, c := range eligible {
		utilities[i] = d.utility(c)
	}
	switch {
	case d.draw.Temperature == 0:
		return eligible, certain(eligible, utilities)
	case d.exploring():
		return d.exploratory(eligible, utilities)
	}
	return eligible, d.plackettLuce(utilities)
}

// certain is 1 for the best; of equals for the one of lowest id.
func certain(eligible []*contender, utilities []float64) []float64 {
	best := 0
	for i, u := range utilities {
		if u > utilities[best] || u == utilities[best] && eligible[i].GiftID < eligible[best].GiftID {
			best = i
		}
	}
	odds := make([]float64, len(eligible))
	odds[best] = 1
	return odds
}

// plackettLuce is the softmax of utilities at the policy's temperature, mixed with ε of uniform.
func (d *drawing) plackettLuce(utilities []float64) []float64 {
	odds := make([]float64, len(utilities))
	highest, sum := slices.Max(utilities), 0.0
	for i, u := range utilities {
		odds[i] = math.Exp((u - highest) / d.draw.Temperature)
		sum += odds[i]
	}
	for i := range odds {
		odds[i] = (1-d.draw.Epsilon)*odds[i]/sum + d.draw.Epsilon/float64(len(odds))
	}
	return odds
}

// exploratory gives the few of highest utility each its share of their uncertainties, and mixes that with
// the exploration's ε of uniform over all.
func (d *drawing) exploratory(eligible []*contender, utilities []float64) ([]*contender, []float64) {
	order := make([]int, len(eligible))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(utilities[b], utilities[a]), cmp.Compare(eligible[a].GiftID, eligible[b].GiftID))
	})
	few := min(len(order), max(1, d.draw.Explore.Among))
	epsilon, sum := d.draw.Explore.Epsilon, 0.0
	for _, at := range order[:few] {
		sum += eligible[at].Uncertainty
	}
	if epsilon == 0 {
		order = order[:few]
	}
	ordered, odds := make([]*contender, len(order)), make([]float64, len(order))
	for i, at := range order {
		ordered[i] = eligible[at]
		share := 1 / float64(few)
		if sum > 0 {
			share = eligible[at].Uncertainty / sum
		}
		if i < few {
			odds[i] = (1 - epsilon) * share
		}
		odds[i] += epsilon / float64(len(order))
	}
	return ordered, odds
}
