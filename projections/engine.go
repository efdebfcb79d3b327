package projections

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"gifty/domain"
	"gifty/eventstore"
)

// Options tune an Engine. The zero value is a sane default.
type Options struct {
	Logger *slog.Logger
	// BatchSize is how many events one transaction spans at most; 2000 when zero.
	BatchSize int
	// Conns is how many connections projectors share at most; one for each, and some more, when zero. With
	// fewer than one for each, as many tables as there are connections can delay the others.
	Conns int32
	// StoppedRetry is the first wait before a stopped table is tried again; it doubles up to 64
	// times that. One second when zero.
	StoppedRetry time.Duration
	// Poll is how often projectors look by themselves, should an announcement be lost. One second
	// when zero.
	Poll time.Duration
	// Rebuild tunes the rebuilds that Run does by itself, of versions that don't serve yet, and says
	// what the options of other jobs leave open.
	Rebuild RebuildOptions
	// Replays is how many replays for answers read the log at the same time, each with a job's memory and
	// workers; others are queued. 2 when zero.
	Replays int
	// LeaveBuilding leaves those to other processes: this one will not live long enough.
	LeaveBuilding bool

	// Tracing is told of batches, in the traces of the commands whose events they hold, and of jobs; nil:
	// nobody is.
	Tracing trace.TracerProvider
	// Batch, when set, is told of every batch: the events it spans, and how long applying took.
	Batch func(table string, version, events int, took time.Duration)
	// Stopped, when set, is told when a table meets an event that it can't apply, while following
	// the log or being rebuilt; the position is 0 when no single event is to blame.
	Stopped func(table string, version int, at domain.Position, err error)
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Replays <= 0 {
		o.Replays = replaysAtOnce
	}
	if o.BatchSize <= 0 {
		o.BatchSize = 2000
	}
	if o.StoppedRetry <= 0 {
		o.StoppedRetry = time.Second
	}
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	if o.Tracing == nil {
		o.Tracing = noop.NewTracerProvider()
	}
	if o.Batch == nil {
		o.Batch = func(string, int, int, time.Duration) {}
	}
	if o.Stopped == nil {
		o.Stopped = func(string, int, domain.Position, error) {}
	}
	return o
}

// Engine keeps read tables up to date with the log. Call Prepare, then Run; Wait, CatchUp and
// Status may be called in any process on the same database, also one that runs no projectors.
type Engine struct {
	pool       *pgxpool.Pool
	types      *eventstore.Types
	opt        Options
	tables     map[string]*table // by name, the newest version
	projectors []*projector
	signal     *eventstore.Signal
	turns      turns
	replays    queue
	unbuilt    []string // what Prepare found is to be built from the whole log

	moved    *broadcast      // some checkpoint of this process has moved
	stopping chan struct{}   // closed when Run's context ends
	parked   chan struct{}   // one value a projector that has stopped working
	hard     context.Context // ends when projectors must let go
	released chan struct{}   // closed when everything made from hard has ended, too
}

// New checks the definitions and makes an engine for them. It does not touch the database. A name
// may be there in several versions: the newest is built and served; an older one that has rows is
// kept up to date too, while the newest is being built and as long as it is kept. A program that
// no longer declares an older version can't: that one stands still meanwhile.
func New(pool *pgxpool.Pool, types *eventstore.Types, definitions []Definition, opt Options) (*Engine, error) {
	e := &Engine{
		pool: pool, types: types, opt: opt.withDefaults(), tables: map[string]*table{},
		moved: newBroadcast(), stopping: make(chan struct{}), turns: newTurns(),
	}
	for _, d := range definitions {
		t, err := d.compile(types)
		if err != nil {
			return nil, err
		}
		for _, p := range e.projectors {
			if p.table.name == t.name && p.table.version == t.version {
				return nil, fmt.Errorf("version %d of read table %q is declared twice", t.version, t.name)
			}
		}
		if newest := e.tables[t.name]; newest == nil || newest.version < t.version {
			e.tables[t.name] = t
		}
		e.projectors = append(e.projectors, newProjector(e, t))
	}
	if len(e.tables) > maxTables {
		return nil, fmt.Errorf("there are %d read tables, and a rebuild can make %d at once", len(e.tables), maxTables)
	}
	slices.SortStableFunc(e.projectors, func(a, b *projector) int { return b.table.version - a.table.version })
	e.parked = make(chan struct{}, len(e.projectors))
	e.signal = eventstore.NewSignal(pool, e.opt.Logger)
	e.signal.Keys = types.Keys()
	e.replays = newQueue(e.opt.Replays)
	return e, nil
}

// Types are the events that the engine knows.
func (e *Engine) Types() *eventstore.Types { return e.types }

// grace is how long Run waits for batches under way before it rolls them back.
const grace = 10 * time.Second

