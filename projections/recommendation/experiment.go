package recommendation

import (
	"cmp"
	"context"
	"fmt"
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

// counts tells whether they are in one arm, and their reward of a page.
func (p exposed) counts() (reward float64, counts bool) {
	return p.reward / float64(p.pages), p.pages > 0 && !p.crossed
}

// trial is how an experiment stands.
type trial struct {
	Experiment
	people  map[uuid.UUID]exposed
	arms    []evaluate.Arm
	pages   []int
	crossed int
	tests   []*evaluate.Sequential // of the arms but the first
	looks   []evaluate.Look
}

// ReadExperiment tells from the log what an experiment shows. Its pages are those that say so
// themselves; those for deleted recipients are left out. The tests look after each event, so that P is never more
// than it was when somebody asked before; unless people were erased since, who then never took part.
func ReadExperiment(ctx context.Context, log Log, e Experiment) (o Outcome, err error) {
	t := trial{
		Experiment: e, people: map[uuid.UUID]exposed{}, arms: make([]evaluate.Arm, len(e.Shares)), pages: make([]int, len(e.Shares)),
		tests: make([]*evaluate.Sequential, len(e.Shares)), looks: make([]evaluate.Look, len(e.Shares)),
	}
	for i := 1; i < len(t.tests); i++ {
		if t.tests[i], err = evaluate.NewSequential(e.Effect, e.Alpha/float64(len(t.tests)-1)); err != nil {
			return o, err
		}
	}
	if err := exposures(ctx, log, e.Name, t.take); err != nil {
		return o, err
	}
	switch {
	case len(t.people) == 0:
		return o, domain.NotFound("experiment_unknown", "no page in the log is of an experiment named %q", e.Name)
	case t.crossed == len(t.people):
		return o, fmt.Errorf("all %d people of experiment %s were in more than one arm", t.crossed, e.Name)
	}
	return t.outcome()
}

func (t *trial) outcome() (o Outcome, err error) {
	o.Experiment, o.Crossed = t.Name, t.crossed
	counts, shares := make([]int, len(t.arms)), make([]float64, len(t.arms))
	for i, share := range t.Shares {
		arm := ArmOutcome{Name: share.Name, People: t.arms[i].N, Pages: t.pages[i], Reward: t.arms[i].Mean}
		if i > 0 {
			arm.Look = &t.looks[i]
		}
		o.Arms, counts[i], shares[i] = append(o.Arms, arm), arm.People, float64(share.Parts)
	}
	o.Ratio, err = evaluate.SampleRatio(counts, shares)
	return o, err
}

// take is told of one event.
func (t *trial) take(x exposure) error {
	arm := slices.IndexFunc(t.Shares, func(s recommend.Share) bool { return s.Name == x.bucket })
	if arm < 0 {
		return domain.Invalid("experiment_differs", "somebody was in arm %s of experiment %s, which is not among its shares now; a changed experiment needs a new name", x.bucket, t.Name)
	}
	was, known := t.people[x.who]
	is := was
	if !known {
		is.bucket = x.bucket
	}
	is.crossed = is.crossed || is.bucket != x.bucket
	is.pages += x.pages
	is.reward += x.reward
	t.people[x.who] = is
	if is.crossed { // their arm is that of their first page
		arm = slices.IndexFunc(t.Shares, func(s recommend.Share) bool { return s.Name == is.bucket })
	}
	if reward, counts := was.counts(); counts {
		t.arms[arm].Remove(reward)
		t.pages[arm] -= was.pages
	}
	if reward, counts := is.counts(); counts {
		t.arms[arm].Add(reward)
		t.pages[arm] += is.pages
	}
	if is.crossed && !was.crossed {
		t.crossed++
	}
	for i := 1; i < len(t.tests); i++ {
		t.looks[i] = t.tests[i].Look(t.arms[0], t.arms[i])
	}
	return nil
}

// exposure is what an event says of a person in an experiment.
type exposure struct {
	who    uuid.UUID
	bucket string
	pages  int
	reward float64
}

// exposures reads who was in which arm, and what became of their pages, in the order of the log.
func exposures(ctx context.Context, log Log, name string, take func(exposure) error) error {
	gone, err := (&Logged{Log: log}).deleted(ctx)
	if err != nil {
		return err
	}
	tell := func(giver uuid.UUID, recipient *uuid.UUID, e *recommendation.Exposure, pages int, reward float64) error {
		if e == nil || e.Experiment != name || recipient != nil && gone[*recipient] || recipient == nil && gone[giver] {
			return nil
		}
		if recipient != nil {
			giver = *recipient
		}
		return take(exposure{giver, e.Bucket, pages, reward})
	}
	for recorded, err := range log.Read(ctx, eventstore.Query{Types: typeNames(recommendation.Events())}) {
		if e, served := recorded.Event.(recommendation.Served); err == nil && served {
			err = tell(e.GiverID, e.RecipientID, e.Exposure, 1, 0)
		}
		for origin, change := range rewards(recorded.Event) {
			if err == nil {
				err = tell(origin.GiverID, origin.RecipientID, origin.Exposure, 0, change)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
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
	err = exposures(ctx, log, name, func(x exposure) error {
		if !slices.ContainsFunc(shares, func(s recommend.Share) bool { return s.Name == x.bucket }) {
			shares = append(shares, recommend.Share{Name: x.bucket, Parts: 1})
		}
		return nil
	})
	slices.SortFunc(shares, func(a, b recommend.Share) int { return cmp.Compare(a.Name, b.Name) })
	return shares, err
}
