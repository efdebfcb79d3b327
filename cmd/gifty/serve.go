package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"gifty/domain"
	"gifty/domain/analytics"
	"gifty/eventstore"
	"gifty/http"
	readanalytics "gifty/projections/analytics"
	"gifty/projections/credential"
	"gifty/projections/events"
)

// Serving is where and how the API is served.
type Serving struct {
	Listen  string         `env:"GIFTY_LISTEN" default:"127.0.0.1:8080" placeholder:"ADDR" help:"Address to listen on (${default})."`
	Exposed bool           `env:"GIFTY_EXPOSED" help:"Allow an address that other machines reach, in clear: behind a proxy that speaks TLS."`
	Hosts   []string       `env:"GIFTY_HOSTS" placeholder:"NAME,…" help:"Further host names under which the server may be addressed, behind a proxy."`
	Proxies []netip.Prefix `env:"GIFTY_PROXIES" placeholder:"NETWORK,…" help:"Networks of your own proxies, such as 10.0.0.0/8: what they say in X-Forwarded-For is believed."`
	TLSCert string         `name:"tls-cert" env:"GIFTY_TLS_CERT" placeholder:"FILE" help:"Certificate chain, PEM: with it and its key the server speaks TLS."`
	TLSKey  string         `name:"tls-key" env:"GIFTY_TLS_KEY" placeholder:"FILE" help:"The certificate's key, PEM."`
	Rate    int            `env:"GIFTY_RATE" default:"1200" help:"Requests a minute of one caller, or of one address where callers are not known (${default}); 0 is no limit. Those from this machine are not counted."`
	Stock
	Timeout      time.Duration `env:"GIFTY_TIMEOUT" default:"30s" help:"Of a request (${default})."`
	Stall        time.Duration `env:"GIFTY_STALL" default:"1m" help:"How long a client may take in nothing of a stream, or send nothing of a feed (${default})."`
	Grace        time.Duration `env:"GIFTY_GRACE" default:"15s" help:"How long requests under way may take to finish at a stop (${default})."`
	MaxImport    int64         `env:"GIFTY_MAX_IMPORT" default:"1073741824" help:"Bytes of an imported feed (${default})."`
	Rebuild      Effort        `embed:"" prefix:"rebuild-"`
	Replays      int           `env:"GIFTY_REPLAYS" default:"2" help:"Questions of the log, such as funnels, that are answered at once, each with a rebuild's memory and workers; others are queued (${default})."`
	RecallSample float64       `env:"GIFTY_RECALL_SAMPLE" default:"0.005" help:"Share of searches by meaning that are repeated exactly in the background, to tell how much they find (${default})."`
	StepWorkers  int           `env:"GIFTY_STEP_WORKERS" default:"8" help:"Steps of dialogues that this process works on at once (${default}); 0 leaves them to other processes."`
	StepLease    time.Duration `env:"GIFTY_STEP_LEASE" default:"5s" help:"How long a step stays with a process that was killed before another takes it over (${default})."`
	EmbedItself  bool          `name:"embed" env:"GIFTY_EMBED" default:"true" negatable:"" help:"Make the vectors of new products in this process (${default})."`
}

type serveCommand struct {
	Serving `embed:""`
}

// Validate refuses shares that are none.
func (cmd serveCommand) Validate() error {
	if !(cmd.RecallSample >= 0 && cmd.RecallSample <= 1) { // no number, either
		return domain.Invalid("recall_sample_invalid", "--recall-sample (GIFTY_RECALL_SAMPLE) must be a share of 0 to 1")
	}
	return nil
}

// Run serves until ctx ends, then stops in order: requests, the embedding worker, projectors, log,
// database.
func (cmd serveCommand) Run(ctx context.Context, config Config, c console) error {
	if err := cmd.checkAddress(); err != nil {
		return err
	}
	certificates, err := cmd.certificates()
	if err != nil {
		return err
	}
	logger := config.logger(c.err)
	config.rebuild, config.replays = cmd.Rebuild, cmd.Replays
	// First of all, before a database is made that nobody could be served from. Who asks meanwhile waits.
	listener, err := net.Listen("tcp", cmd.Listen)
	if err != nil {
		return fmt.Errorf("%w; choose another address with --listen", err)
	}
	defer listener.Close()
	a, err := open(ctx, config, logger)
	if err != nil {
		return err
	}
	defer a.close()
	if err := a.access(environment()); err != nil {
		return err
	}
	if cmd.wantsDemo() {
		if err := a.demoWhenEmpty(ctx); err != nil {
			return err
		}
	}
	if err := a.firstStart(ctx, c); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var working sync.WaitGroup
	defer func() {
		stop() // else what works until then would keep an error from being told
		working.Wait()
	}()
	signal := eventstore.NewSignal(a.pool, logger)
	signal.Heard = map[string]func(){credential.Channel: a.authority.Forget}
	working.Go(func() { signal.Run(ctx) })
	served, err := a.serving(events.NewBrowser(a.pool, a.engine.Types(), signal))
	if err != nil {
		return err
	}
	served.Stopping, served.Start = ctx.Done(), func(do func(context.Context)) { working.Go(func() { do(ctx) }) }
	served.Rate, served.Hosts, served.Proxies, served.MaxImport, served.Timeout, served.Stall = cmd.Rate, cmd.Hosts, cmd.Proxies, cmd.MaxImport, cmd.Timeout, cmd.Stall
	if served.Home, err = a.config.home(); err != nil {
		return err
	}
	handler, err := http.New(served)
	if err != nil {
		return err
	}
	cmd.work(ctx, a, &working)
	welcome(c, logger, listener.Addr(), a)
	return http.Serve(ctx, listener, handler, logger, cmd.Grace, certificates...)
}

