package projections

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/trace"

	"gifty/domain"
	"gifty/eventstore"
)

// Job is one run of the engine that makes tables from the whole log, in whatever process.
type Job struct {
	ID         int64      `json:"id"`
	Kind       string     `json:"kind" enum:"rebuild,as_of,verify,rollback,funnel"`
	Tables     []string   `json:"tables"`
	State      string     `json:"state" enum:"queued,running,done,failed,stopped" doc:"queued: it waits for others of its process; failed, too, when its process has died"`
	Phase      string     `json:"phase" enum:"queued,reading,writing,indexing,locating,catching_up,comparing,counting,done"`
	Events     int64      `json:"events_done" doc:"of all passes over the log"`
	Total      int64      `json:"events_total"`
	PerSecond  float64    `json:"events_per_s"`
	SecondsTo  float64    `json:"seconds_left" doc:"until the events are read; 0 when not known"`
	Error      *string    `json:"error,omitempty"`
	StartedAt  time.Time  `json:"started_at"`
	UpdatedAt  time.Time  `json:"updated_at"`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
}

// Ended tells whether nothing more will come of the job.
func (j Job) Ended() bool { return j.State != stateRunning && j.State != stateQueued }

// A job that waits is a running one in the database, in the phase of this name.
const (
	stateRunning = "running"
	stateQueued  = "queued"
)

// Classes of advisory locks, ASCII "gif1" and "gif2": a table that is being built, by the hash of
// its name; and a job that is alive, by its id.
const (
	tableLock = `x'67696631'::int`
	aliveLock = `x'67696632'::int`

	takeTable = `SELECT pg_advisory_lock(` + tableLock + `, hashtext($1))`
	takeAlive = `SELECT pg_advisory_lock(` + aliveLock + `, $1::int)`
	isAlive   = `EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = ` + aliveLock + `::oid AND l.objsubid = 2
		AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`

	hasDied = `its process has died`

	newJob = `INSERT INTO rebuilds (kind, read_tables, phase) VALUES ($1, $2, $3) RETURNING id`
	save   = `UPDATE rebuilds SET phase = $2, events_done = $3, events_total = $4, per_second = $5, updated_at = now() WHERE id = $1 RETURNING stop`
	endJob = `UPDATE rebuilds SET state = $2, phase = $3, events_done = $4, events_total = $5, per_second = $6, error = $7, updated_at = now(), finished_at = now() WHERE id = $1`
	// askStop also keeps what the job was building from being begun again by itself.
	askStop = `WITH asked AS (UPDATE rebuilds r SET stop = true WHERE id = $1 AND state = 'running' AND ` + isAlive + ` AND l.objid = r.id) RETURNING kind, read_tables),
		held AS (UPDATE checkpoints c SET by_hand = true FROM asked WHERE asked.kind = 'rebuild' AND c.read_table = ANY(asked.read_tables) AND c.state IN ('building', 'empty'))
		SELECT count(*) FROM asked`
	bury    = `UPDATE rebuilds r SET state = 'failed', error = '` + hasDied + `', finished_at = now() WHERE state = 'running' AND NOT ` + isAlive + ` AND l.objid = r.id)`
	oldJobs = `DELETE FROM rebuilds WHERE state <> 'running' AND id < (SELECT max(id) - 1000 FROM rebuilds)`

	readJobs = `SELECT id, kind, read_tables AS tables, phase, events_done, events_total, per_second AS events_per_s, started_at, updated_at, finished_at,
			CASE WHEN died THEN 'failed' WHEN state = 'running' AND phase = 'queued' THEN 'queued' ELSE state END AS state, CASE WHEN died THEN '` + hasDied + `' ELSE error END AS error,
			CASE WHEN state = 'running' AND NOT died AND per_second > 0 THEN greatest(events_total - events_done, 0) / per_second ELSE 0 END AS seconds_left
		FROM rebuilds r, LATERAL (SELECT state = 'running' AND NOT ` + isAlive + ` AND l.objid = r.id) AS died) AS life ORDER BY id DESC LIMIT 100`
)

// Jobs lists the latest jobs of all processes, newest first.
func (e *Engine) Jobs(ctx context.Context) ([]Job, error) { return Select[Job](ctx, e.pool, readJobs) }

// StopJob asks a running job to stop, in whatever process it is; the read tables stay as they
// were. It does so within a second. What it was building is not begun again by itself: Rebuild does
// it. An id that does not run is a not_found error.
func (e *Engine) StopJob(ctx context.Context, id int64) error {
	var asked int
	err := e.pool.QueryRow(ctx, askStop, id).Scan(&asked)
	if err == nil && asked == 0 {
		err = domain.NotFound("job_not_found", "job %d is not running; `gifty jobs` lists those that are", id)
	}
	return err
}

