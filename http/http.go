// Package http speaks HTTP for the product: the operations of its OpenAPI description under /v1,
// a file per context, and what goes with them — errors, request ids, logs, metrics, health,
// documentation. It decides nothing: commands go to the domain, queries to the read tables.
package http

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/domain/catalogue"
	"gifty/domain/configuration"
	"gifty/domain/discovery"
	"gifty/domain/recipient"
	"gifty/domain/recommendation"
	"gifty/projections"
	products "gifty/projections/catalogue"
	"gifty/projections/credential"
	"gifty/projections/events"
)

// Config is what the API is put together from.
type Config struct {
	Configuration   configuration.Commands
	Recipients      recipient.Commands
	Catalogue       catalogue.Commands
	Discovery       discovery.Commands
	Recommendations recommendation.Commands
	Search          Searcher
	DB              projections.Querier
	Engine          Engine
	Events          EventLog // nil: this server does not show its log
	Analyst         Analyst  // nil: this server does not ask its log
	Reactions       Reactions
	Authority       Authority
	Accounts        account.Commands
	Sessions        Sessions
	Privacy         Privacy

	// Ready tells what keeps the server from working, besides read tables: the database, its schema.
	// A domain error's message is shown.
	Ready func(context.Context) error
	// Notices tells what is not as it should be with searches just now, for people; nil: all is well.
	Notices func() []string
	// Charset reads feeds in encodings other than UTF-8; nil refuses them.
	Charset func(label string, r io.Reader) (io.Reader, error)

	// Start runs what a request begins and does not wait for, with a context that ends when it must;
	// nil: nobody waits for it.
	Start func(do func(context.Context))

	// Stopping is closed when the server stops: streams end then. nil: they go on.
	Stopping <-chan struct{}

	Logger  *slog.Logger         // nil: no logs
	Tracing trace.TracerProvider // told of every request; nil: nobody is
	Metrics *prometheus.Registry // what /metrics shows; nil: only what this package measures
	Version string               // the program's
	// Hosts are further names under which a server on a loopback address may be addressed, as by a
	// proxy that passes the Host header on.
	Hosts []string
	// Home is the pages that people use; nil: those of this server.
	Home *url.URL
	// Proxies are the networks of our own proxies, which are believed as to where a request came from.
	Proxies []netip.Prefix

	Rate      int           // requests a minute of one caller, but from this machine; 0: no limit
	MaxBody   int64         // bytes of a JSON body; 1 MiB when zero
	MaxImport int64         // bytes of an imported feed, unpacked; 1 GiB when zero
	Timeout   time.Duration // of a request, but for imports and streams; 30 seconds when zero
	Stall     time.Duration // how long a client may take in nothing of a stream, or send nothing of a feed; a minute when zero
}

// Searcher finds products for a person's words.
type Searcher interface {
	Search(ctx context.Context, req products.SearchRequest) (products.SearchResult, error)
}

// Sessions lists a user's sessions.
type Sessions interface {
	List(ctx context.Context, user uuid.UUID) ([]credential.Session, error)
}

// EventLog is the log, to be looked at.
type EventLog interface {
	// Events yields what is asked for; the error refuses the request before anything is read.
	Events(ctx context.Context, r events.Request) (iter.Seq2[events.Entry, error], error)
	// Types lists the stored names of all events that there can be, and Fields what one of them can say.
	Types() []string
	Fields(name string) []events.Field
}

