package evaluate

import (
	"math"

	"gifty/domain"
)

// sums is all that the estimates need to know of some pages.
type sums struct {
	pages, slots    float64
	weight, squares float64 // Σ w and Σ w² of slots
	logged, ips     float64
	clipped, robust float64
}

func (s *sums) plus(o *sums) {
	s.pages += o.pages
	s.slots += o.slots
	s.weight += o.weight
	s.squares += o.squares
	s.logged += o.logged
	s.ips += o.ips
	s.clipped += o.clipped
	s.robust += o.robust
}

func (s *sums) minus(o *sums) sums {
	return sums{
		s.pages - o.pages, s.slots - o.slots, s.weight - o.weight, s.squares - o.squares,
		s.logged - o.logged, s.ips - o.ips, s.clipped - o.clipped, s.robust - o.robust,
	}
}

func (s *sums) meanWeight() float64 { return s.weight / s.slots }

// maxUnits bounds what the bootstrap draws from. Of more givers than that, several share a unit: sums of
// independent givers are as independent, and 4,096 of them tell a standard error to about a percent.
const maxUnits = 1 << 12

// account adds up a log, by units of givers.
type account struct {
	Options
	models  []Predict // by fold; nil without a model
	givers  *givers
	units   []sums
	total   sums
	weights []weights

	decisions   int
	maxWeight   float64
	mass        float64 // Σ of the target's probability on what the logged policy could do
	unsupported int     // slots in which the target may do what the logged policy could not
	partial     bool    // some options lack propensities, or are not named
	unnamed     bool    // some slots name no options
	span        span
	policies    map[string]int
}

func newAccount(o Options) *account {
	return &account{Options: o, givers: newGivers(), policies: map[string]int{}}
}

// unit is where a giver's pages are added up.
func (a *account) unit(giver int) *sums {
	i := giver % maxUnits
	if i == len(a.units) {
		a.units = append(a.units, sums{})
	}
	return &a.units[i]
}

func (a *account) add(d *Decision) error {
	a.decisions++
	giver := a.givers.number(d.Giver)
	predict := a.models[fold(giver, a.Folds)]
	if a.Target != nil {
		a.Target(d, predict)
	}
	if err := d.validate(a.decisions); err != nil {
		return err
	}
	var page sums
	a.weights = a.Assume.weigh(d.Slots, a.weights)
	for i := range d.Slots {
		a.slot(&page, &d.Slots[i], a.weights[i], predict)
	}
	if finite := page.ips + page.squares + page.robust; math.IsNaN(finite) || math.IsInf(finite, 0) {
		return domain.Invalid("decision_invalid", "decision %d: its features must be finite numbers, and its weights and rewards small enough to add up", a.decisions)
	}
	page.pages = 1
	a.unit(giver).plus(&page)
	a.total.plus(&page)
	a.span.seen(d.At)
	if d.Policy != "" {
		a.policies[d.Policy]++
	}
	return nil
}

func (a *account) slot(page *sums, s *Slot, w weights, predict Predict) {
	page.slots++
	page.weight += w.reward
	page.squares += w.reward * w.reward
	page.logged += s.Reward
	page.ips += w.reward * s.Reward
	if a.Clip > 0 {
		page.clipped += min(w.reward, a.Clip) * s.Reward
	}
	a.maxWeight = max(a.maxWeight, w.reward)
	a.support(s)
	if predict == nil || len(s.Options) == 0 {
		a.unnamed = a.unnamed || len(s.Options) == 0
		return
	}
	page.robust += w.reward * s.Reward
	if w.shown > 0 {
		page.robust -= w.shown * predict(&s.Option)
	}
	if w.choice > 0 {
		page.robust += w.choice * expected(s.Options, predict)
	}
}

// expected is what the model expects of the target's choice among options.
func expected(options []Option, predict Predict) (sum float64) {
	for i := range options {
		if o := &options[i]; o.Target > 0 {
			sum += o.Target * predict(o)
		}
	}
	return sum
}

func (a *account) support(s *Slot) {
	if s.Partial || len(s.Options) == 0 {
		a.partial = true
		return
	}
	mass, reach := 0.0, 0.0
	for i := range s.Options {
		o := &s.Options[i]
		if mass += o.Target; o.Propensity > 0 {
			reach += o.Target
		}
	}
	a.mass += reach / mass
	if reach < mass {
		a.unsupported++
	}
}

// report is what is known of the log, but for the estimates.
func (a *account) report() Report {
	r := Report{
		Assume: a.Assume, Decisions: a.decisions, Slots: int(a.total.slots), Givers: a.givers.count,
		MaxWeight: a.maxWeight, SupportCounted: !a.partial, From: a.span.from(), To: a.span.to(), Policies: a.policies,
	}
	if a.decisions == 0 {
		return r
	}
	if a.total.squares > 0 {
		r.ESS = a.total.weight * a.total.weight / a.total.squares * a.total.pages / a.total.slots
	}
	r.MeanWeight = a.total.meanWeight()
	r.Support = min(1, r.MeanWeight)
	if r.SupportCounted {
		r.Support, r.Unsupported = a.mass/a.total.slots, float64(a.unsupported)/a.total.slots
	}
	return r
}
