// Package eventstore is the log: one ordered, immutable sequence of events in Postgres, written
// through Watermill. Positions are dense (1, 2, 3 …) and in commit order, whatever the number of
// writers and processes, because every append holds the row of log_head until it commits.
package eventstore

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
)

// Options tune a Store. The zero value is a sane default.
type Options struct {
	Logger *slog.Logger
	Now    func() time.Time // UTC; defaults to the system clock
	NewID  func() uuid.UUID // UUIDv7
	// Committers is how many batches are under way at once: while one waits for its commit the next
	// is gathered and sent. 2 keeps the server busy; more only shrinks batches.
	Committers int
	// MaxBatch bounds the commands of one transaction.
	MaxBatch int
	// Committed, when set, is told of every batch: commands in it, events, and how long it took.
	Committed func(commands, events int, took time.Duration)
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = func() time.Time { return time.Now().UTC() }
	}
	if o.NewID == nil {
		o.NewID = func() uuid.UUID { return uuid.Must(uuid.NewV7()) }
	}
	if o.Committers == 0 {
		o.Committers = 2
	}
	if o.MaxBatch == 0 {
		o.MaxBatch = 1024
	}
	if o.Committed == nil {
		o.Committed = func(int, int, time.Duration) {}
	}
	return o
}

// Store is the log on Postgres. It implements domain.Log and is safe for concurrent use.
type Store struct {
	pool  *pgxpool.Pool
	types *Types
	opt   Options

	queue chan *request
	// baton is held by the committer that gathers and decides; it is handed on when the commit has
	// been sent, so that the next batch grows as long as it can without the server ever waiting.
	baton   sync.Mutex
	stop    context.CancelFunc
	stopped context.Context
	working sync.WaitGroup
}

var _ domain.Log = (*Store)(nil)

// Open starts the store's committers on a migrated database. Close it when done.
func Open(pool *pgxpool.Pool, types *Types, opt Options) *Store {
	s := &Store{pool: pool, types: types, opt: opt.withDefaults()}
	s.queue = make(chan *request, 2*s.opt.MaxBatch)
	s.stopped, s.stop = context.WithCancel(context.Background())
	for range s.opt.Committers {
		s.working.Go(s.commitLoop)
	}
	return s
}

// Close refuses new appends, lets those that were accepted finish, and returns. Twice is safe.
func (s *Store) Close() {
	s.stop()
	s.working.Wait()
}

// Types is the register this store encodes and decodes with.
func (s *Store) Types() *Types { return s.types }
