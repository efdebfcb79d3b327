package console

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"gifty/projections"
)

// answers are what was asked of the log up to a position: the same question has the same answer for
// ever, so the last of them are kept. A question that is being answered is not asked again.
type answers struct {
	start func(context.Context, func(context.Context, projections.RebuildOptions) error) (projections.Job, error)
	known *lru.Cache[[sha256.Size]byte, answered]

	mu      sync.Mutex
	running map[[sha256.Size]byte]underWay
}

// answered is an answer, or why there is none.
type answered struct {
	answer any
	err    error
}

// underWay is a question that is being answered.
type underWay struct {
	job  projections.Job
	done chan struct{} // closed when it is
}

// answersKept is how many answers are remembered; one is some tens of KiB.
const answersKept = 64

func newAnswers(start func(context.Context, func(context.Context, projections.RebuildOptions) error) (projections.Job, error)) (*answers, error) {
	known, err := lru.New[[sha256.Size]byte, answered](answersKept)
	return &answers{start: start, known: known, running: map[[sha256.Size]byte]underWay{}}, err
}

// finding finds an answer, as a job.
type finding[T any] func(context.Context, projections.RebuildOptions) (T, error)

// ask gives the answer if it is known or takes no longer than patience, and else the job that finds it.
// The question, which is anything that JSON can say, must tell up to which position it is; prepare refuses what
// can't be asked, quickly.
func ask[T any](ctx context.Context, a *answers, question any, prepare func() (finding[T], error)) (answer T, job *projections.Job, err error) {
	text, err := json.Marshal(question)
	if err != nil {
		return answer, nil, err
	}
	key := sha256.Sum256(text)
	if known, ok := a.known.Get(key); ok {
		answer, _ = known.answer.(T)
		return answer, nil, known.err
	}
	way, err := a.begin(ctx, key, func() (finding[any], error) {
		find, err := prepare()
		return func(ctx context.Context, opt projections.RebuildOptions) (any, error) { return find(ctx, opt) }, err
	})
	if err != nil {
		return answer, nil, err
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-way.done:
		if known, ok := a.known.Get(key); ok {
			answer, _ = known.answer.(T)
			return answer, nil, known.err
		}
	case <-timer.C:
	case <-ctx.Done():
		return answer, nil, ctx.Err()
	}
	return answer, &way.job, nil
}

func (a *answers) begin(ctx context.Context, key [sha256.Size]byte, prepare func() (finding[any], error)) (underWay, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if way, ok := a.running[key]; ok {
		return way, nil
	}
	find, err := prepare()
	if err != nil {
		return underWay{}, err
	}
	done := make(chan struct{})
	job, err := a.start(ctx, func(ctx context.Context, opt projections.RebuildOptions) error {
		defer close(done)
		answer, err := find(ctx, opt)
		if ctx.Err() == nil {
			a.known.Add(key, answered{answer, err})
		}
		return err
	})
	if err != nil {
		return underWay{}, err
	}
	way := underWay{job, done}
	a.running[key] = way
	go func() { // not by the job itself, which may end while this waits for it to begin
		<-done
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.running, key)
	}()
	return way, nil
}
