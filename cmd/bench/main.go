// Command bench measures the product against yardsticks on the same server, in turn in one run,
// and prints a line a figure: BENCH name value unit.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/eventstore/pgserver"
	"gifty/migrations"
)

var groups = []struct {
	name string
	run  func(context.Context, environment) error
}{
	{"append", benchAppend},
	{"lag", benchLag},
	{"import", benchImport},
	{"rebuild", benchRebuild},
	{"live", benchLive},
	{"switch", benchSwitch},
	{"search", benchSearch},
	{"evaluate", benchEvaluate},
	{"recommend", benchRecommend},
	{"dialogue", benchDialogue},
	{"funnel", benchFunnel},
	{"console", benchConsole},
	{"semantic", benchSemantic},
	{"accounts", benchAccounts},
	{"privacy", benchPrivacy},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	profile := flag.String("cpuprofile", "", "write a CPU profile of this process here")
	only := flag.String("groups", "", "groups to run, separated by commas or spaces (default all)")
	flag.Parse()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	env, stop, err := newEnvironment(ctx)
	if err != nil {
		return err
	}
	defer stop()
	if err := commitLatency(ctx, env); err != nil {
		return err
	}
	wanted := strings.FieldsFunc(*only, func(r rune) bool { return r == ',' || r == ' ' })
	for _, g := range groups {
		if len(wanted) > 0 && !slices.Contains(wanted, g.name) {
			continue
		}
		if err := g.run(ctx, env); err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
	}
	return nil
}

// environment is the server that everything is measured on.
type environment struct{ url string }

// newEnvironment takes the server that DATABASE_URL names, or runs one of its own in the folder,
// as durable as the product's.
func newEnvironment(ctx context.Context) (environment, func(), error) {
	if url := os.Getenv("DATABASE_URL"); url != "" {
		return environment{url: url}, func() {}, nil
	}
	server, err := pgserver.Start(ctx, pgserver.Options{Dir: ".gifty/bench"})
	if err != nil {
		return environment{}, nil, err
	}
	return environment{url: server.URL()}, func() {
		if err := server.Stop(context.WithoutCancel(ctx)); err != nil {
			fmt.Fprintln(os.Stderr, "bench: stop the server:", err)
		}
	}, nil
}

// database makes an empty migrated database.
func (e environment) database(ctx context.Context) (url string, drop func(), err error) {
	admin, err := pgx.Connect(ctx, e.url)
	if err != nil {
		return "", nil, err
	}
	defer admin.Close(ctx)
	name := "bench_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", nil, err
	}
	config, err := pgx.ParseConfig(e.url)
	if err != nil {
		return "", nil, err
	}
	url = strings.Replace(e.url, "/"+config.Database+"?", "/"+name+"?", 1)
	if url == e.url {
		url = strings.TrimSuffix(e.url, "/"+config.Database) + "/" + name
	}
	drop = func() {
		admin, err := pgx.Connect(context.WithoutCancel(ctx), e.url)
		if err != nil {
			return
		}
		defer admin.Close(context.WithoutCancel(ctx))
		_, _ = admin.Exec(context.WithoutCancel(ctx), "DROP DATABASE "+name+" WITH (FORCE)")
	}
	return url, drop, migrations.Up(ctx, url)
}

func newPool(ctx context.Context, url string, conns int32) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = conns
	return pgxpool.NewWithConfig(ctx, config)
}
