package http_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	api "gifty/http"
	"gifty/projections"
)

// faltering is an engine whose list of jobs is there the first times that it is asked for.
type faltering struct {
	api.Engine
	left atomic.Int32
}

func (f *faltering) Jobs(context.Context) ([]projections.Job, error) {
	if f.left.Add(-1) < 0 {
		return nil, errors.New("the secret is out")
	}
	return []projections.Job{{ID: 7, State: "running"}}, nil
}

func TestStreamsOfJobsThatCannotBeFollowed(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.do("GET", "/v1/jobs/999/events", "").problem(404, "job_not_found")
	s.do("GET", "/v1/jobs/0/events", "").problem(422, "request_invalid")
	engine := &faltering{}
	engine.left.Store(2)
	s = start(t, func(c *api.Config) { engine.Engine, c.Engine = c.Engine, engine })
	body := string(s.do("GET", "/v1/jobs/7/events", "").want(200).body)
	if !strings.Contains(body, "event: progress") || !strings.Contains(body, "event: error") || !strings.Contains(body, `"code":"internal"`) || strings.Contains(body, "secret") {
		t.Errorf("%s", body)
	}
	s.do("GET", "/v1/jobs/7/events", "").problem(500, "internal")
}

func TestRebuildFollowedThroughTheAPI(t *testing.T) {
	t.Parallel()
	s := start(t)
	created := s.do("POST", "/v1/recipients", `{"name":"Ann","interests":["tea"]}`).want(201)
	s.do("GET", "/v1/recipients?"+created.since(), "").want(200)

	var job projections.Job
	s.do("POST", "/v1/projections/rebuild", `{"tables":["recipients"]}`).want(202).into(&job)
	if job.Kind != "rebuild" || len(job.Tables) != 1 || job.Tables[0] != "recipients" {
		t.Errorf("the job is %+v", job)
	}
	stream := s.do("GET", fmt.Sprintf("/v1/jobs/%d/events", job.ID), "").want(200) // ends with the job
	if !strings.HasPrefix(stream.header.Get("Content-Type"), "text/event-stream") || !strings.Contains(string(stream.body), `"state":"done"`) {
		t.Errorf("the stream is %v\n%s", stream.header, stream.body)
	}
	if place := created.header.Get("Location"); s.do("GET", place, "").want(200).object()["name"] != "Ann" {
		t.Error("the rebuilt table lacks the recipient")
	}

	s.do("POST", "/v1/projections/recipients/rollback", "").want(202).into(&job)
	if end := s.follow(job); job.Kind != "rollback" || !strings.Contains(end, `"state":"done"`) {
		t.Errorf("the rollback %+v ends with %s", job, end)
	}
	if dropped := s.do("POST", "/v1/projections/prune", `{"tables":["recipients"]}`).want(200).object()["dropped"]; len(dropped.([]any)) != 1 {
		t.Errorf("pruned: %v", dropped)
	}
	s.do("POST", "/v1/projections/prune", `{"tables":["nonsense"]}`).problem(404, "read_table_not_found")
	s.do("POST", "/v1/projections/recipients/rollback", "").problem(404, "nothing_to_roll_back")
	s.do("POST", "/v1/projections/nonsense/rollback", "").problem(404, "read_table_not_found")
	s.do("POST", "/v1/projections/rebuild", `{"tables":["nonsense"]}`).problem(404, "read_table_not_found")
	s.do("POST", "/v1/projections/rebuild", `{"tables":[]}`).problem(422, "no_table")
	s.do("POST", "/v1/projections/rebuild", `{"all":true,"memory_mib":64,"workers":2}`).want(202).into(&job)
	if end := s.follow(job); !strings.Contains(end, `"state":"done"`) {
		t.Errorf("rebuilding all ends with %s", end)
	}
	s.do("POST", fmt.Sprintf("/v1/jobs/%d/stop", job.ID), `{}`).problem(404, "job_not_found")
}

// follow reads a job's events to their end.
func (s *server) follow(job projections.Job) string {
	s.Helper()
	return string(s.do("GET", fmt.Sprintf("/v1/jobs/%d/events", job.ID), "").want(200).body)
}

func TestLookingBackAndVerifyingThroughTheAPI(t *testing.T) {
	t.Parallel()
	s := start(t)
	before := s.head()
	created := s.do("POST", "/v1/recipients", `{"name":"Ann","interests":["tea"]}`).want(201)
	s.do("GET", "/v1/recipients?"+created.since(), "").want(200)
	var job projections.Job
	s.do("POST", "/v1/as-of", fmt.Sprintf(`{"schema":"then","position":%d,"tables":["recipients"]}`, before)).want(202).into(&job)
	if end := s.follow(job); job.Kind != "as_of" || !strings.Contains(end, `"state":"done"`) {
		t.Fatalf("%+v ends with %s", job, end)
	}
	var rows int
	if err := s.pool.QueryRow(t.Context(), `SELECT count(*) FROM "then".recipients`).Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d recipients before the first: %v", rows, err)
	}
	if list := s.do("GET", "/v1/as-of", "").want(200).object()["items"]; len(list.([]any)) != 1 {
		t.Errorf("%v", list)
	}
	s.do("DELETE", "/v1/as-of/then", "").want(204)
	s.do("DELETE", "/v1/as-of/public", "").problem(404, "as_of_not_found")
	s.do("POST", "/v1/as-of", `{"schema":"then"}`).problem(422, "no_moment")
	s.do("POST", "/v1/as-of", `{"schema":"pg_then","time":"2999-01-01T00:00:00Z"}`).problem(422, "schema_invalid")
	s.do("POST", "/v1/as-of", `{"schema":"before","time":"2020-01-01T00:00:00Z"}`).problem(422, "nothing_yet")

	if v := s.do("GET", "/v1/projections/verification?deep=true&workers=2", "").want(200).object(); len(v["findings"].([]any)) != 0 || len(v["tables"].([]any)) == 0 {
		t.Errorf("%v", v)
	}
	if _, err := s.pool.Exec(t.Context(), "UPDATE recipients SET name = 'Bob'"); err != nil {
		t.Fatal(err)
	}
	if v := fmt.Sprint(s.do("GET", "/v1/projections/verification?deep=true", "").want(200).object()["findings"]); !strings.Contains(v, "column:name") || !strings.Contains(v, "table:recipients") {
		t.Error(v)
	}
}

// What requests have begun is waited for, by whoever runs the server.
func TestJobsAreStartedWhereTheyAreAwaited(t *testing.T) {
	t.Parallel()
	started := make(chan func(context.Context), 1)
	s := start(t, func(c *api.Config) {
		c.Start = func(do func(context.Context)) {
			started <- do
			go do(t.Context())
		}
	})
	s.do("POST", "/v1/projections/rebuild", `{"tables":["recipients"]}`).want(202)
	if len(started) != 1 {
		t.Error("the rebuild was started elsewhere")
	}
}
