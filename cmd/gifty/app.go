package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"runtime"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"gifty/domain"
	"gifty/domain/account"
	domaincatalogue "gifty/domain/catalogue"
	"gifty/domain/configuration"
	domaindiscovery "gifty/domain/discovery"
	"gifty/domain/discovery/builtin"
	domainrecipient "gifty/domain/recipient"
	domainrecommendation "gifty/domain/recommendation"
	"gifty/eventstore"
	"gifty/http/client/embed"
	"gifty/migrations"
	"gifty/projections"
	"gifty/projections/all"
	"gifty/projections/catalogue"
	"gifty/projections/credential"
	"gifty/projections/recommendation"
)

// app is the product put together on one database.
type app struct {
	config  Config
	logger  *slog.Logger
	metrics *prometheus.Registry
	tracing trace.TracerProvider // nil: nobody is told
	pool    *pgxpool.Pool
	keys    *eventstore.Keys
	read    projections.Reader // read tables
	store   *eventstore.Store
	engine  *projections.Engine

	authority       *credential.Authority // nil where nobody is let in
	accounts        account.Commands
	sessions        credential.Sessions
	configuration   configuration.Commands
	recipients      domainrecipient.Commands
	catalogue       domaincatalogue.Commands
	discovery       domaindiscovery.Commands
	recommendations domainrecommendation.Commands
	finder          catalogue.Finder
	embedder        domaincatalogue.Embedder  // for products
	lenient         *lenient                  // for searches
	rules           domaindiscovery.Generator // what pages of gifts look for: the same for the same brief, and free
	// embedderNote says for people which embedder it is and why.
	embedderNote string

	stops []func(context.Context) // undo, last first
}

// open puts the product together and starts its projectors. Close it when done.
func open(ctx context.Context, config Config, logger *slog.Logger) (*app, error) {
	return start(ctx, config, logger, func(a *app) error {
		if err := a.follow(ctx, projections.Options{Rebuild: config.rebuild.options(), Replays: config.replays}); err != nil {
			return err
		}
		return a.wire(ctx)
	})
}

