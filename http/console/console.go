// Package console is the pages on which an analyst looks at the product: key figures, funnels, the
// catalogue, people and sessions, read tables, the log itself, the configuration. They are rendered
// here and work without scripts as far as links and forms go; scripts add charts, live bars and
// following. The console decides nothing and keeps nothing but answers that it may ask for again.
package console

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"strings"
	"time"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/domain/analytics"
	"gifty/domain/configuration"
	"gifty/domain/recommendation"
	"gifty/projections"
	readanalytics "gifty/projections/analytics"
	"gifty/projections/events"
)

// Path is where the console is mounted: every link of its pages begins with it.
const Path = "/console"

// Config is what the console shows. All of it must be set but where it says otherwise.
type Config struct {
	DB            projections.Querier
	Engine        Engine
	Events        EventLog // nil: this server does not show its log
	Analyst       Analyst  // nil: this server does not ask its log
	Configuration configuration.Commands
	Blobs         recommendation.Blobs

	// Who finds out who asks, by what their browser sends or the token that they signed in with (empty:
	// they did not), and lets them in with the context that they act in.
	Who func(r *http.Request, token string) (context.Context, error)
	// May refuses who lacks a scope, besides the one that lets people in.
	May func(ctx context.Context, scope account.Scope) error
	// StartJob begins a job over the log that outlives the request, and tells of it once it runs.
	StartJob func(ctx context.Context, do func(context.Context, projections.RebuildOptions) error) (projections.Job, error)
	// Start runs what a page begins and does not wait for.
	Start func(do func(context.Context))
	// Fail logs an error and makes of it what a person may see.
	Fail func(ctx context.Context, err error) Failure
	// Stream begins an answer that goes on for long, in place of w, until leave is called; an error: there are too many.
	Stream func(ctx context.Context, w http.ResponseWriter) (answer http.ResponseWriter, leave func(), err error)
	// Stopping is closed when the server stops: pages that follow the log end then. nil: they go on.
	Stopping <-chan struct{}
	Now      func() time.Time
	Version  string
}

// Failure is what is told of an error.
type Failure struct {
	Status    int
	Code      string
	Message   string // empty: nothing but the request's id may be told
	RequestID string
	Fields    []domain.Field
}

// Engine keeps the read tables.
type Engine interface {
	Head(ctx context.Context) (domain.Position, error)
	Status(ctx context.Context) ([]projections.Status, error)
	Rebuild(ctx context.Context, tables []string, opt projections.RebuildOptions) error
	Jobs(ctx context.Context) ([]projections.Job, error)
	StopJob(ctx context.Context, id int64) error
}

// EventLog is the log, to be looked at.
type EventLog interface {
	Events(ctx context.Context, r events.Request) (iter.Seq2[events.Entry, error], error)
	Types() []string
	Fields(name string) []events.Field
}

// Analyst asks the log.
type Analyst interface {
	Funnels(ctx context.Context) ([]analytics.Definition, error)
	Prepare(ctx context.Context, q readanalytics.Question) (*readanalytics.Prepared, error)
	Live(ctx context.Context) (readanalytics.Answer, error)
	LiveKPIs(ctx context.Context, day time.Time) (analytics.KPIs, domain.Position, error)
	Former(ctx context.Context) (answer readanalytics.Answer, known bool, err error)
	FormerKPIs(ctx context.Context) (k analytics.KPIs, upTo domain.Position, known bool, err error)
	PrepareKPI(ctx context.Context, name string, day time.Time, upTo domain.Position) (*readanalytics.Prepared, error)
	Gaps(ctx context.Context, q readanalytics.GapQuestion) (analytics.Gaps, error)
}

// console holds what handlers need.
type console struct {
	Config
	words  map[string]*words // by language
	assets assets
	kpis   *kept[figures]
	live   *kept[shipped]
	gaps   *kept[analytics.Gaps]
	*answers
}

// New makes the handler of everything under Path.
func New(c Config) (http.Handler, error) {
	if c.DB == nil || c.Engine == nil || c.Who == nil || c.May == nil || c.StartJob == nil || c.Start == nil || c.Fail == nil || c.Stream == nil || c.Now == nil {
		return nil, errors.New("console: DB, Engine, Who, May, StartJob, Start, Fail, Stream and Now must be set")
	}
	texts, err := readWords()
	if err != nil {
		return nil, err
	}
	bundled, err := readAssets()
	if err != nil {
		return nil, err
	}
	p := &console{Config: c, words: texts, assets: bundled}
	p.kpis = newKept(c.Start, 0, p.figures)
	p.kpis.former = p.formerFigures
	p.live = newKept(c.Start, 0, p.shipped)
	p.live.former = p.formerShipped
	p.gaps = newKept(c.Start, time.Minute, p.lacking)
	if p.answers, err = newAnswers(c.StartJob); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+Path+"/assets/{name}", p.assets)
	mux.HandleFunc("POST "+Path+"/preferences", p.prefer)
	mux.HandleFunc("POST "+Path+"/sign-in", p.signIn)
	mux.HandleFunc("POST "+Path+"/sign-out", p.signOut)
	for route, fill := range map[string]func(*http.Request, *page) error{
		"GET /{$}": p.overview, "GET /events": p.events, "GET /funnels": p.funnels, "GET /behind": p.behind, "GET /gaps/{title}": p.gap,
		"GET /catalogue": p.catalogue, "GET /people": p.people, "GET /people/{id}": p.person, "GET /sessions": p.sessions, "GET /sessions/{id}": p.session,
		"GET /pages/{id}": p.servedPage, "GET /configuration": p.configuration, "GET /configuration/{module}": p.module,
		"GET /projections": p.projections, "POST /projections/rebuild": p.rebuild, "POST /jobs/{id}/stop": p.stopJob,
	} {
		mux.HandleFunc(under(route), p.serve(fill))
	}
	for route, answer := range map[string]func(http.ResponseWriter, *http.Request, *page) error{
		"GET /events/follow": p.followEvents, "GET /events/export": p.handOut, "GET /jobs/{id}/events": p.followJob,
	} {
		mux.HandleFunc(under(route), p.streaming(answer))
	}
	mux.Handle("GET "+Path, http.RedirectHandler(Path+"/", http.StatusMovedPermanently))
	mux.HandleFunc(Path+"/", p.serve(p.nothing))
	return mux, nil
}

// under puts a route under Path.
func under(route string) string {
	method, path, _ := strings.Cut(route, " ")
	return method + " " + Path + path
}