// Run keeps the tables up to date until ctx ends; then projectors finish the batch they are at. It
// can run once, after Prepare.
func (e *Engine) Run(ctx context.Context) error {
	hard, cancel := context.WithCancel(context.WithoutCancel(ctx))
	e.hard, e.released = hard, make(chan struct{})
	release := sync.OnceFunc(func() {
		cancel()
		close(e.released)
	})
	defer release()
	pool, err := e.openPool(hard)
	if err != nil {
		return err
	}
	defer pool.Close()
	router, err := e.router(pool)
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	defer running.Wait()
	defer release()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	running.Go(func() { e.signal.Run(hard) })
	running.Go(func() { e.sweep(hard) })
	running.Go(func() { e.watch(hard, pool) })
	running.Go(func() { e.sayWhatFollows(hard, pool.Config().ConnConfig) })
	for _, s := range e.settlers() {
		running.Go(func() { s.run(ctx, pool) })
	}
	if !e.opt.LeaveBuilding {
		running.Go(func() { e.keepBuilding(ctx, e.unbuilt) })
	}

	ended := make(chan error, 1)
	running.Go(func() { ended <- router.Run(hard) })
	select {
	case <-ctx.Done():
	case err := <-ended:
		return errors.Join(errors.New("the projectors have ended by themselves"), err)
	}
	close(e.stopping)
	e.awaitParked()
	release()
	return errors.Join(router.Close(), <-ended)
}

// openPool gives projectors connections of their own: a backlog can't starve queries, nor a slow
// table the others. They commit without waiting for the disk, because the log is the truth and a
// crash only repeats their last batches. The planner may not scan whole tables: it would learn
// that a plan made for a small log is bad for a big one too late. A machine that vanishes in the
// middle of a batch frees its checkpoints within seconds.
func (e *Engine) openPool(ctx context.Context) (*pgxpool.Pool, error) {
	config := e.pool.Config()
	if config.MaxConns = e.opt.Conns; config.MaxConns <= 0 {
		config.MaxConns = int32(len(e.projectors)+len(e.settlers())) + 2
	}
	config.MinConns, config.MinIdleConns = 0, 0
	config.ConnConfig.Tracer = nil // a span for each of a thousand statements a second says nothing
	for name, value := range map[string]string{
		"application_name": "gifty projectors", "synchronous_commit": "off",
		"enable_seqscan": "off", "jit": "off", "TimeZone": "UTC",
		"idle_in_transaction_session_timeout": "60s",
		"client_connection_check_interval":    "1s",
		"tcp_keepalives_idle":                 "2", "tcp_keepalives_interval": "1", "tcp_keepalives_count": "3",
	} {
		config.ConnConfig.RuntimeParams[name] = value
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect projectors: %w", err)
	}
	return pool, nil
}

// sweep removes what jobs that were killed have left: half-made tables, and the files that rebuilds of this
// log have in the folder for them. What it can't do now the next job does.
func (e *Engine) sweep(ctx context.Context) {
	_, err := sweepSpills(ctx, e.pool, e.effort(RebuildOptions{}).Spill)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	conn, failed := connectPatient(ctx, e.pool)
	if failed == nil {
		failed = errors.Join(clearDead(ctx, conn), conn.Close(context.WithoutCancel(ctx)))
	}
	if err = errors.Join(err, failed); err != nil && ctx.Err() == nil {
		e.opt.Logger.Warn("what killed jobs have left could not be removed", "error", err)
	}
}

func (e *Engine) router(pool *pgxpool.Pool) (*message.Router, error) {
	logger := watermill.NewSlogLoggerWithLevelMapping(e.opt.Logger, map[slog.Level]slog.Level{
		slog.LevelInfo: slog.LevelDebug, // Watermill's comings and goings are no news
	})
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: grace}, logger)
	if err != nil {
		return nil, err
	}
	db := stdlib.OpenDBFromPool(pool)
	for _, p := range e.projectors {
		subscriber, err := eventstore.NewSubscriber(inTurn{db, p}, p.consumer, p, logger)
		if err != nil {
			return nil, err
		}
		router.AddConsumerHandler(p.table.String(), "events", subscriber, p.handle)
	}
	return router, nil
}

// park keeps a projector that has finished its last batch out of harm's way: closing Watermill's
// subscriber in the middle of a batch would commit half of it. Until the subscriber's own context
// has ended it would begin another.
func (e *Engine) park() {
	if e.hard.Err() == nil {
		e.parked <- struct{}{}
	}
	<-e.released
}

func (e *Engine) awaitParked() {
	timer := time.NewTimer(grace)
	defer timer.Stop()
	for range e.projectors {
		select {
		case <-e.parked:
		case <-timer.C:
			e.opt.Logger.Warn("a read table's batch takes too long to finish; rolling it back")
			return
		}
	}
}