// openUpToDate is open, quietly, with read tables that show all that the log has by now.
func openUpToDate(ctx context.Context, config Config, c console) (*app, error) {
	a, err := open(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return nil, err
	}
	if err := a.engine.CatchUp(ctx); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

// openLog is open without what makes vectors and ideas: a command that needs neither must not fail
// for their settings. Nor does it build new versions of read tables: it does not wait for them.
func openLog(ctx context.Context, config Config, logger *slog.Logger) (*app, error) {
	return start(ctx, config, logger, func(a *app) error { return a.follow(ctx, projections.Options{LeaveBuilding: true}) })
}

// openEngine is for commands that look at the read tables, or work on them as a whole: nothing
// follows the log meanwhile.
func openEngine(ctx context.Context, config Config, logger *slog.Logger) (*app, error) {
	return start(ctx, config, logger, func(a *app) error { return a.newEngine(projections.Options{}) })
}

func start(ctx context.Context, config Config, logger *slog.Logger, what func(*app) error) (a *app, err error) {
	a = &app{config: config, logger: logger, metrics: prometheus.NewRegistry()}
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	url, stop, err := config.database(ctx, a.logger)
	if err != nil {
		return a, err
	}
	a.onClose(func(ctx context.Context) { a.complain("stop the database server", stop(ctx)) })
	if err := prepareSchema(ctx, url, config.Migrations); err != nil {
		return a, err
	}
	if err := a.startTracing(ctx, os.Getenv); err != nil {
		return a, err
	}
	if a.pool, err = newPool(ctx, url, config.MaxConns, a.tracing); err != nil {
		return a, err
	}
	a.onClose(func(context.Context) { a.pool.Close() })
	if err := a.openKeys(ctx); err != nil {
		return a, err
	}
	return a, what(a)
}

// prepareSchema applies missing migrations, or says why the program must not run here.
func prepareSchema(ctx context.Context, url, mode string) error {
	status, err := migrations.Read(ctx, url)
	if err != nil {
		return err
	}
	if mode == "auto" && !status.Dirty && status.Version < status.Latest {
		return migrations.Up(ctx, url)
	}
	return status.Check()
}

func (a *app) newEngine(opt projections.Options) error {
	types, err := all.Types()
	if err != nil {
		return err
	}
	opt.Tracing, opt.Conns = a.tracing, a.config.Projectors
	types = types.With(a.keys)
	a.read = projections.Reader{Pool: a.pool, Types: types}
	opt.Logger, opt.Rebuild.Spill = a.logger, cmp.Or(a.config.Spill, a.config.path("rebuild"))
	a.engine, err = projections.New(a.pool, types, all.Tables(), opt)
	return err
}

// follow opens the log and starts the projectors that follow it.
func (a *app) follow(ctx context.Context, opt projections.Options) error {
	m := newMetrics(a.metrics)
	opt.Batch = m.projected
	if err := a.newEngine(opt); err != nil {
		return err
	}
	a.metrics.MustRegister(tableMetrics{a.engine}, logMetrics{a.engine})
	a.store = eventstore.Open(a.pool, a.engine.Types(), eventstore.Options{Logger: a.logger, Committed: m.committed, Tracing: a.tracing})
	a.onClose(func(context.Context) { a.store.Close() })
	a.catalogue = domaincatalogue.Commands{Log: a.store}
	var err error
	if a.accounts, err = a.accountCommands(environment()); err != nil {
		return err
	}
	if err := a.engine.Prepare(ctx); err != nil {
		return err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- a.engine.Run(running) }()
	a.onClose(func(context.Context) {
		stop()
		a.complain("stop the projectors", <-ended)
	})
	return nil
}

func (a *app) wire(ctx context.Context) error {
	embedder, note, err := embed.New(ctx, embed.Config{
		Kind: embed.Kind(a.config.Embedder), URL: a.config.EmbedderURL, Model: a.config.EmbedderModel, Version: a.config.EmbedderVersion,
		Key: a.config.EmbedderKey, Dim: a.config.EmbedderDim, ModelDir: a.config.path("model"),
	})
	if err != nil {
		return err
	}
	a.logger.Debug("embedder", "note", note)
	if err := embedder.Model().Check(); err != nil {
		return err
	}
	cached, err := embed.Cached(embedder, cachedTexts)
	if err != nil {
		return err
	}
	a.embedder, a.embedderNote = embedder, note
	env := environment()
	a.recipients = domainrecipient.Commands{Log: a.store, Env: env}
	a.lenient = &lenient{Embedder: cached, logger: a.logger, now: env.Now}
	readings, err := catalogue.NewReadings()
	if err != nil {
		return err
	}
	a.finder = catalogue.Finder{DB: a.read, Embedder: a.lenient, Nearest: &catalogue.Nearest{}, Readings: readings}
	all, err := modules()
	if err != nil {
		return err
	}
	a.configuration = configuration.Commands{Log: a.store, Modules: all}
	rules := builtin.NewGenerator(inForce(a.configuration, builtin.QueryRulesModule, builtin.ParseQueryRules).Current)
	a.rules = rules
	ideas, adviser, err := a.thinkers(rules, builtin.NewAdviser(rules, listsOf(a.configuration)), env.Now)
	if err != nil {
		return err
	}
	searching := a.finder
	if searching.DB, err = a.poolBeside(ctx, searchers()); err != nil {
		return err
	}
	a.discovery = domaindiscovery.Commands{
		Log: a.store, Env: env, Recipients: people{a.store, env.Now}, Products: goods{a.store}, Presents: presents{a.read}, Generator: ideas, Finder: searching,
		Adviser: adviser, Configured: newConfigured(a.configuration),
	}
	ranker, err := a.ranker(a.rules)
	if err != nil {
		return err
	}
	a.recommendations = domainrecommendation.Commands{
		Log: a.store, Env: env, Recipients: wards{a.discovery.Recipients}, Recommender: ranker, Blobs: a.store,
	}
	return nil
}

// environment is the clock and the ids of this process.
func environment() domain.Environment {
	return domain.Environment{
		Now:   func() time.Time { return time.Now().UTC() },
		NewID: func() uuid.UUID { return uuid.Must(uuid.NewV7()) },
	}
}

// searchers is how many searches for ideas the database works on at once. What is more waits for its turn,
// so that many dialogues that begin together do not take all connections from those that go on.
func searchers() int32 { return int32(max(4, 2*runtime.GOMAXPROCS(0))) }

// cachedTexts is how many queries' vectors are remembered: 4 KiB each.
const cachedTexts = 10_000

// people shows recipients to the discovery context.
type people struct {
	log domain.Log
	now func() time.Time
}

// Recipient loads the acting giver's recipient.
func (p people) Recipient(ctx context.Context, id uuid.UUID) (domaindiscovery.Person, error) {
	r, err := domainrecipient.Load(ctx, p.log, id)
	if err != nil {
		return domaindiscovery.Person{}, err
	}
	return domaindiscovery.Person{
		ID: id, Relation: cmp.Or(r.Profile.Person, string(r.Profile.Relation)), Gender: r.Profile.Gender, Age: r.Profile.AgeAt(p.now()),
		Interests: r.Profile.Interests, Unchanged: r.Write(),
	}, nil
}

// presents shows what was bought for recipients to the discovery context.
type presents struct{ db projections.Querier }

// Bought reads it.
func (p presents) Bought(ctx context.Context, recipient uuid.UUID) ([]string, error) {
	return recommendation.BoughtFor(ctx, p.db, recipient)
}

// goods shows the catalogue to the discovery context: the log itself, which read tables may lag behind.
type goods struct{ log domain.Log }

// ProductExists looks for the product's stream.
func (g goods) ProductExists(ctx context.Context, giftID string) (bool, error) {
	stream := domaincatalogue.ProductStream(giftID)
	streams, err := g.log.Streams(ctx, stream)
	return len(streams[stream]) > 0, err
}

func (a *app) onClose(stop func(context.Context)) { a.stops = append(a.stops, stop) }

// closing is how long stopping may take before what hangs is left.
const closing = 30 * time.Second

// close stops everything, last opened first.
func (a *app) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	for len(a.stops) > 0 {
		last := a.stops[len(a.stops)-1]
		a.stops = a.stops[:len(a.stops)-1]
		last(ctx)
	}
}

func (a *app) complain(doing string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		a.logger.Error("failed to "+doing, "error", err)
	}
}
