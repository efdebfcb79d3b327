package http_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/trace"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/domain/analytics"
	"gifty/domain/catalogue"
	"gifty/domain/configuration"
	"gifty/domain/discovery"
	"gifty/domain/discovery/builtin"
	"gifty/domain/erasure"
	"gifty/domain/recipient"
	"gifty/domain/recommendation"
	"gifty/eventstore"
	"gifty/eventstore/keyring"
	"gifty/eventstore/pgtest"
	api "gifty/http"
	"gifty/projections"
	readaccounts "gifty/projections/account"
	readanalytics "gifty/projections/analytics"
	products "gifty/projections/catalogue"
	configurations "gifty/projections/configuration"
	"gifty/projections/credential"
	ideas "gifty/projections/discovery"
	"gifty/projections/events"
	recipients "gifty/projections/recipient"
	recommendations "gifty/projections/recommendation"
	"gifty/projections/subject"
)

// server is the real handler on the real store and read tables.
type server struct {
	*testing.T
	url    string
	web    http.Handler // behind the url
	pool   *pgxpool.Pool
	log    *eventstore.Store
	engine *projections.Engine
	finder *finder
	ranker *ranker
	// tracing is told of spans; nil: nobody is.
	tracing trace.TracerProvider

	discovery discovery.Commands
	authority authority
	mails     *mails
	privacy   subject.Privacy
	logs      *log // at every level
}

