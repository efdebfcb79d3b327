package http

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	ideas "gifty/projections/discovery"
)

// followers tells requests when the dialogue that they follow has moved. However many there are, one query
// looks for all of them, as soon as some read table has moved, but not all the time, and now and then in
// any case.
type followers struct {
	api *api

	mu       sync.Mutex
	sessions map[uuid.UUID]*followed
	looking  bool
}

// followed is a dialogue that somebody follows.
type followed struct {
	by      int
	version int           // when it was looked at last
	moved   chan struct{} // closed when it has moved on from there
}

const (
	soonestLook = 5 * time.Millisecond
	latestLook  = 500 * time.Millisecond
)

// follow says that somebody follows a dialogue until they call leave.
func (f *followers) follow(id uuid.UUID) (leave func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.sessions[id]
	if s == nil {
		s = &followed{moved: make(chan struct{})}
		f.sessions[id] = s
	}
	s.by++
	if !f.looking {
		f.looking = true
		f.api.Start(f.look)
	}
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if s.by--; s.by == 0 {
			delete(f.sessions, id)
		}
	}
}

// moved is closed when a dialogue that is followed has moved on. Get it before you look at the dialogue.
func (f *followers) moved(id uuid.UUID) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sessions[id].moved
}

// look looks as long as anybody follows.
func (f *followers) look(ctx context.Context) {
	for {
		moved := f.api.Engine.Moved()
		ids := f.ids(ctx)
		if len(ids) == 0 {
			return
		}
		versions, err := ideas.SessionVersions(ctx, f.api.DB, ids)
		f.tell(ids, versions, err)
		pause(ctx, moved)
	}
}

// ids are whom to look for; when there are none, or the server stops, the looking ends.
func (f *followers) ids(ctx context.Context) []uuid.UUID {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.looking = len(f.sessions) > 0 && ctx.Err() == nil; !f.looking {
		return nil
	}
	return slices.Collect(maps.Keys(f.sessions))
}

// tell wakes the followers of what has moved, or after an error, which they will meet themselves, all.
func (f *followers) tell(ids []uuid.UUID, versions map[uuid.UUID]int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		version, there := versions[id]
		if s := f.sessions[id]; s != nil && (err != nil || !there || version != s.version) {
			close(s.moved)
			s.version, s.moved = version, make(chan struct{})
		}
	}
}

// pause returns when it is worth looking again.
func pause(ctx context.Context, moved <-chan struct{}) {
	soonest, latest := time.NewTimer(soonestLook), time.NewTimer(latestLook)
	defer soonest.Stop()
	defer latest.Stop()
	for range 2 { // both the pause and a reason
		select {
		case <-soonest.C:
		case <-moved:
			moved = nil
		case <-latest.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// until returns when what is followed has moved; false when ctx has ended or the server stops.
func (a *api) until(ctx context.Context, moved <-chan struct{}) bool {
	select {
	case <-moved:
		return true
	case <-ctx.Done():
		return false
	case <-a.Stopping:
		return false
	}
}
