package evaluate

import "gifty/domain"

// model predicts rewards: a linear regression for each block, around the mean of all.
type model struct {
	mean  float64
	theta [][]float64 // by block; nil where no row was seen
}

func (m *model) predict(o *Option) float64 {
	sum := m.mean
	if o.Block >= len(m.theta) || m.theta[o.Block] == nil {
		return sum
	}
	theta := m.theta[o.Block]
	sum += theta[0]
	for i, x := range o.Features {
		sum += theta[i+1] * x
	}
	return sum
}

// maxCells bounds the memory of a reward model: numbers of all folds and blocks together (256 MB).
const maxCells = 1 << 25

// maxBlock bounds the number of coefficient vectors.
const maxBlock = 1<<20 - 1

// fitter gathers what the reward models of all folds need, in one walk.
type fitter struct {
	blocks  [][]*gram // by fold and block
	cells   int
	size    int // of a row: the features and the intercept; 0 before the first
	index   []int
	rewards []float64 // by fold
	slots   []float64
}

func newFitter(folds int) *fitter {
	return &fitter{blocks: make([][]*gram, folds), rewards: make([]float64, folds), slots: make([]float64, folds)}
}

func (f *fitter) add(fold int, s *Slot) error {
	if f.size == 0 {
		f.size, f.index = len(s.Features)+1, make([]int, 0, len(s.Features))
	}
	switch {
	case len(s.Features)+1 != f.size:
		return domain.Invalid("features_invalid", "every option must have the same number of features; one has %d, another %d", f.size-1, len(s.Features))
	case s.Block < 0 || s.Block > maxBlock:
		return domain.Invalid("features_invalid", "an option's block must be 0 to %d, is %d", maxBlock, s.Block)
	}
	blocks := f.blocks[fold]
	for len(blocks) <= s.Block {
		blocks = append(blocks, nil)
	}
	f.blocks[fold] = blocks
	if blocks[s.Block] == nil {
		if f.cells += f.size * f.size; f.cells > maxCells {
			return domain.Invalid("model_too_large", "the reward model has too many features for so many actions; use fewer features")
		}
		blocks[s.Block] = newGram(f.size)
	}
	blocks[s.Block].add(s.Features, s.Reward, f.index)
	f.rewards[fold] += s.Reward
	f.slots[fold]++
	return nil
}

// model is the one for a fold's givers, fitted to everybody else: a model that had seen the rewards it
// predicts would hide its own error (Chernozhukov et al., Double/debiased machine learning, 2018).
func (f *fitter) model(fold int, penalty float64) *model {
	m := &model{}
	var slots float64
	most := 0
	for other := range f.blocks {
		most = max(most, len(f.blocks[other]))
		if other != fold {
			m.mean += f.rewards[other]
			slots += f.slots[other]
		}
	}
	m.mean /= max(1, slots)
	m.theta = make([][]float64, most)
	for b := range m.theta {
		sum := newGram(f.size)
		for other, blocks := range f.blocks {
			if other != fold && b < len(blocks) && blocks[b] != nil {
				sum.plus(blocks[b])
			}
		}
		if sum.zz[0] > 0 {
			m.theta[b] = sum.ridge(m.mean, penalty)
		}
	}
	return m
}

// Predict gives the reward that is expected of an option, from what it did for other givers.
type Predict = func(*Option) float64

// fit walks the log and gives each fold's model.
func fit(log Log, o Options) ([]Predict, error) {
	f, who, n := newFitter(o.Folds), newGivers(), 0
	for d, err := range log {
		if err != nil {
			return nil, err
		}
		n++
		in := fold(who.number(d.Giver), o.Folds)
		for i := range d.Slots {
			if err := f.add(in, &d.Slots[i]); err != nil {
				return nil, err
			}
		}
	}
	models := make([]Predict, o.Folds)
	for i := range models {
		models[i] = f.model(i, o.Penalty).predict
	}
	return models, nil
}
