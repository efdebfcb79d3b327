package http_test

import (
	"fmt"
	"strings"
	"testing"

	"gifty/projections"
)

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

	s.do("POST", "/v1/projections/recipients/rollback", `{}`).want(204)
	if dropped := s.do("POST", "/v1/projections/prune", `{}`).want(200).object()["dropped"]; len(dropped.([]any)) == 0 {
		t.Error("nothing was pruned")
	}
	s.do("POST", "/v1/projections/rebuild", `{"tables":["nonsense"]}`).problem(404, "read_table_not_found")
	s.do("POST", fmt.Sprintf("/v1/jobs/%d/stop", job.ID), `{}`).problem(404, "job_not_found")
}
