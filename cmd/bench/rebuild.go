package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"gifty/domain"
	"gifty/eventstore"
	"gifty/projections"
	"gifty/projections/all"
	readcatalogue "gifty/projections/catalogue"
)

// historyEvents is BENCH_EVENTS, a million when unset.
func historyEvents() (int, error) {
	text := os.Getenv("BENCH_EVENTS")
	if text == "" {
		return 1_000_000, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1000 {
		return 0, fmt.Errorf("BENCH_EVENTS is %q; it must be a number from 1000", text)
	}
	return n, nil
}

// past is a database with a made-up history, and an engine that nobody runs.
type past struct {
	pool   *pgxpool.Pool
	types  *eventstore.Types
	engine *projections.Engine
	logger *slog.Logger
	close  func()
}

func newPast(ctx context.Context, env environment, events int) (*past, error) {
	return pastOf(ctx, env, events, func(_ *pgxpool.Pool, types *eventstore.Types) (*eventstore.Types, error) { return types, nil })
}

// pastOf is newPast with types made ready for the database, such as by keys that seal what is personal.
func pastOf(ctx context.Context, env environment, events int, ready func(*pgxpool.Pool, *eventstore.Types) (*eventstore.Types, error)) (*past, error) {
	url, drop, err := env.database(ctx)
	if err != nil {
		return nil, err
	}
	pool, err := newPool(ctx, url, 16)
	if err != nil {
		return nil, err
	}
	types, err := all.Types()
	if err == nil {
		types, err = ready(pool, types)
	}
	if err != nil {
		return nil, err
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	engine, err := projections.New(pool, types, all.Tables(), projections.Options{Logger: logger})
	if err != nil {
		return nil, err
	}
	if err := engine.Prepare(ctx); err != nil {
		return nil, err
	}
	return &past{pool, types, engine, logger, func() { pool.Close(); drop() }}, fillLog(ctx, pool, types, events)
}

// unfolded are the events that no table but the vectors' needs.
var unfolded = []string{"catalogue.product_embedded.v1", "discovery.started.v1"}

const rebuildRounds = 3

// benchRebuild makes all tables but the vectors from a whole log, and beside that reads and decodes
// the same events and throws them away: raw in one stream, as whoever reads the log in order does,
// and raw_parallel on all CPUs, where nothing but decoding is left to do.
func benchRebuild(ctx context.Context, env environment) error {
	events, err := historyEvents()
	if err != nil {
		return err
	}
	p, err := newPast(ctx, env, events)
	if err != nil {
		return err
	}
	defer p.close()
	names, err := tablesButVectors(ctx, p.engine)
	if err != nil {
		return err
	}
	var raw, parallel, rebuilt []float64
	var peak float64
	for range rebuildRounds {
		one, err := rawRead(ctx, p, events, 1)
		if err != nil {
			return err
		}
		many, err := rawRead(ctx, p, events, runtime.GOMAXPROCS(0))
		if err != nil {
			return err
		}
		raw, parallel = append(raw, one), append(parallel, many)
		forgetPeak()
		began := time.Now()
		if err := p.engine.Rebuild(ctx, names, projections.RebuildOptions{Progress: phases(began)}); err != nil {
			return err
		}
		rebuilt = append(rebuilt, float64(events)/time.Since(began).Seconds())
		peak = max(peak, peakRSS())
	}
	print("rebuild.events_per_s", median(rebuilt), "events/s")
	print("rebuild.raw_read_per_s", median(raw), "events/s")
	print("rebuild.ratio_raw", medianRatio(rebuilt, raw), "x")
	print("rebuild.raw_parallel_per_s", median(parallel), "events/s")
	print("rebuild.ratio_raw_parallel", medianRatio(rebuilt, parallel), "x")
	print("rebuild.peak_rss_mib", peak, "MiB")
	forgetPeak()
	began := time.Now()
	if err := p.engine.Rebuild(ctx, []string{readcatalogue.Embeddings.Name}, projections.RebuildOptions{}); err != nil {
		return err
	}
	print("rebuild.vectors_events_per_s", float64(events)/time.Since(began).Seconds(), "events/s")
	print("rebuild.vectors_peak_rss_mib", peakRSS(), "MiB")
	stock, err := stockFold(ctx, p.pool)
	if err != nil {
		return err
	}
	print("rebuild.stock_watermill_per_s", stock, "events/s")
	print("rebuild.ratio_watermill", median(rebuilt)/stock, "x")
	return nil
}

// phases tells on standard error, when BENCH_VERBOSE is set, what the time goes to.
func phases(began time.Time) func(projections.Job) {
	last := ""
	return func(j projections.Job) {
		if os.Getenv("BENCH_VERBOSE") != "" && j.Phase != last {
			last = j.Phase
			fmt.Fprintf(os.Stderr, "%6.2fs %s, %d of %d events, %.0f MiB\n", time.Since(began).Seconds(), j.Phase, j.Events, j.Total, peakRSS())
		}
	}
}

func tablesButVectors(ctx context.Context, engine *projections.Engine) (names []string, err error) {
	status, err := engine.Status(ctx)
	for _, s := range status {
		if s.Table != readcatalogue.Embeddings.Name {
			names = append(names, s.Table)
		}
	}
	return names, err
}

// rawRead reads and decodes what a rebuild would, the same way, over a number of connections, each
// with a goroutine that decodes, and keeps nothing.
func rawRead(ctx context.Context, p *past, events, connections int) (float64, error) {
	var wanted []string
	for name := range p.types.All() {
		if !slices.Contains(unfolded, name) {
			wanted = append(wanted, name)
		}
	}
	const stretch = 4096
	var next atomic.Int64
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for range connections {
		group.Go(func() error {
			conn, err := p.pool.Acquire(ctx)
			if err != nil {
				return err
			}
			defer conn.Release()
			if _, err := conn.Exec(ctx, "SET enable_seqscan = off"); err != nil {
				return err
			}
			var buffer bytes.Buffer
			decoder := eventstore.Decoder{Types: p.types}
			for {
				after := next.Add(stretch) - stretch
				if after >= int64(events) {
					return nil
				}
				raw, err := eventstore.ReadRun(ctx, conn.Conn(), &buffer, domain.Position(after), domain.Position(min(after+stretch, int64(events))), wanted)
				if err != nil {
					return err
				}
				for _, r := range raw {
					if _, err := decoder.Decode(r); err != nil {
						return err
					}
				}
			}
		})
	}
	err := group.Wait()
	return float64(events) / time.Since(began).Seconds(), err
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakRSS is the most memory that this process has had since forgetPeak, in MiB; 0 where the
// system does not tell.
func peakRSS() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	found := highWater.FindSubmatch(status)
	if found == nil {
		return 0
	}
	kb, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		return 0
	}
	return kb / 1024
}

func forgetPeak() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // where it can't, the peak is of the whole run
}
