package recommendation

import (
	"context"
	"sync"
	"time"
)

// kept is a value that takes long to read and may be a little old. Who finds it past its time has it read
// anew in the background and takes what there is; only one that nobody asked for in a long while, or that
// could not be read since, is waited for.
type kept[T any] struct {
	last time.Duration // how long a value is good for, at least

	mu      sync.Mutex
	value   T
	readAt  time.Time
	took    time.Duration
	reading chan struct{} // closed when the reading under way ends; nil: none is
	err     error         // of the last reading
}

const (
	// tooOld is how many times what it is good for makes a value too old to be taken.
	tooOld = 10
	// rest is how many times as long as a reading took the next one waits, so that what has grown slow to
	// read does not keep the database busy.
	rest = 20
)

// get returns the value, read by the function given where need be.
func (k *kept[T]) get(ctx context.Context, now func() time.Time, read func(context.Context) (T, error)) (T, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	good := max(k.last, rest*k.took)
	age := now().Sub(k.readAt)
	if !k.readAt.IsZero() && age <= good {
		return k.value, nil
	}
	if k.reading == nil {
		k.reading = make(chan struct{})
		go k.renew(context.WithoutCancel(ctx), now, read)
	}
	if !k.readAt.IsZero() && age <= tooOld*good {
		return k.value, nil
	}
	done := k.reading
	k.mu.Unlock()
	var ended error
	select {
	case <-done:
	case <-ctx.Done():
		ended = ctx.Err()
	}
	k.mu.Lock()
	if ended == nil {
		ended = k.err
	}
	return k.value, ended
}

// patience is how long a reading may take.
const patience = time.Minute

func (k *kept[T]) renew(ctx context.Context, now func() time.Time, read func(context.Context) (T, error)) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began := time.Now()
	value, err := read(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err = err; err == nil {
		k.value, k.readAt, k.took = value, now(), time.Since(began)
	}
	close(k.reading)
	k.reading = nil
}
