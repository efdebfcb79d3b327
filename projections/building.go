package projections

import (
	"fmt"
	"sync"
	"sync/atomic"

	"gifty/domain"
)

// building is a table that is being made.
type building struct {
	table    *table          // where it is made
	serving  *table          // where it will serve
	position domain.Position // up to which it holds everything
	careful  bool            // batches work under a savepoint
	serves   bool            // it has been switched to
	oid      uint32          // of table, from the first attempt to switch to it on

	stored  sliceSet // slices that are in the table
	indexed uint64   // statements, by their number, that have been run

	mu       sync.Mutex
	failedAt atomic.Int64 // the first event that it can't apply; 0: none
	failure  error
}

// fail notes an event that the table can't apply, unless an earlier one is known.
func (b *building) fail(m domain.Meta, cause error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if at := b.failedAt.Load(); at == 0 || int64(m.Position) < at {
		b.failure = fmt.Errorf("event %d (%s): %w", m.Position, m.Type, cause)
		b.failedAt.Store(int64(m.Position))
	}
}

// has tells whether a slice's rows are in the table.
func (b *building) has(slice int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stored&(1<<slice) != 0
}

// note remembers that a slice's rows are in the table.
func (b *building) note(slice int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stored |= 1 << slice
}

// wasRun tells whether a statement is known to have been run.
func (b *building) wasRun(number int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.indexed&(1<<number) != 0
}

// ran remembers that a statement has been run.
func (b *building) ran(number int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.indexed |= 1 << number
}

// refuse notes that the table can't be made, for a reason that is no event's.
func (b *building) refuse(cause error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failure == nil {
		b.failure = cause
	}
}

func (b *building) err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failure == nil {
		return nil
	}
	return fmt.Errorf("read table %s can't be built: %w", b.serving, b.failure)
}