var (
	errStopped = errors.New("it was asked to stop")
	errBusy    = domain.Conflict("rebuild_running", "one of these read tables is being rebuilt by another job; wait for it, or stop it")
)

// ErrKept is how a stopped rebuild ends of which something is kept.
var ErrKept = domain.Conflict("rebuild_stopped", "the rebuild was stopped; what is done so far is kept: rebuilding the same tables goes on from there")

// job is a Job of this process. Its connection holds the locks that keep others away; when that is
// lost, so is the job.
type job struct {
	id     int64
	pool   *pgxpool.Pool
	conn   *pgx.Conn
	pid    uint32 // server's, of conn
	cancel context.CancelCauseFunc
	report func(Job)
	names  []string

	// hard goes on, for a while, when the job's context has ended, for finishing and noting what
	// was begun; it ends when the locks are lost.
	hard context.Context
	lose context.CancelCauseFunc
	kept bool // the schema, for another job to go on with
	span trace.Span

	beating  sync.WaitGroup
	stopBeat chan struct{}

	reporting sync.Mutex
	mu        sync.Mutex
	now       Job
	reading   time.Time // since when it works; later than now.StartedAt if it was queued
	before    int64     // of now.Events: what an earlier job has done
}

// startJob takes the locks, clears away what dead jobs have left, and begins to tell how far it is.
// It begins in a phase, reading or queued. The context ends when the job is asked to stop or its locks are lost. Call end when done.
func (e *Engine) startJob(ctx context.Context, kind, phase string, names []string, opt RebuildOptions) (*job, context.Context, error) {
	pool, err := e.buildPool(ctx, opt)
	if err != nil {
		return nil, nil, err
	}
	conn, err := connectPatient(ctx, pool)
	if err != nil {
		pool.Close()
		return nil, nil, err
	}
	j := &job{pool: pool, conn: conn, pid: conn.PgConn().PID(), report: opt.Progress, stopBeat: make(chan struct{})}
	if err := j.take(ctx, kind, phase, names); err != nil {
		conn.Close(context.WithoutCancel(ctx))
		pool.Close()
		return nil, nil, err
	}
	j.now = Job{ID: j.id, Kind: kind, Tables: names, State: stateOf(phase), Phase: phase, StartedAt: time.Now().UTC()}
	j.reading = j.now.StartedAt
	j.names = slices.Sorted(slices.Values(names))
	ctx, j.span = e.traceJob(ctx, j.now)
	ctx, j.cancel = context.WithCancelCause(ctx)
	j.hard, j.lose = context.WithCancelCause(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { time.AfterFunc(stopGrace, func() { j.lose(context.Cause(ctx)) }) })
	j.beating.Go(func() { j.beat(context.WithoutCancel(ctx)) })
	return j, ctx, nil
}

func (j *job) take(ctx context.Context, kind, phase string, names []string) error {
	if kind == "rebuild" || kind == "rollback" {
		if err := j.takeTables(ctx, names); err != nil {
			return err
		}
	}
	if _, err := j.conn.Exec(ctx, oldJobs); err != nil {
		return err
	}
	err := pgx.BeginFunc(ctx, j.conn, func(tx pgx.Tx) error { // nobody sees the job before it is alive
		if err := tx.QueryRow(ctx, newJob, kind, names, phase).Scan(&j.id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, takeAlive, j.id)
		return err
	})
	if err != nil {
		return err
	}
	return clearDead(ctx, j.conn)
}

// jobPatience is how long a job waits for another one that is ending, or for who holds what it is to remove.
const jobPatience = time.Second

// connectPatient is a connection that waits for locks that long.
func connectPatient(ctx context.Context, pool *pgxpool.Pool) (*pgx.Conn, error) {
	config := pool.Config().ConnConfig
	config.RuntimeParams["lock_timeout"] = strconv.FormatInt(jobPatience.Milliseconds(), 10)
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return conn, nil
}