// work begins what a server does beside answering.
func (cmd serveCommand) work(ctx context.Context, a *app, working *sync.WaitGroup) {
	if cmd.EmbedItself {
		working.Go(func() { a.embedForEver(ctx) })
	}
	if cmd.StepWorkers > 0 {
		working.Go(func() { a.react(ctx, cmd.StepWorkers, cmd.StepLease) })
	}
	working.Go(func() { a.watchRecall(ctx, cmd.RecallSample) })
	working.Go(func() { a.engine.Use(ctx, usedVectors(a.embedder.Model().Name, a.embedder.Model().Version)) })
}

// serving is what a server is put together from, but for how it is run.
func (a *app) serving(log *events.Browser) (http.Config, error) {
	analyst, err := readanalytics.NewAnalyst(a.engine, a.read)
	if err != nil {
		return http.Config{}, err
	}
	analyst.Embedder = a.finder.Embedder
	analyst.Own = inForce(a.configuration, analytics.OwnModule, analytics.ParseOwn).Current
	return http.Config{
		Events: log, Analyst: analyst, Configuration: a.configuration, Recipients: a.recipients, Catalogue: a.catalogue,
		Discovery: a.discovery, Recommendations: a.recommendations, Search: a.finder, Notices: a.lenient.notices,
		DB: a.read, Engine: a.engine, Reactions: a.book(), Authority: a.authority, Privacy: a.privacy(), Accounts: a.accounts, Sessions: a.sessions, Ready: a.ready, Charset: charset,
		Logger: a.logger, Tracing: a.tracing, Metrics: a.metrics, Version: version,
	}, nil
}

// certificates are those to speak TLS with; none: the server speaks in clear.
func (cmd serveCommand) certificates() ([]tls.Certificate, error) {
	if cmd.TLSCert == "" && cmd.TLSKey == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(cmd.TLSCert, cmd.TLSKey)
	if err != nil {
		return nil, domain.Invalid("tls_invalid", "--tls-cert (GIFTY_TLS_CERT) and --tls-key (GIFTY_TLS_KEY) must name a certificate and its key, in PEM").Because(err)
	}
	return []tls.Certificate{pair}, nil
}

// checkAddress keeps tokens from being sent in clear to other machines, unless that is wanted.
func (cmd serveCommand) checkAddress() error {
	host, _, err := net.SplitHostPort(cmd.Listen)
	if err != nil {
		return domain.Invalid("address_invalid", "--listen must be host:port, such as 127.0.0.1:8080")
	}
	if ip := net.ParseIP(host); cmd.Exposed || cmd.TLSCert != "" || host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return domain.Invalid("address_exposed", "other machines could reach %s, and their tokens would travel in clear; give a certificate (--tls-cert, --tls-key), or put a proxy that speaks TLS before it and say --exposed", cmd.Listen)
}

// ready tells whether the database answers.
func (a *app) ready(ctx context.Context) error {
	_, err := a.store.Head(ctx)
	return err
}

func welcome(c console, logger *slog.Logger, addr net.Addr, a *app) {
	logger.Info("serving", "address", addr.String(), "version", version, "embedder", a.embedder.Model().Name)
	fmt.Fprintf(c.out, "\nGifty is at http://%s\n  console      http://%s/console\n  API          http://%s/docs\n  embedder     %s\n  ideas from   %s\n  stop with    Ctrl-C\n\n", addr, addr, addr, a.embedderNote, a.config.Models.note())
}

type openapiCommand struct{}

// Run prints the API's description.
func (openapiCommand) Run(c console) error {
	description, err := http.OpenAPI()
	if err != nil {
		return err
	}
	_, err = c.out.Write(description)
	return err
}
