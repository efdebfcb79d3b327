package evaluate

import "gifty/domain"

// Acting is how the target policy of a CSV acts.
type Acting string

const (
	// ActUniform takes each action of the file with the same probability.
	ActUniform Acting = "uniform"
	// ActBest takes the action of which the reward model expects most. The model that chooses for a
	// giver was fitted on the others, so that it is not judged by what it learnt from.
	ActBest Acting = "best"
	// ActPi acts as the column pi says. Since that tells of the action taken alone, the reward model
	// of the doubly robust estimate knows the context and not the action.
	ActPi Acting = "pi"
)

// Acting is how the file lets a policy be evaluated: as its column pi says, or without one uniformly.
func (t *Table) Acting() Acting {
	if _, ok := t.layout.roles[RolePi]; ok {
		return ActPi
	}
	return ActUniform
}

// Evaluate estimates what a policy that acts so would have earned a row.
func (t *Table) Evaluate(how Acting, o Options) (Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return Report{}, err
	}
	size := t.Features() + 1
	byAction := how != ActPi && len(t.actions) <= maxCells/o.Folds/size/size
	switch {
	case how != ActUniform && how != ActBest && how != ActPi:
		return Report{}, domain.Invalid("target_unknown", "the target must be %s, %s or %s, is %q", ActUniform, ActBest, ActPi, how)
	case how == ActPi && t.Acting() != ActPi:
		return Report{}, domain.Invalid("column_missing", "the file has no column pi with the target's probabilities")
	case how == ActBest && (o.SkipModel || !byAction):
		return Report{}, domain.Invalid("model_too_large", "the best action takes a reward model, and the file has too many actions and features for one; use fewer features")
	case how == ActBest:
		o.Target = actBest
	}
	r, err := Evaluate(t.log(how, byAction), o)
	r.From, r.To = t.span.from(), t.span.to()
	return r, err
}

// log yields each row as a decision with one slot, in the same place in memory.
func (t *Table) log(how Acting, byAction bool) Log {
	return func(yield func(*Decision, error) bool) {
		features := make([]float64, t.Features())
		options := []Option{{Target: 1, Features: features}} // any action: the model knows the context alone
		if byAction {
			options = t.options(features)
		}
		d := &Decision{Slots: []Slot{{Option: Option{Features: features}, Options: options, Partial: true}}}
		going := true
		err := t.walk(func(record []string, _ int, err error) bool {
			if err == nil {
				err = t.decide(d, record, how, byAction)
			}
			if err != nil { // every row was good before
				err = domain.Conflict("csv_changed", "the file changed while it was read; run this again").Because(err)
			}
			going = yield(d, err) && err == nil
			return going
		})
		if err != nil && going {
			yield(nil, err)
		}
	}
}

// decide makes a row the decision d.
func (t *Table) decide(d *Decision, record []string, how Acting, byAction bool) error {
	e, err := t.layout.read(record)
	if err != nil {
		return err
	}
	s := &d.Slots[0]
	t.context.put(record, s.Features)
	s.Action, s.Position, s.Reward = e.action, e.position, e.reward
	s.Propensity, s.Target = e.propensity, e.target
	if how == ActUniform {
		s.Target = 1 / float64(len(t.actions))
	}
	if byAction {
		s.Block = t.actions[e.action]
	}
	d.Giver = e.giver
	return nil
}

// options are all actions of the file, each as likely as the others.
func (t *Table) options(features []float64) []Option {
	options := make([]Option, len(t.actions))
	for action, i := range t.actions {
		options[i] = Option{Action: action, Target: 1 / float64(len(options)), Block: i, Features: features}
	}
	return options
}

// actBest puts all probability on the option with the highest prediction, the first of equals.
func actBest(d *Decision, reward Predict) {
	s := &d.Slots[0]
	best, most := 0, 0.0
	for i := range s.Options {
		s.Options[i].Target = 0
		if r := reward(&s.Options[i]); i == 0 || r > most {
			best, most = i, r
		}
	}
	s.Options[best].Target = 1
	s.Target = 0
	if s.Block == s.Options[best].Block {
		s.Target = 1
	}
}
