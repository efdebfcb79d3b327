package catalogue

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"gifty/domain/catalogue"
)

// Recall counts searches by meaning since the start, and what repeating some exactly showed.
type Recall struct {
	Exact int // vectors compared with all that fit
	Index int // vectors searched through the index
	Short int // of those sent to the index, how many were compared with all after it found too few

	Sampled int     // index searches repeated exactly
	Wanted  int     // products that those should have found
	Found   int     // of these, how many they had
	Dropped int     // samples let go of because others were still being repeated
	Recent  float64 // share found of the last searches repeated; 1 before the first
}

// Recall returns the counts.
func (n *Nearest) Recall() Recall {
	n.mu.Lock()
	defer n.mu.Unlock()
	r := n.recall
	if r.Sampled == 0 {
		r.Recent = 1
	}
	return r
}

func (n *Nearest) count(change func(*Recall)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change(&n.recall)
}

// sample is an index search to repeat, and what it found.
type sample struct {
	query NearestQuery // of one vector
	found []Neighbour
}

const (
	defaultSampled = 0.005
	samplesWaiting = 16
	// recentWeight makes Recent a mean that forgets: of about the last fifty.
	recentWeight = 0.02
)

// offer gives an index search to whoever watches, now and then. It never waits.
func (n *Nearest) offer(q NearestQuery, i int, found []neighbour) {
	share := n.Options.Sampled
	if share == 0 {
		share = defaultSampled
	}
	if rand.Float64() >= share {
		return
	}
	q.Vectors = []catalogue.Vector{q.Vectors[i]}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.samples == nil {
		return
	}
	select {
	case n.samples <- sample{q, bare([][]neighbour{found})[0]}:
	default:
		n.recall.Dropped++
	}
}

// lookEvery is how often Watch looks whether a model's vectors have become many more, and for new words.
const lookEvery = time.Minute

// Watch keeps searches quick until ctx ends: it tunes the index search for the models, again when their vectors have
// become many more, and merges what was written lately into the index of words. It also repeats some live searches
// exactly, one at a time. Its db is used beside that of the searches: a pool whose role owns the tables. Complaints
// go to failed, which may be nil.
func (n *Nearest) Watch(ctx context.Context, db DB, models []catalogue.Model, failed func(error)) {
	samples := make(chan sample, samplesWaiting)
	n.mu.Lock()
	n.samples = samples
	n.mu.Unlock()
	defer func() {
		n.mu.Lock()
		n.samples = nil
		n.mu.Unlock()
	}()
	complain := func(err error) {
		if err != nil && failed != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled) {
			failed(err)
		}
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	complain(n.retune(ctx, db, models))
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-samples:
			complain(n.repeat(ctx, db, s))
		case <-tick.C:
			complain(n.retune(ctx, db, models))
			complain(mergePending(ctx, db))
		}
	}
}

// repeat compares what an index search found with all.
func (n *Nearest) repeat(ctx context.Context, db DB, s sample) error {
	right, err := exact(ctx, under(db, "max_parallel_workers_per_gather", "0"), s.query)
	if err != nil {
		return err
	}
	share := recallOf([][]Neighbour{s.found}, bare(right))
	n.count(func(r *Recall) {
		if r.Sampled == 0 {
			r.Recent = 1
		}
		r.Sampled++
		r.Wanted += len(right[0])
		r.Found += int(share*float64(len(right[0])) + 0.5)
		r.Recent += recentWeight * (share - r.Recent)
	})
	if n.Options.Repeated != nil {
		n.Options.Repeated(s.query.Model, share)
	}
	return nil
}

// retune tunes models that were never tuned, or whose vectors are many more than then.
func (n *Nearest) retune(ctx context.Context, db DB, models []catalogue.Model) error {
	var errs []error
	for _, m := range models {
		rows, err := planned(ctx, db, `SELECT`+indexedOf, m.Name, m.Version)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if rows > growthToRetune*float64(n.tuned(m).Rows) {
			_, err = n.Tune(ctx, db, m)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