// takeTables waits a moment for a job that is ending, or whose process has just died.
func (j *job) takeTables(ctx context.Context, names []string) error {
	for _, name := range slices.Sorted(slices.Values(names)) {
		_, err := j.conn.Exec(ctx, takeTable, name)
		if timedOut(err) {
			return errBusy
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// timedOut tells an error of having waited for a lock too long.
func timedOut(err error) bool { return hasState(err, "55P03") }

const leftOver = `SELECT nspname FROM pg_namespace WHERE nspname LIKE 'gifty\_build\_%' AND NOT ` + isAlive + ` AND 'gifty_build_' || l.objid = nspname)
	AND coalesce(obj_description(oid, 'pg_namespace'), '') NOT LIKE '` + keptNote + `%'`

// clearDead removes what jobs of dead processes have left.
func clearDead(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, bury); err != nil {
		return err
	}
	rows, err := conn.Query(ctx, leftOver)
	if err != nil {
		return err
	}
	schemas, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, s := range schemas {
		if err := dropSchema(ctx, conn, s); err != nil {
			return fmt.Errorf("remove %s, left by a dead job: %w", s, err)
		}
	}
	return nil
}

// dropSchema leaves to a later job what somebody holds: a dump, or the server's half of a killed
// process that it has not noticed yet.
func dropSchema(ctx context.Context, conn *pgx.Conn, name string) error {
	_, err := conn.Exec(ctx, "DROP SCHEMA IF EXISTS "+quote(name)+" CASCADE")
	if timedOut(err) {
		return nil
	}
	return err
}

// schema is where the job builds.
func (j *job) schema() string { return "gifty_build_" + strconv.FormatInt(j.id, 10) }

func (j *job) makeSchema(ctx context.Context) error {
	_, err := j.pool.Exec(ctx, "CREATE SCHEMA "+quote(j.schema()))
	return err
}

// phase begins the next part of the work.
func (j *job) phase(name string) {
	j.mu.Lock()
	j.time(time.Now())
	if j.now.Phase == stateQueued {
		j.reading = time.Now()
	}
	j.now.Phase, j.now.State = name, stateOf(name)
	j.mu.Unlock()
	j.tell(j.snapshot())
}

func stateOf(phase string) string {
	if phase == stateQueued {
		return stateQueued
	}
	return stateRunning
}

// tell reports how far the job is.
func (j *job) tell(s Job) {
	if j.report != nil {
		j.reporting.Lock()
		defer j.reporting.Unlock()
		j.report(s)
	}
}

// advance tells of events that have been dealt with.
func (j *job) advance(events int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.now.Events += events
}

// resume begins with events that an earlier job has dealt with; how fast that went says nothing of this one.
func (j *job) resume(events int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.now.Events, j.before = events, events
}

func (j *job) total(events int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.now.Total = events
}

func (j *job) snapshot() Job {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := time.Now()
	j.time(now)
	j.now.UpdatedAt = now.UTC()
	return j.now
}

// time says how fast events are read, or were, and how long that takes yet. The caller holds the lock.
func (j *job) time(now time.Time) {
	j.now.SecondsTo = 0
	if took := now.Sub(j.reading).Seconds(); took > 0 && j.now.Phase == "reading" {
		j.now.PerSecond = float64(j.now.Events-j.before) / took
		if j.now.PerSecond > 0 {
			j.now.SecondsTo = float64(max(j.now.Total-j.now.Events, 0)) / j.now.PerSecond
		}
	}
}

// stopGrace is how long a job that is to stop may take for what it had begun.
const stopGrace = time.Minute

// beatEvery is how often a job says how far it is and looks whether it is to stop.
const beatEvery = 200 * time.Millisecond

func (j *job) beat(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		s := j.snapshot()
		j.tell(s)
		var stop bool
		err := j.conn.QueryRow(ctx, save, j.id, s.Phase, s.Events, s.Total, s.PerSecond).Scan(&stop)
		switch {
		case err != nil:
			err = fmt.Errorf("the job's connection is lost, and its locks with it: %w", err)
			j.lose(err)
			j.cancel(err)
			return
		case stop:
			j.cancel(errStopped)
		}
		select {
		case <-tick.C:
		case <-j.stopBeat:
			return
		}
	}
}

// end removes what the job has not put into service, tells how it went, and gives its locks back.
func (j *job) end(ctx context.Context, err *error) {
	close(j.stopBeat)
	j.beating.Wait()
	if cause := context.Cause(ctx); cause != nil && *err != nil {
		*err = cause
		if j.kept {
			*err = ErrKept.Because(cause)
		}
	}
	j.cancel(nil)
	j.lose(nil)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	j.pool.Close()
	defer j.conn.Close(ctx)
	if !j.kept {
		if dropped := dropSchema(ctx, j.conn, j.schema()); dropped != nil && *err == nil {
			*err = dropped
		}
	}
	var text *string
	s := j.snapshot()
	s.State, s.Phase = "done", "done"
	if *err != nil {
		s.State, s.Phase, text = "failed", j.now.Phase, new(strings.ToValidUTF8((*err).Error(), ""))
		if errors.Is(*err, errStopped) || errors.Is(*err, context.Canceled) {
			s.State = "stopped"
		}
	}
	s.Error, s.FinishedAt = text, &s.UpdatedAt
	eventstore.EndSpan(j.span, *err)
	if _, told := j.conn.Exec(ctx, endJob, j.id, s.State, s.Phase, s.Events, s.Total, s.PerSecond, text); told != nil && *err == nil {
		*err = told
	}
	j.tell(s)
}
