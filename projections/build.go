package projections

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
)

// RebuildOptions tune making tables from the whole log. The zero value is a sane default.
type RebuildOptions struct {
	// Memory is about how many bytes the process may use meanwhile; 1 GiB when zero. What the rows
	// need above that goes through files in Spill.
	Memory int64
	// Spill is the folder for what doesn't fit into memory; the system's for temporary files when
	// empty. It needs about as much room as the log takes.
	Spill string
	// Workers is how many connections and CPUs work at once; as many as there are CPUs when zero.
	Workers int
	// Progress, when set, is told several times a second how far the job is, and once at its end.
	Progress func(Job)
}

func (o RebuildOptions) withDefaults() RebuildOptions {
	if o.Memory <= 0 {
		o.Memory = 1 << 30
	}
	if o.Workers <= 0 {
		o.Workers = max(2, runtime.GOMAXPROCS(0))
	}
	o.Workers = min(o.Workers, sliceCount)
	return o
}

// buildPool connects with what suits large loads: commits don't wait for the disk, since nothing
// counts before the switch, whose commit does; indexes may use a quarter of the memory.
func (e *Engine) buildPool(ctx context.Context, opt RebuildOptions) (*pgxpool.Pool, error) {
	config := e.pool.Config()
	config.MaxConns, config.MinConns, config.MinIdleConns = int32(opt.Workers)+1, 0, 0
	config.ConnConfig.Tracer = nil
	memory := max(opt.Memory/4/int64(opt.Workers), 64<<20)
	for name, value := range map[string]string{
		"application_name": "gifty rebuild", "synchronous_commit": "off", "jit": "off", "TimeZone": "UTC",
		"enable_seqscan": "off", "statement_timeout": "0", "client_connection_check_interval": "1s", "maintenance_work_mem": strconv.FormatInt(memory>>10, 10),
		"tcp_keepalives_idle": "2", "tcp_keepalives_interval": "1", "tcp_keepalives_count": "3",
	} {
		config.ConnConfig.RuntimeParams[name] = value
	}
	return pgxpool.NewWithConfig(ctx, config)
}

// build makes tables from the log's start up to a position, without indexes first.
type build struct {
	engine  *Engine
	job     *job
	tables  []*building
	byType  map[string][]int // tables that fold a stored name
	types   []string
	upTo    domain.Position
	stretch domain.Position // events that travel together, at most
	memory  int64
	workers int
	spillIn string
	spill   *spill
	refused error // of tables that aren't even begun
}

const (
	longStretch = 4096
	// blobStretch bounds the memory for blobs, some kilobytes each, on their way.
	blobStretch = 512
)

func (e *Engine) newBuild(j *job, tables []*building, upTo domain.Position, opt RebuildOptions) *build {
	b := &build{
		engine: e, job: j, tables: tables, byType: map[string][]int{}, upTo: upTo, stretch: longStretch,
		memory: opt.Memory, workers: opt.Workers, spillIn: opt.Spill,
	}
	for i, t := range tables {
		t.position = upTo
		for _, name := range t.table.types {
			b.byType[name] = append(b.byType[name], i)
		}
		if t.table.readsBlobs {
			b.stretch = blobStretch
		}
	}
	for name := range b.byType {
		b.types = append(b.types, name)
	}
	slices.Sort(b.types)
	return b
}

// run makes the tables, with their indexes. What one of them can't apply is noted in it and is no
// error of the run.
func (b *build) run(ctx context.Context) error {
	for _, t := range b.tables {
		for _, statement := range t.table.sql.bare {
			if _, err := b.job.pool.Exec(ctx, statement); err != nil {
				return fmt.Errorf("%w\n%s", err, statement)
			}
		}
	}
	if err := b.fold(ctx); err != nil {
		return err
	}
	b.job.phase("indexing")
	if err := b.index(ctx); err != nil {
		return err
	}
	return b.locateAll(ctx)
}

// fold reads the log and stores the rows.
func (b *build) fold(ctx context.Context) (err error) {
	if b.spill, err = newSpill(b.spillIn); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.spill.remove()) }()
	b.job.total(int64(b.upTo))
	b.job.phase("reading")
	p := b.newPass()
	if err := p.run(ctx); err != nil {
		return err
	}
	b.job.total(int64(b.upTo) + b.spill.events())
	b.job.phase("writing")
	if err := p.write(ctx); err != nil {
		return err
	}
	return b.writeSpilled(ctx)
}

func (b *build) anyLeft() bool {
	return slices.ContainsFunc(b.tables, func(t *building) bool { return t.failedAt.Load() == 0 })
}

// left are the tables that have not failed.
func (b *build) left() []*building {
	return slices.DeleteFunc(slices.Clone(b.tables), func(t *building) bool { return t.err() != nil })
}

// errs are the failures of the tables that have.
func (b *build) errs() error {
	var errs []error
	for _, t := range b.tables {
		errs = append(errs, t.err())
	}
	return errors.Join(errs...)
}

func loadBlobs(ctx context.Context, db Querier, into map[string][]byte, shas [][]byte) error {
	rows, err := db.Query(ctx, readBlobs, shas)
	if err != nil {
		return err
	}
	var sha, bytes []byte
	_, err = pgx.ForEachRow(rows, []any{&sha, &bytes}, func() error {
		into[string(sha)] = bytes
		return nil
	})
	return err
}
