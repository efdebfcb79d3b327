package projections

import (
	"context"
	stdsql "database/sql"
	"runtime"
	"sync"
	"time"
)

// turns lets a few of a process's projectors work at once. Each is soon done, so that a handful of
// connections does for all of them, also when every one wakes at the same moment.
type turns chan struct{}

// overtime is how long a projector has its turn. One that takes longer works on, besides those whose
// turn it is: a slow table delays no other one by more.
const overtime = 50 * time.Millisecond

func newTurns() turns { return make(turns, max(4, 2*runtime.GOMAXPROCS(0))) }

// take waits for a turn and returns what ends it, which may be called again.
func (t turns) take(ctx context.Context) (end func(), err error) {
	select {
	case t <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	pass := sync.OnceFunc(func() { <-t })
	timer := time.AfterFunc(overtime, pass)
	return func() {
		timer.Stop()
		pass()
	}, nil
}

// inTurn begins a projector's transactions when its turn has come; HandleError ends the turn.
type inTurn struct {
	*stdsql.DB
	projector *projector
}

func (b inTurn) BeginTx(ctx context.Context, opt *stdsql.TxOptions) (*stdsql.Tx, error) {
	end, err := b.projector.engine.turns.take(ctx)
	if err != nil {
		return nil, err
	}
	b.projector.endTurn = end
	return b.DB.BeginTx(ctx, opt)
}
