package projections

import (
	"cmp"
	"context"
	"errors"
	"os"
	"runtime"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
)

// RebuildOptions tune making tables from the whole log. What they leave open is as Options.Rebuild
// says, and by default sane.
type RebuildOptions struct {
	// Memory is about how many bytes the process may use meanwhile; 1.5 GiB when zero. What the rows
	// need above that goes through files in Spill.
	Memory int64
	// Spill is the folder for what doesn't fit into memory; the system's for temporary files when
	// empty. It needs about as much room as the log takes.
	Spill string
	// Workers is how many connections and CPUs work at once; as many as there are CPUs when zero.
	Workers int
	// Fresh begins anew even when a rebuild of the same tables that was stopped could be gone on with.
	Fresh bool
	// Progress, when set, is told several times a second how far the job is, at each phase's beginning,
	// and once at the end.
	Progress func(Job)
}

// effort fills in what options leave open.
func (e *Engine) effort(o RebuildOptions) RebuildOptions {
	o.Memory = cmp.Or(max(o.Memory, 0), e.opt.Rebuild.Memory, 3<<29)
	o.Workers = cmp.Or(max(o.Workers, 0), e.opt.Rebuild.Workers, max(2, runtime.GOMAXPROCS(0)))
	o.Workers = min(o.Workers, sliceCount)
	o.Spill = cmp.Or(o.Spill, e.opt.Rebuild.Spill, os.TempDir())
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
		// Half as thorough as autovacuum will be: ANALYZE is a fifth of indexing.
		"default_statistics_target": "50", "enable_seqscan": "off", "statement_timeout": "0", "client_connection_check_interval": "1s", "maintenance_work_mem": strconv.FormatInt(memory>>10, 10),
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
	fresh   bool
	spill   *spill
	refused error           // of tables that aren't even begun
	read    domain.Position // up to which everything is folded or spilled
	pass    *pass           // holds what was not spilled
}

const (
	longStretch = 4096
	// blobStretch bounds the memory for blobs, some kilobytes each, on their way.
	blobStretch = 512
)

func (e *Engine) newBuild(j *job, tables []*building, upTo domain.Position, opt RebuildOptions) *build {
	b := &build{
		engine: e, job: j, tables: tables, byType: map[string][]int{}, upTo: upTo, stretch: longStretch,
		memory: opt.Memory, workers: opt.Workers, spillIn: opt.Spill, fresh: opt.Fresh,
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
	defer collectRarely(b.memory)()
	if b.spill == nil {
		if err := b.begin(ctx); err != nil {
			return err
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

// runOnce is run for what nobody goes on with.
func (b *build) runOnce(ctx context.Context) error { return errors.Join(b.run(ctx), b.close()) }

// begin makes the tables, empty, and the folder to spill to.
func (b *build) begin(ctx context.Context) error {
	for _, t := range b.tables {
		if err := b.exec(ctx, t.table.sql.bare...); err != nil {
			return err
		}
	}
	return b.newSpill(ctx)
}

// fold reads the log and stores the rows.
func (b *build) fold(ctx context.Context) error {
	b.job.total(int64(b.upTo))
	if b.read < b.upTo {
		held := sliceCount
		if b.read > 0 {
			held = 0
		}
		b.job.phase("reading")
		b.pass = b.newPass(held)
		if err := b.pass.run(ctx); err != nil {
			return err
		}
	}
	b.job.total(int64(b.upTo) + b.spill.events())
	b.job.phase("writing")
	if b.pass != nil {
		if err := b.pass.write(ctx); err != nil {
			return err
		}
	}
	return b.writeSpilled(ctx)
}

// close removes what was spilled, unless it is kept.
func (b *build) close() error {
	if b.spill == nil {
		return nil
	}
	return b.spill.close()
}

func (b *build) anyLeft() bool {
	return slices.ContainsFunc(b.tables, func(t *building) bool { return t.failedAt.Load() == 0 })
}

// left are the tables that have neither failed nor been switched to.
func (b *build) left() []*building {
	return slices.DeleteFunc(slices.Clone(b.tables), func(t *building) bool { return t.serves || t.err() != nil })
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
