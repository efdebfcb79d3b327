package evaluate

import (
	"math"
	"time"

	"gifty/domain"
)

// Options of an evaluation; the zero value is a good one.
type Options struct {
	// Target sets the Target of a decision's slots and of their options, where the log does not carry
	// them already. reward is the model fitted on other givers; nil when SkipModel.
	Target func(d *Decision, reward Predict)
	// Assume is how gifts on a page influence each other; Cascade when empty.
	Assume Assumption
	// Reward is the reward model; nil fits a ridge regression to the log, with cross-fitting.
	Reward Predict
	// SkipModel leaves out the doubly robust estimate, and with it a walk over the log.
	SkipModel bool
	Folds     int     // of the cross-fitting, by giver; 5 when 0
	Penalty   float64 // of the ridge regression, in rows; 1 when 0
	// Clip adds an IPS estimate whose weights are at most this; 0 adds none. With rewards ≥ 0 it errs
	// low, by what the clipped weights would have added.
	Clip       float64
	Resamples  int     // of the bootstrap; 1,000 when 0
	Seed       uint64  // of the bootstrap
	Confidence float64 // of the intervals; 0.95 when 0
	MinESS     float64 // the least effective sample size to answer from; 100 when 0
}

func (o Options) withDefaults() (Options, error) {
	if o.Assume == "" {
		o.Assume = Cascade
	}
	o.Folds, o.Penalty = or(o.Folds, 5), or(o.Penalty, 1)
	o.Resamples, o.Confidence, o.MinESS = or(o.Resamples, 1000), or(o.Confidence, 0.95), or(o.MinESS, 100)
	switch {
	case o.Assume != ItemPosition && o.Assume != Cascade && o.Assume != Slate:
		return o, domain.Invalid("assumption_invalid", "the assumption must be %s, %s or %s, is %q", ItemPosition, Cascade, Slate, o.Assume)
	case o.Folds < 2 || o.Folds > 100:
		return o, domain.Invalid("folds_invalid", "the folds must be 2 to 100, are %d", o.Folds)
	case !(o.Penalty > 0) || math.IsInf(o.Penalty, 0):
		return o, domain.Invalid("penalty_invalid", "the ridge penalty must be more than 0, is %v", o.Penalty)
	case !(o.Clip >= 0):
		return o, domain.Invalid("clip_invalid", "the largest weight must be more than 0, or 0 for no limit, is %v", o.Clip)
	case o.Resamples < 100 || o.Resamples > 100_000:
		return o, domain.Invalid("resamples_invalid", "the bootstrap's resamples must be 100 to 100000, are %d", o.Resamples)
	case !(o.Confidence > 0 && o.Confidence < 1):
		return o, domain.Invalid("confidence_invalid", "the confidence must lie between 0 and 1, is %v", o.Confidence)
	case !(o.MinESS > 0):
		return o, domain.Invalid("min_ess_invalid", "the least effective sample size must be more than 0, is %v", o.MinESS)
	}
	return o, nil
}

func or[N int | float64](given, otherwise N) N {
	if given == 0 {
		return otherwise
	}
	return given
}

// Estimate is what a page earns, with a bootstrap interval over givers.
type Estimate struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// The names of estimates. With r a slot's reward and w its weight (see Assumption), over all slots of n pages:
const (
	// Logged is what the logged policy earned: Σ r / n.
	Logged = "logged"
	// IPS is Σ w·r / n (Horvitz and Thompson, 1952). Unbiased where propensities are right.
	IPS = "ips"
	// SNIPS is (Σ w·r / Σ w) · slots / n (Swaminathan and Joachims: The Self-Normalized Estimator for
	// Counterfactual Learning, 2015). A little biased, much steadier, and a constant added to every
	// reward adds the same to it.
	SNIPS = "snips"
	// DR is Σ (model's expectation of the target's choice + w·(r − model's of what was shown)) / n
	// (Dudík, Langford, Li: Doubly Robust Policy Evaluation and Learning, 2011; 2014). Right when
	// either propensities or model are; but for Cascade and Slate the propensities of a page's earlier
	// slots must be right also when the model is.
	DR = "dr"
	// Clipped is IPS with no weight above Options.Clip.
	Clipped = "ips_clipped"
)

// Report is the answer, or, without estimates, what is known of why there is none.
type Report struct {
	Estimates []Estimate `json:"estimates"`
	Assume    Assumption `json:"assume"`
	Decisions int        `json:"decisions"`
	Slots     int        `json:"slots"`
	Givers    int        `json:"givers"`
	// ESS is Kish's effective sample size in decisions, (Σ w)² / Σ w² · decisions / slots: how many
	// decisions of the target itself would tell as much.
	ESS       float64 `json:"ess"`
	MaxWeight float64 `json:"max_weight"`
	// MeanWeight is 1 up to chance when propensities and target probabilities are right.
	MeanWeight float64 `json:"mean_weight"`
	// Support is the share, 0 to 1, of the target's probability that is on actions which the logged
	// policy could have taken too. Where the log names no propensity but that of what was shown, it is
	// the mean weight, whose expectation it is.
	Support        float64 `json:"support"`
	SupportCounted bool    `json:"support_counted"`
	// Unsupported is the share of slots in which the target may do what the logged policy could not.
	Unsupported float64        `json:"unsupported"`
	From        *time.Time     `json:"from,omitempty"`
	To          *time.Time     `json:"to,omitempty"`
	Policies    map[string]int `json:"policies,omitempty"` // decisions by the logged policy's version
	Notes       []string       `json:"notes,omitempty"`    // what a reader should know, in English
}

// Evaluate estimates what the target policy would have earned a page. It assumes that the policy changes
// neither who comes nor how many slots a page has.
//
// It refuses, with a domain.Error and a report without estimates, when the effective sample size is below
// MinESS, when the target does what the logged policy never could, and when the log holds fewer than two
// givers. A decision that is wrong in itself is refused alone by its error.
func Evaluate(log Log, o Options) (Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return Report{}, err
	}
	a := newAccount(o)
	if a.models, err = o.models(log); err != nil {
		return Report{}, err
	}
	for d, err := range log {
		if err != nil {
			return Report{}, err
		}
		if err := a.add(d); err != nil {
			return Report{}, err
		}
	}
	r := a.report()
	if err := a.refusal(r); err != nil {
		return r, err
	}
	r.Estimates = a.estimates()
	r.Notes = a.notes(r)
	return r, nil
}

// models is a reward model for each fold.
func (o Options) models(log Log) ([]Predict, error) {
	switch {
	case o.SkipModel:
		return make([]Predict, o.Folds), nil
	case o.Reward == nil:
		return fit(log, o)
	}
	models := make([]Predict, o.Folds)
	for i := range models {
		models[i] = o.Reward
	}
	return models, nil
}