// logger writes into the logs, and with VERBOSE set among what the test says.
func (s *server) logger() *slog.Logger {
	out := io.Writer(s.logs)
	if os.Getenv("VERBOSE") != "" {
		out = io.MultiWriter(s.logs, s.Output())
	}
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

var signer = account.Signer{Key: []byte("a key of thirty-two bytes, or so")}

// today is the day on which ages are reckoned.
var today = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// giverHeader chooses the giver in tests, and nobody; without it requests bear the local admin's token.
const giverHeader = "Test-Giver"

const localToken = "admin"

// authority takes tokens that say of themselves who they stand for: admin, giver:<id>, scope:<scope>.
type authority struct {
	account.Signer
	real *credential.Authority
}

func (a authority) Identify(ctx context.Context, secret string) (account.Identity, error) {
	kind, of, _ := strings.Cut(secret, ":")
	switch kind {
	case localToken:
		return account.Identity{Service: uuid.Max, Giver: domain.LocalGiver.Giver, Scopes: []account.Scope{account.Admin}}, nil
	case "giver":
		id, err := uuid.Parse(of)
		return account.Identity{Giver: id, Session: id}, err
	case "scope":
		return account.Identity{Service: uuid.Max, Scopes: []account.Scope{account.Scope(of)}}, nil
	}
	if a.real != nil && strings.HasPrefix(secret, "gifty_") && !account.IsAnonymous(secret) {
		return a.real.Identify(ctx, secret)
	}
	return a.Verify(secret, today)
}

func (a authority) Anonymous(giver uuid.UUID) account.AnonymousToken {
	return account.AnonymousToken{GiverID: giver, Token: a.Sign(giver, today), ExpiresAt: today.Add(account.AnonymousLifetime)}
}

// authorize adds the token of who asks.
func authorize(r *http.Request) {
	switch giver := r.Header.Get(giverHeader); {
	case r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" || giver == "nobody":
	case giver != "":
		r.Header.Set("Authorization", "Bearer giver:"+giver)
	default:
		r.Header.Set("Authorization", "Bearer "+localToken)
	}
	r.Header.Del(giverHeader)
}

// sealedBy are keys of a database, wrapped by one of the test's own.
func sealedBy(t *testing.T, pool *pgxpool.Pool) *eventstore.Keys {
	t.Helper()
	ring, err := keyring.New()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := eventstore.OpenKeys(t.Context(), pool, ring)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// start serves what config makes of the usual.
func start(t *testing.T, change ...func(*api.Config)) *server {
	t.Helper()
	return startTraced(t, nil, change...)
}

// startTraced is start for a server whose spans somebody is told.
func startTraced(t *testing.T, tracing trace.TracerProvider, change ...func(*api.Config)) *server {
	t.Helper()
	pool := empty.New(t)
	types, err := registered()
	if err != nil {
		t.Fatal(err)
	}
	types = types.With(sealedBy(t, pool))
	s := &server{T: t, pool: pool, tracing: tracing, finder: &finder{}, ranker: &ranker{}, mails: &mails{came: make(chan account.Mail, 100)}, logs: &log{}}
	s.log = eventstore.Open(pool, types, eventstore.Options{Tracing: tracing, Logger: s.logger()})
	t.Cleanup(s.log.Close)
	s.project(types)
	s.authority = authority{signer, credential.NewAuthority(signer, func() time.Time { return today }, pool)}
	env := domain.Environment{Now: func() time.Time { return today }, NewID: func() uuid.UUID { return uuid.Must(uuid.NewV7()) }}
	settings := configuration.Commands{Log: s.log, Modules: []configuration.Module{dialogueRules(), quizQuestions(), ownFunnels(types)}}
	s.discovery = discovery.Commands{
		Configured: configured{configuration.NewParsed(settings, discovery.RulesModule, func(config []byte, _ string) (discovery.Rules, error) {
			return discovery.ParseRules(config)
		})},
		Log: s.log, Env: env, Recipients: people{s.log}, Products: goods{s.log}, Generator: generator{}, Finder: s.finder,
		Adviser: builtin.NewAdviser(builtin.New(), builtin.Shipped()),
	}
	read := projections.Reader{Pool: pool, Types: types}
	config := api.Config{
		Configuration:   settings,
		Recipients:      recipient.Commands{Log: s.log, Env: env},
		Catalogue:       catalogue.Commands{Log: s.log},
		Discovery:       s.discovery,
		Recommendations: recommendation.Commands{Log: s.log, Env: env, Recipients: wards{people{s.log}}, Recommender: s.ranker, Blobs: s.log},
		Search:          products.Finder{DB: read, Embedder: embedder{}},
		DB:              read, Engine: s.engine, Reactions: s.book(), Events: events.NewBrowser(pool, types, nil), Authority: s.authority, Accounts: s.accounts(env), Sessions: credential.Sessions{DB: pool, Forget: s.authority.real.Forget}, Version: "test", Tracing: tracing, Logger: s.logger(),
		Ready: func(ctx context.Context) error { return pool.Ping(ctx) },
	}
	s.privacy = subject.Privacy{Pool: pool, Log: s.log, Engine: s.engine, Recipients: config.Recipients, Accounts: config.Accounts, Forget: s.authority.real.Forget}
	config.Privacy = s.privacy
	analyst, err := readanalytics.NewAnalyst(s.engine, read)
	if err != nil {
		t.Fatal(err)
	}
	analyst.Embedder = embedder{}
	analyst.Own = configuration.NewParsed(settings, analytics.OwnModule, func(config []byte, _ string) ([]analytics.Definition, error) {
		return analytics.ParseOwn(config)
	}).Current
	config.Analyst = analyst
	for _, c := range change {
		c(&config)
	}
	handler, err := api.New(config)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(handler)
	t.Cleanup(web.Close)
	s.url, s.web = web.URL, handler
	return s
}

func registered() (*eventstore.Types, error) {
	return eventstore.NewTypes(slices.Concat(account.Events(), configuration.Events(), erasure.Events(), recipient.Events(), catalogue.Events(), discovery.Events(), recommendation.Events())...)
}

func readTables() []projections.Definition {
	return []projections.Definition{
		readaccounts.Users, readaccounts.Profiles, readaccounts.OAuthAccounts,
		readanalytics.FunnelWays, recipients.Recipients, recipients.History, products.Products, products.CategoryMaps, products.Embeddings,
		ideas.Hypotheses, ideas.Links, ideas.Interactions, ideas.SearchLogs, ideas.Sessions, ideas.Outcomes, ideas.ModelCalls, ideas.Steps, configurations.Configurations,
		recommendations.Recommendations, recommendations.Items, recommendations.Reactions, recommendations.RankingStatistics,
	}
}

// empty is a database with the read tables.
var empty = pgtest.Template{Prepare: func(ctx context.Context, pool *pgxpool.Pool) error {
	types, err := registered()
	if err != nil {
		return err
	}
	engine, err := projections.New(pool, types, readTables(), projections.Options{})
	if err != nil {
		return err
	}
	return engine.Prepare(ctx)
}}

func (s *server) project(types *eventstore.Types) {
	s.Helper()
	var err error
	s.engine, err = projections.New(s.pool, types, readTables(), projections.Options{Tracing: s.tracing, Logger: s.logger(), Conns: 4})
	if err != nil {
		s.Fatal(err)
	}
	if err := s.engine.Prepare(s.Context()); err != nil {
		s.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.Context()))
	ended := make(chan error, 1)
	go func() { ended <- s.engine.Run(ctx) }()
	s.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			s.Error(err)
		}
	})
}

// in is the same server for a part of its test.
func (s *server) in(t *testing.T) *server {
	part := *s
	part.T = t
	return &part
}

