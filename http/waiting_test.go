package http_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/eventstore"
	api "gifty/http"
)

var logAll = eventstore.Query{}

// flaky is a log whose reads fail as often as it is told to, as when the database is away.
type flaky struct {
	domain.Log
	failures atomic.Int64
}

func (f *flaky) away() error {
	if f.failures.Add(-1) >= 0 {
		return domain.Unavailable("log_unavailable", "the log's database does not answer; retry in a moment")
	}
	return nil
}

func (f *flaky) Streams(ctx context.Context, names ...string) (map[string][]domain.Recorded, error) {
	if err := f.away(); err != nil {
		return nil, err
	}
	return f.Log.Streams(ctx, names...)
}

func (f *flaky) Command(ctx context.Context, id uuid.UUID) (domain.StoredCommand, bool, error) {
	if err := f.away(); err != nil {
		return domain.StoredCommand{}, false, err
	}
	return f.Log.Command(ctx, id)
}

func TestCommandsWaitForTheDatabase(t *testing.T) {
	t.Parallel()
	var log flaky
	s := start(t, func(c *api.Config) { log.Log, c.Recipients.Log = c.Recipients.Log, &log })
	place := s.do("POST", "/v1/recipients", father).want(201).header.Get("Location")
	log.failures.Store(2)
	s.do("PATCH", place, `{"age":1}`, "Idempotency-Key", "k").want(200)
	if s.head() != 2 {
		t.Errorf("head %d", s.head())
	}
}

func TestCommandsGiveUpInTime(t *testing.T) {
	t.Parallel()
	var log flaky
	s := start(t, func(c *api.Config) {
		log.Log, c.Recipients.Log = c.Recipients.Log, &log
		c.Timeout = 100 * time.Millisecond
	})
	log.failures.Store(1 << 40)
	a := s.do("POST", "/v1/recipients", father, "Idempotency-Key", "k")
	a.problem(503, "log_unavailable")
	if a.header.Get("Retry-After") == "" || s.head() != 0 {
		t.Errorf("%v", a.header)
	}
}

func TestQueriesWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *api.Config) {
		away, err := pgxpool.New(t.Context(), "postgres://127.0.0.1:1/none")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(away.Close)
		c.DB = away
	})
	for _, path := range []string{"/v1/recipients", "/v1/products", "/v1/hypotheses/" + uuid.NewString()} {
		a := s.do("GET", path, "")
		a.problem(503, "database_unavailable")
		if a.header.Get("Retry-After") == "" {
			t.Errorf("%v", a.header)
		}
	}
}

// behind is an engine whose read tables get nowhere.
type behind struct {
	api.Engine
	waits bool // until the deadline, as the real one
}

func (b behind) Wait(ctx context.Context, _ domain.Position, _ ...string) error {
	if b.waits {
		<-ctx.Done()
	}
	return domain.Unavailable("projection_behind", "the answer does not include it yet")
}

func TestMinPosition(t *testing.T) {
	t.Parallel()
	s := start(t)
	created := s.do("POST", "/v1/recipients", father).want(201)
	place := created.header.Get("Location")
	late := start(t, func(c *api.Config) { c.Timeout, c.Engine = 50*time.Millisecond, behind{c.Engine, true} })
	for _, path := range []string{
		"/v1/recipients", "/v1/products", "/v1/categories", "/v1/product-embeddings", "/v1/hypotheses", "/v1/interactions", "/v1/search-logs",
		place, place + "/history", "/v1/products/x", "/v1/products/search?q=x", "/v1/hypotheses/" + uuid.NewString(), "/v1/hypotheses/" + uuid.NewString() + "/links",
	} {
		separator := map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")]
		if a := s.do("GET", path+separator+created.since(), ""); a.status != 200 && a.status != 404 {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		a := late.do("GET", path+separator+"min_position=1", "")
		a.problem(503, "projection_behind")
		if a.header.Get("Retry-After") == "" {
			t.Errorf("%v", a.header)
		}
	}
	s.do("GET", "/v1/recipients?min_position=-1", "").problem(422, "request_invalid")
	s.do("GET", "/v1/recipients?min_position=x", "").problem(422, "request_invalid")
}

// Ideas that are stored and cannot be read yet are not lost: the answer says where they are.
func TestIdeasThatCannotBeReadYet(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *api.Config) { c.Engine = behind{c.Engine, false} })
	a := s.do("POST", "/v1/hypotheses/generate", `{"session_id":"s1","quiz":{"interests":["чай"]}}`)
	a.problem(503, "projection_behind")
	if s.head() == 0 || !strings.Contains(string(a.body), "session s1") {
		t.Errorf("%s", a.body)
	}
}
