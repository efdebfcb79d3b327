// Package eventstore is the log: one ordered, immutable sequence of events in Postgres, written
// through Watermill. Positions are dense (1, 2, 3 …) and in commit order, whatever the number of
// writers and processes, because every append holds the row of log_head until it commits.
package eventstore

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"gifty/domain"
)

// Options tune a Store. The zero value is a sane default.
type Options struct {
	Logger *slog.Logger
	Now    func() time.Time // UTC; defaults to the system clock
	NewID  func() uuid.UUID // UUIDv7
	// MaxBatch bounds the commands of one transaction.
	MaxBatch int
	// Committed, when set, is told of every batch: commands in it, events, and how long it took.
	Committed func(commands, events int, took time.Duration)
	// Tracing is told of every append; nil: nobody is.
	Tracing trace.TracerProvider
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
	if o.MaxBatch == 0 {
		o.MaxBatch = 1024
	}
	if o.Tracing == nil {
		o.Tracing = noop.NewTracerProvider()
	}
	if o.Committed == nil {
		o.Committed = func(int, int, time.Duration) {}
	}
	return o
}

// Store is the log on Postgres. It implements domain.Log and is safe for concurrent use.
type Store struct {
	pool  *pgxpool.Pool // reads
	own   *pgxpool.Pool // appends and what they depend on; queries can't use its connections up
	types *Types
	opt   Options
	// tracer makes the spans of appends.
	tracer trace.Tracer

	queue   chan *request
	stop    context.CancelFunc
	stopped context.Context // ends when no more appends are accepted
	ended   chan struct{}   // closed when the committer has answered all that it took, and left

	// The committer's alone.
	chain    chain
	pace     time.Duration // moving mean of a batch's time from sending to answer
	answered int           // commands in the batch that was answered last
}

var _ domain.Log = (*Store)(nil)

// Open starts the store's committer on a migrated database: the pool's, over connections of its
// own. Close it when done; the pool stays open.
func Open(pool *pgxpool.Pool, types *Types, opt Options) *Store {
	s := &Store{pool: pool, types: types, opt: opt.withDefaults()}
	s.own, s.tracer = ownPool(pool), s.opt.Tracing.Tracer(tracerName)
	s.queue = make(chan *request, 2*s.opt.MaxBatch)
	s.stopped, s.stop = context.WithCancel(context.Background())
	s.ended = make(chan struct{})
	go func() {
		defer close(s.ended)
		s.commitLoop()
	}()
	return s
}

// Close refuses new appends, lets those that were accepted finish, and returns. Twice is safe.
func (s *Store) Close() {
	s.stop()
	<-s.ended
	s.own.Close()
}

// readers is how many connections load streams for decisions.
const readers = 8

// ownPool connects to the same database with settings that keep every statement on its index: a
// plan made while the tables were empty would scan them for ever.
func ownPool(pool *pgxpool.Pool) *pgxpool.Pool {
	config := pool.Config()
	config.MaxConns, config.MinConns = readers+1, 0
	params := config.ConnConfig.RuntimeParams
	params["enable_seqscan"], params["enable_bitmapscan"], params["jit"] = "off", "off", "off"
	params["plan_cache_mode"] = "force_generic_plan"
	// What is read after the head's lock was waited for must be newer than the lock.
	params["default_transaction_isolation"] = "read committed"
	// A process that hangs, and a machine that vanishes in the middle of a batch, let go of the head.
	params["idle_in_transaction_session_timeout"] = "30s"
	params["tcp_keepalives_idle"], params["tcp_keepalives_interval"], params["tcp_keepalives_count"] = "5", "2", "3"
	own, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil { // only for a configuration that no open pool can have
		panic(err)
	}
	return own
}

// Types is the register this store encodes and decodes with.
func (s *Store) Types() *Types { return s.types }