// head is the log's last position.
func (s *server) head() domain.Position {
	s.Helper()
	head, err := s.log.Head(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	return head
}

// answer is what came back.
type answer struct {
	server *server
	status int
	header http.Header
	body   []byte
	asked  string
}

// do sends a request. headers are name, value, name, value …
func (s *server) do(method, path, body string, headers ...string) answer {
	s.Helper()
	return s.stream(method, path, strings.NewReader(body), headers...)
}

func (s *server) stream(method, path string, body io.Reader, headers ...string) answer {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), method, s.url+path, body)
	if err != nil {
		s.Fatal(err)
	}
	if method != "GET" && method != "DELETE" {
		req.Header.Set("Content-Type", "application/json")
	}
	for pair := range slices.Chunk(headers, 2) {
		if req.Header.Set(pair[0], pair[1]); pair[0] == "Host" {
			req.Host = pair[1]
		}
	}
	authorize(req)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	return answer{s, res.StatusCode, res.Header, got, method + " " + path}
}

// want checks the status and returns the answer for more.
func (a answer) want(status int) answer {
	a.server.Helper()
	if a.status != status {
		a.server.Fatalf("%s: %d, want %d\n%s", a.asked, a.status, status, a.body)
	}
	return a
}

// into decodes the body.
func (a answer) into(v any) answer {
	a.server.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		a.server.Fatalf("%s: %v\n%s", a.asked, err, a.body)
	}
	return a
}

// object is the body as a map.
func (a answer) object() map[string]any {
	a.server.Helper()
	var o map[string]any
	a.into(&o)
	return o
}

// problem checks that the answer is one, with this status and code, and returns the locations blamed.
func (a answer) problem(status int, code string) []string {
	a.server.Helper()
	var p api.Problem
	a.want(status).into(&p)
	if p.Code != code || p.Status != status || p.Title == "" || p.RequestID == "" || p.RequestID != a.header.Get("X-Request-Id") ||
		a.header.Get("Content-Type") != "application/problem+json" {
		a.server.Errorf("%s: want problem %s\n%v\n%s", a.asked, code, a.header, a.body)
	}
	if bytes.Contains(a.body, []byte("Go ")) || bytes.Contains(a.body, []byte("gifty/")) {
		a.server.Errorf("%s: the problem talks of the program\n%s", a.asked, a.body)
	}
	var locations []string
	for _, f := range p.Errors {
		locations = append(locations, f.Path)
	}
	return locations
}

// since is the query that waits for what the answer did.
func (a answer) since() string { return "min_position=" + a.header.Get("Gifty-Position") }

// each reads a list to its end, page by page, and returns one field of every item.
func (s *server) each(path string, limit int, field string) (values []string, pages int) {
	s.Helper()
	separator := map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")]
	for cursor := ""; ; {
		var page struct {
			Items []map[string]any `json:"items"`
			Next  string           `json:"next"`
		}
		s.do("GET", fmt.Sprintf("%s%slimit=%d&cursor=%s", path, separator, limit, cursor), "").want(200).into(&page)
		pages++
		for _, item := range page.Items {
			values = append(values, fmt.Sprint(item[field]))
		}
		if cursor = page.Next; cursor == "" {
			return values, pages
		}
	}
}

// configured tells dialogues the rules in force.
type configured struct {
	rules *configuration.Parsed[discovery.Rules]
}

func (c configured) Rules(ctx context.Context) (discovery.Rules, map[string]int, error) {
	rules, version, err := c.rules.Current(ctx)
	return rules, map[string]int{discovery.RulesModule: version}, err
}

// people shows recipients to discovery, as the program's wiring does.
type people struct{ log domain.Log }

func (p people) Recipient(ctx context.Context, id uuid.UUID) (discovery.Person, error) {
	r, err := recipient.Load(ctx, p.log, id)
	if err != nil {
		return discovery.Person{}, err
	}
	return discovery.Person{
		ID: id, Relation: cmp.Or(r.Profile.Person, string(r.Profile.Relation)), Age: r.Profile.AgeAt(today),
		Interests: r.Profile.Interests, Unchanged: r.Write(),
	}, nil
}

// goods shows the catalogue to discovery.
type goods struct{ log domain.Log }

func (g goods) ProductExists(ctx context.Context, giftID string) (bool, error) {
	streams, err := g.log.Streams(ctx, catalogue.ProductStream(giftID))
	return len(streams) > 0, err
}

// importJSONL imports one product a title and returns the answer.
func (s *server) importJSONL(source string, titles ...string) answer {
	s.Helper()
	var lines strings.Builder
	for i, title := range titles {
		fmt.Fprintf(&lines, `{"id":"%d","title":%q,"price":%d,"currency":"RUB","product_url":"https://shop.example/%d","category":"c%d","merchant":"m"}`+"\n",
			i+1, title, 100*(i+1), i+1, i%2)
	}
	return s.do("POST", "/v1/products/import?source="+source, lines.String(), "Content-Type", "application/x-ndjson").want(200)
}
