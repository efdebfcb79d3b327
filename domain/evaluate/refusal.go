package evaluate

import (
	"fmt"
	"math"

	"gifty/domain"
)

const (
	// minSupport is the least share of the target's probability that the log must have been able to show.
	// What is missing biases every estimate by an amount that no data can tell.
	minSupport = 0.999
	// An estimated share wavers: it is missing when it stays this many standard errors below 1, and also
	// by more than slack.
	surely = 3
	slack  = 0.01
)

// refusal says why there is no answer, or is nil.
func (a *account) refusal(r Report) error {
	short := a.shortOfSupport(r)
	switch {
	case r.Decisions == 0:
		return domain.Invalid("log_empty", "there is nothing to evaluate: the log holds no decision that could be used")
	case r.Givers < 2:
		return domain.Invalid("givers_few", "all decisions come from one giver, so that no interval can be given; collect pages of others")
	case short != "":
		return domain.Invalid("support_missing", "the log cannot tell: %s; evaluate a policy that stays within what was tried, or let the logged policy explore more", short)
	case r.ESS < a.MinESS:
		return domain.Invalid("ess_low", "the log cannot tell: its %d decisions are worth %s of the target's own (effective sample size), fewer than %s; collect more, evaluate a policy closer to the logged one, or let that one explore more",
			r.Decisions, number(r.ESS), number(a.MinESS))
	}
	return nil
}

// shortOfSupport says which part of the target's doing was never possible, or nothing.
func (a *account) shortOfSupport(r Report) string {
	switch {
	case r.Decisions == 0:
		return ""
	case r.MaxWeight == 0:
		return "the target would never have shown what was shown"
	case r.SupportCounted && r.Support < minSupport:
		return fmt.Sprintf("%s of the target's probability is on actions that the logged policy could not take (in %s of the slots)",
			percent(1-r.Support), percent(r.Unsupported))
	case a.weightsBelowOne(r):
		return fmt.Sprintf("the weights' mean is %.3g instead of 1, so that about %s of the target's probability is on actions that the logged policy took never or too rarely",
			r.MeanWeight, percent(1-r.MeanWeight))
	}
	return ""
}

func (a *account) weightsBelowOne(r Report) bool {
	return r.MeanWeight+surely*a.weightError() < 1-slack
}

func (a *account) weightsAboveOne(r Report) bool {
	return r.MeanWeight-surely*a.weightError() > 1+slack
}

// weightError is the standard error of the mean weight, by the jackknife over units.
func (a *account) weightError() float64 {
	n, mean := float64(len(a.units)), a.total.meanWeight()
	var sum float64
	for i := range a.units {
		u := &a.units[i]
		miss := u.weight - mean*u.slots
		sum += miss * miss
	}
	return math.Sqrt(sum*n/(n-1)) / a.total.slots
}

// notes are what a reader should know to trust an answer rightly.
func (a *account) notes(r Report) (notes []string) {
	const fewGivers = 20
	if r.Givers < fewGivers {
		notes = append(notes, fmt.Sprintf("the intervals are rough: only %d givers", r.Givers))
	}
	if a.weightsAboveOne(r) {
		notes = append(notes, fmt.Sprintf("the weights' mean is %.3g instead of 1: propensities or target probabilities are wrong, and ips errs with them", r.MeanWeight))
	}
	if a.total.ips == 0 {
		notes = append(notes, "no reward was logged where the target acts: the intervals of ips and snips have no width")
	}
	if a.unnamed && !a.SkipModel {
		notes = append(notes, "no doubly robust estimate: some slots do not name what else could have stood there")
	}
	return notes
}

// number as a person would write it.
func number(x float64) string {
	if x >= 100 || x == math.Trunc(x) {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.3g", x)
}

// percent never rounds what is there to nothing.
func percent(share float64) string { return fmt.Sprintf("%.3g %%", share*100) }
