package recommendation

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/evaluate"
	"gifty/domain/recommend"
	"gifty/domain/recommendation"
	"gifty/eventstore"
)

// Outcome is what an experiment shows so far.
type Outcome struct {
	Experiment string       `json:"experiment"`
	Arms       []ArmOutcome `json:"arms"` // as the shares are, the control first
	// Ratio is the check whether people fell into the arms as the shares say.
	Ratio evaluate.Ratio `json:"ratio"`
	// Crossed counts people who were in more than one arm, as when shares are changed on the way; they count
	// in none.
	Crossed int `json:"crossed"`
}

// ArmOutcome is what came of one arm. A person is a recipient, or the giver of pages for nobody in
// particular; their reward is that of their pages on average.
type ArmOutcome struct {
	Name   string  `json:"name"`
	People int     `json:"people"`
	Pages  int     `json:"pages"`
	Reward float64 `json:"reward"` // a page, over people
	// Look is the sequential test against the control; nil of the control. With several arms beside it each
	// has its share of alpha.
	Look *evaluate.Look `json:"look,omitempty"`
}

// exposed is what became of one person in an experiment.
type exposed struct {
	bucket  string
	crossed bool
	pages   int
	reward  float64
}

// ReadExperiment tells from the log what an experiment shows. Its pages are those that say so
// themselves; those for deleted recipients are left out.
func ReadExperiment(ctx context.Context, log Log, e Experiment) (o Outcome, err error) {
	people, err := exposures(ctx, log, e.Name)
	if err != nil {
		return o, err
	}
	if len(people) == 0 {
		return o, domain.NotFound("experiment_unknown", "no page in the log is of an experiment named %q", e.Name)
	}
	o.Experiment, o.Arms = e.Name, make([]ArmOutcome, len(e.Shares))
	arms, counts, shares := make([]evaluate.Arm, len(e.Shares)), make([]int, len(e.Shares)), make([]float64, len(e.Shares))
	for i, share := range e.Shares {
		o.Arms[i].Name, shares[i] = share.Name, float64(share.Parts)
	}
	for _, id := range slices.SortedFunc(maps.Keys(people), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }) {
		p := people[id]
		i := slices.IndexFunc(e.Shares, func(s recommend.Share) bool { return s.Name == p.bucket })
		if p.crossed {
			o.Crossed++
			continue
		}
		if i < 0 {
			return o, domain.Invalid("experiment_differs", "somebody was in arm %s of experiment %s, which is not among its shares now; a changed experiment needs a new name", p.bucket, e.Name)
		}
		arms[i].Add(p.reward / float64(p.pages))
		counts[i]++
		o.Arms[i].Pages += p.pages
	}
	for i := range o.Arms {
		o.Arms[i].People, o.Arms[i].Reward = arms[i].N, arms[i].Mean
		if i == 0 {
			continue
		}
		test, err := evaluate.NewSequential(e.Effect, e.Alpha/float64(len(arms)-1))
		if err != nil {
			return o, err
		}
		o.Arms[i].Look = new(test.Look(arms[0], arms[i]))
	}
	if o.Crossed == len(people) {
		return o, fmt.Errorf("all %d people of experiment %s were in more than one arm", o.Crossed, e.Name)
	}
	o.Ratio, err = evaluate.SampleRatio(counts, shares)
	return o, err
}

// exposures reads who was in which arm, and what became of their pages.
func exposures(ctx context.Context, log Log, name string) (map[uuid.UUID]*exposed, error) {
	gone, err := (&Logged{Log: log}).deleted(ctx)
	if err != nil {
		return nil, err
	}
	people := map[uuid.UUID]*exposed{}
	person := func(giver uuid.UUID, recipient *uuid.UUID, e *recommendation.Exposure) *exposed {
		if e == nil || e.Experiment != name || recipient != nil && gone[*recipient] || recipient == nil && gone[giver] {
			return &exposed{}
		}
		id := giver
		if recipient != nil {
			id = *recipient
		}
		p := people[id]
		if p == nil {
			p = &exposed{bucket: e.Bucket}
			people[id] = p
		}
		p.crossed = p.crossed || p.bucket != e.Bucket
		return p
	}
	for recorded, err := range log.Read(ctx, eventstore.Query{Types: typeNames(recommendation.Events())}) {
		if err != nil {
			return nil, err
		}
		if e, served := recorded.Event.(recommendation.Served); served {
			person(e.GiverID, e.RecipientID, e.Exposure).pages++
			continue
		}
		for origin, change := range rewards(recorded.Event) {
			person(origin.GiverID, origin.RecipientID, origin.Exposure).reward += change
		}
	}
	return people, nil
}

// rewards are by how much feedback changes what its page earned.
func rewards(event any) func(yield func(recommendation.Origin, float64) bool) {
	changed := func(m recommendation.Mark, became func(*recommendation.Fate)) float64 {
		fate := m.Was
		became(&fate)
		return rewardOf(fate) - rewardOf(m.Was)
	}
	return func(yield func(recommendation.Origin, float64) bool) {
		switch e := event.(type) {
		case recommendation.Clicked:
			yield(e.Origin, changed(e.Mark, func(f *recommendation.Fate) { f.Clicked = true }))
		case recommendation.Reacted:
			yield(e.Origin, changed(e.Mark, func(f *recommendation.Fate) { f.Reaction = e.Reaction }))
		case recommendation.Purchased:
			yield(e.Origin, changed(e.Mark, func(f *recommendation.Fate) { f.Purchased = true }))
		}
	}
}

func rewardOf(f recommendation.Fate) float64 {
	kind, known := strongest(f)
	if !known {
		return 0
	}
	return kind.Reward()
}

// SharesOf are even shares of the arms that an experiment has in the log, by name: what can be said of one
// that is configured no more.
func SharesOf(ctx context.Context, log Log, name string) (shares []recommend.Share, err error) {
	people, err := exposures(ctx, log, name)
	for _, p := range people {
		if !slices.ContainsFunc(shares, func(s recommend.Share) bool { return s.Name == p.bucket }) {
			shares = append(shares, recommend.Share{Name: p.bucket, Parts: 1})
		}
	}
	slices.SortFunc(shares, func(a, b recommend.Share) int { return cmp.Compare(a.Name, b.Name) })
	return shares, err
}
