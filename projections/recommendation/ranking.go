package recommendation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"gifty/domain"
	"gifty/domain/recommend"
)

// Ranking is by which policies pages are made, as configured.
type Ranking struct {
	// Policies have different names; the first is in force. The default is among them, last unless the
	// configuration says otherwise.
	Policies   []recommend.Policy
	Experiment *Experiment // nil: none is under way
}

// DefaultRanking is the default policy and no experiment.
func DefaultRanking() Ranking {
	return Ranking{Policies: []recommend.Policy{recommend.DefaultPolicy()}}
}

// ParseRanking reads a ranking from JSON: policies, each as recommend.ParsePolicy takes it, and perhaps an
// experiment among them and the default. What is wrong is a domain.Error of code ranking_malformed,
// ranking_invalid, experiment_invalid, or a policy's own.
func ParseRanking(data []byte) (r Ranking, err error) {
	var file struct {
		Policies   []json.RawMessage `json:"policies"`
		Experiment *Experiment       `json:"experiment"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err = decoder.Decode(&file); err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("there is more after the object's end")
		}
	}
	if err != nil {
		return r, domain.Invalid("ranking_malformed", `this is no ranking: give one JSON object with "policies", a list, and perhaps an "experiment"`).
			On("", "%s", err).Because(err)
	}
	for i, raw := range file.Policies {
		p, err := recommend.ParsePolicy(raw)
		if err != nil {
			return r, fmt.Errorf("policies[%d]: %w", i, err)
		}
		if r.knows(p.Name) {
			return r, domain.Invalid("ranking_invalid", "two policies are named %q; each needs a name of its own", p.Name)
		}
		for _, known := range append(recommend.FormerPolicies(), recommend.DefaultPolicy()) {
			if p != known && p.Name == known.Name && p.Version == known.Version {
				return r, domain.Invalid("policy_version_used", "policies[%d]: policy %s version %d comes with the product, and is another; what is changed needs a new version", i, p.Name, p.Version)
			}
		}
		r.Policies = append(r.Policies, p)
	}
	if standard := recommend.DefaultPolicy(); !r.knows(standard.Name) {
		r.Policies = append(r.Policies, standard)
	}
	if r.Experiment = file.Experiment; r.Experiment != nil {
		err = r.Experiment.complete().check(r.knows)
	}
	return r, err
}

func (r Ranking) knows(name string) bool {
	for _, p := range r.Policies {
		if p.Name == name {
			return true
		}
	}
	return false
}

// Experiment divides recipients (givers, where a page is for nobody in particular) among policies,
// whose names are the shares'. The first share is the control.
type Experiment struct {
	Name   string            `json:"name"`
	Shares []recommend.Share `json:"shares"`
	// Effect and Alpha are those of evaluate.Sequential: the difference that is thought likely, in reward a
	// page, and the false alarms accepted.
	Effect float64 `json:"effect"` // 0: 0.1
	Alpha  float64 `json:"alpha"`  // 0: 0.05
}

const (
	likelyEffect  = 0.1
	acceptedAlpha = 0.05
)

// NewExperiment has the usual effect and alpha.
func NewExperiment(name string, shares ...recommend.Share) *Experiment {
	return (&Experiment{Name: name, Shares: shares}).complete()
}

// complete fills in what was left out.
func (e *Experiment) complete() *Experiment {
	if e.Effect == 0 {
		e.Effect = likelyEffect
	}
	if e.Alpha == 0 {
		e.Alpha = acceptedAlpha
	}
	return e
}

// check names the first thing that is wrong with an experiment.
func (e *Experiment) check(known func(policy string) bool) error {
	wrong := func(format string, args ...any) error {
		return domain.Invalid("experiment_invalid", format, args...)
	}
	if e.Name == "" {
		return wrong("the experiment needs a name")
	}
	seen := map[string]bool{}
	for _, share := range e.Shares {
		switch {
		case !known(share.Name):
			return wrong("experiment %s gives a share to policy %q, which is not among those configured", e.Name, share.Name)
		case share.Parts == 0:
			return wrong("experiment %s gives policy %s no parts; leave it out, or give it 1 or more", e.Name, share.Name)
		case seen[share.Name]:
			return wrong("experiment %s gives policy %s two shares; give it one", e.Name, share.Name)
		}
		seen[share.Name] = true
	}
	switch {
	case len(e.Shares) < 2:
		return wrong("experiment %s needs two shares at least: the control first, then what is tried", e.Name)
	case !(e.Effect > 0) || !(e.Alpha > 0 && e.Alpha < 1):
		return wrong("experiment %s needs an effect of more than 0 and an alpha between 0 and 1", e.Name)
	}
	return nil
}
