package recommend

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"gifty/domain"
)

// MaxPage is the most gifts a served page holds.
const MaxPage = 50

// ParsePolicy reads a policy from JSON. What is left out is as in DefaultPolicy, or as in its former version
// where one is named, except the name and the version, which must be given. Unknown fields and values out of range are a domain.Error of
// code policy_malformed or policy_invalid that names each of them.
func ParsePolicy(data []byte) (Policy, error) {
	p := base(data)
	p.Name, p.Version = "", 0
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		return Policy{}, malformedPolicy(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Policy{}, malformedPolicy(errors.New("there is more after the policy's end"))
	}
	if err := p.Validate(); err != nil {
		return Policy{}, err
	}
	return p, nil
}

// base is the policy that another is told by its differences from.
func base(data []byte) Policy {
	var named struct {
		Name    string
		Version int
	}
	if err := json.Unmarshal(data, &named); err == nil {
		for _, former := range FormerPolicies() {
			if former.Name == named.Name && former.Version == named.Version {
				return former
			}
		}
	}
	return DefaultPolicy()
}

func malformedPolicy(err error) error {
	refusal := domain.Invalid("policy_malformed", "this is not a policy: give one JSON object with a name, a version and what differs from the default")
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return refusal.On(wrong.Field, "must not be a JSON %s", wrong.Value).Because(err)
	}
	return refusal.On("", "%s", err).Because(err)
}

// Validate names every value out of range, with the range.
func (p Policy) Validate() error {
	c := &policyCheck{refusal: domain.Invalid("policy_invalid", "the policy cannot be used as it stands; correct the fields listed")}
	if p.Name == "" || len(p.Name) > 100 {
		c.blame("name", "must be 1 to 100 bytes long")
	}
	c.whole("version", p.Version, 1, math.MaxInt32)
	weights := p.Weights.inOrder()
	for i, f := range table {
		low, high := 0.0, 10.0
		if f.penalty {
			low, high = -10, 0
		}
		c.real("weights."+f.name, weights[i], low, high)
	}
	c.whole("queries", p.Queries, 1, 20)
	c.whole("per_query", p.PerQuery, 1, 1000)
	c.whole("kept_per_query", p.KeptPerQuery, 1, MaxPage)
	c.whole("deep_dive", p.DeepDive, 1, 100)
	c.whole("minimum", p.Minimum, 0, MaxPage)
	c.real("relevance", p.Relevance, 0, 1)
	c.real("floor", p.Floor, 0, 1+coverageCounts)
	c.real("loved", p.Loved, 0, 1)
	c.real("cheapest", p.Cheapest, 0, 0.7)
	c.real("giftability", p.Giftability, 0, 1)
	c.real("misfit", p.Misfit, 0, 1)
	c.draw(p.Draw)
	if len(c.refusal.Fields) == 0 {
		return nil
	}
	return c.refusal
}

type policyCheck struct{ refusal *domain.Error }

func (c *policyCheck) draw(d Draw) {
	c.whole("draw.pool", d.Pool, 1, 1000)
	c.real("draw.reach", d.Reach, 0, 100)
	c.real("draw.lambda", d.Relevance, 0, 1)
	c.real("draw.temperature", d.Temperature, 0, 10)
	c.real("draw.epsilon", d.Epsilon, 0, 1)
	c.real("draw.duplicate", d.Duplicate, 0, 1)
	c.whole("draw.explore.position", d.Explore.Position, 0, MaxPage)
	if d.Explore.Position > 0 {
		c.whole("draw.explore.among", d.Explore.Among, 1, 1000)
		c.real("draw.explore.epsilon", d.Explore.Epsilon, 0, 1)
	}
	c.whole("draw.limits.query", d.Limits.Query, 0, MaxPage)
	c.whole("draw.limits.merchant", d.Limits.Merchant, 0, MaxPage)
	c.whole("draw.limits.category", d.Limits.Category, 0, MaxPage)
	c.whole("draw.limits.price_band", d.Limits.Band, 0, MaxPage)
	if d.Temperature > 0 && d.Temperature < minTemperature {
		c.blame("draw.temperature", "must be 0 or at least %g, is %g", minTemperature, d.Temperature)
	}
}

// minTemperature keeps propensities of what was drawn far from zero, by which an evaluation divides.
const minTemperature = 0.001

func (c *policyCheck) blame(path, format string, args ...any) {
	c.refusal = c.refusal.On(path, "%s", fmt.Sprintf(format, args...))
}

func (c *policyCheck) whole(path string, n, low, high int) {
	if n < low || n > high {
		c.blame(path, "must be %d to %d, is %d", low, high, n)
	}
}

func (c *policyCheck) real(path string, x, low, high float64) {
	if !(x >= low && x <= high) {
		c.blame(path, "must be %g to %g, is %g", low, high, x)
	}
}