// Engine keeps the read tables.
type Engine interface {
	// Head is the log's last position.
	Head(ctx context.Context) (domain.Position, error)
	// Wait returns when the tables hold everything up to position.
	Wait(ctx context.Context, position domain.Position, tables ...string) error
	// Status lists how far each table is.
	Status(ctx context.Context) ([]projections.Status, error)
	// Rebuild makes tables anew from the log and returns when they serve.
	Rebuild(ctx context.Context, tables []string, opt projections.RebuildOptions) error
	// AsOf makes tables as they were at a position, in a schema of their own.
	AsOf(ctx context.Context, schema string, position domain.Position, tables []string, opt projections.RebuildOptions) error
	// PositionAt is where the log was at a moment.
	PositionAt(ctx context.Context, at time.Time) (domain.Position, error)
	// AsOfSchemas lists what AsOf has made.
	AsOfSchemas(ctx context.Context) ([]projections.AsOfSchema, error)
	// DropAsOf drops a schema that AsOf has made.
	DropAsOf(ctx context.Context, schema string) error
	// Verify looks whether the log is whole and the tables are what it says.
	Verify(ctx context.Context, opt projections.VerifyOptions) (projections.Verification, error)
	// Rollback makes a table's former version serve again.
	Rollback(ctx context.Context, table string, opt projections.RebuildOptions) error
	// Prune drops former versions, and names what it dropped.
	Prune(ctx context.Context, tables ...string) ([]string, error)
	// Jobs lists the latest rebuilds and their like.
	Jobs(ctx context.Context) ([]projections.Job, error)
	// StopJob asks a running job to stop.
	StopJob(ctx context.Context, id int64) error
	// JobResult is what a job has answered.
	JobResult(ctx context.Context, id int64) (json.RawMessage, error)
	// Moved gives a channel that is closed when some table moves next.
	Moved() <-chan struct{}
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = discard
	}
	if c.Start == nil {
		c.Start = func(do func(context.Context)) { go do(context.Background()) }
	}
	if c.Metrics == nil {
		c.Metrics = prometheus.NewRegistry()
	}
	if c.Ready == nil {
		c.Ready = func(context.Context) error { return nil }
	}
	if c.Notices == nil {
		c.Notices = func() []string { return nil }
	}
	if c.MaxBody <= 0 {
		c.MaxBody = 1 << 20
	}
	if c.MaxImport <= 0 {
		c.MaxImport = 1 << 30
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.Stall <= 0 {
		c.Stall = time.Minute
	}
	return c
}

// api holds what handlers need.
type api struct {
	Config
	huma      huma.API
	mux       *http.ServeMux
	metrics   metrics
	limits    *limits
	followers followers
}

// New makes the handler of the whole server.
func New(c Config) (http.Handler, error) {
	if c.Search == nil || c.DB == nil || c.Engine == nil || c.Reactions == nil || c.Authority == nil || c.Privacy == nil {
		return nil, errors.New("http: Search, DB, Engine, Reactions, Authority and Privacy must be set")
	}
	a := newAPI(c)
	var err error
	if a.metrics, err = newMetrics(a.Metrics); err != nil {
		return nil, fmt.Errorf("http metrics: %w", err)
	}
	if err := a.pages(); err != nil {
		return nil, err
	}
	return a.traced(a.observe(secure(a.named(sameOrigin(a.bounded(http.HandlerFunc(a.route))))))), nil
}

// OpenAPI is the API's description, as /openapi.json serves it.
func OpenAPI() ([]byte, error) { return newAPI(Config{}).describe() }

func (a *api) describe() ([]byte, error) {
	b, err := json.MarshalIndent(a.huma.OpenAPI(), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("describe the API: %w", err)
	}
	return append(b, '\n'), nil
}

func newAPI(c Config) *api {
	a := &api{Config: c.withDefaults(), mux: http.NewServeMux(), limits: newLimits(c.Rate), followers: followers{sessions: map[uuid.UUID]*followed{}}}
	a.followers.api = a
	a.huma = humago.New(a.mux, huma.Config{
		OpenAPI: description(),
		Formats: map[string]huma.Format{
			"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat,
		},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{a.fromHuma},
	})
	a.huma.UseMiddleware(a.begin)
	for _, register := range []func(*api){
		registerGivers, registerAccounts, registerProfile, registerSessions, registerPrivacy, registerProviders, registerRecipients, registerProducts, registerImport, registerSearch, registerAudit, registerHypotheses, registerDiscoveries, registerRecommendations,
		registerInteractions, registerProjections, registerAsOf, registerJobs, registerReactions, registerConfiguration, registerEvents, registerFunnels,
	} {
		register(a)
	}
	openAnswers(a.huma.OpenAPI())
	return a
}

// route is the mux, but answers what it does not know with Problems.
func (a *api) route(w http.ResponseWriter, r *http.Request) {
	handler, pattern := a.mux.Handler(r)
	if pattern != "" {
		a.mux.ServeHTTP(w, r)
		return
	}
	refusal := &header{http.Header{}}
	handler.ServeHTTP(refusal, r)
	if allow := refusal.Header().Get("Allow"); allow != "" {
		w.Header().Set("Allow", allow)
		newProblem(http.StatusMethodNotAllowed, "method_not_allowed", "use "+allow+" here").write(w, r)
		return
	}
	newProblem(http.StatusNotFound, "route_not_found", "there is nothing at this address; /docs lists what there is").write(w, r)
}

// header keeps what a handler says in its header alone.
type header struct{ h http.Header }

func (w *header) Header() http.Header         { return w.h }
func (w *header) Write(b []byte) (int, error) { return len(b), nil }
func (w *header) WriteHeader(int)             {}
