package http_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	api "gifty/http"
	"gifty/projections"
	readanalytics "gifty/projections/analytics"
)

func TestFunnelsThroughTheAPI(t *testing.T) {
	t.Parallel()
	s := start(t)
	if list := s.do("GET", "/v1/funnels", "").want(200).object()["items"].([]any); len(list) < 4 {
		t.Errorf("%v", list)
	}
	s.do("POST", "/v1/funnels/run", `{"names":["quiz"]}`).problem(422, "range_empty")
	s.do("POST", "/v1/recipients", `{"name":"Ann","interests":["tea"]}`).want(201)
	var job projections.Job
	mine := `{"name":"mine","entity":"giver","window":"7d","steps":[{"name":"one","events":[{"type":"recipient.created.v1"}]}]}`
	s.do("POST", "/v1/funnels/run", `{"names":["quiz"],"definitions":[`+mine+`]}`).want(202).into(&job)
	s.follow(job)
	var answer readanalytics.Answer
	result := s.do("GET", fmt.Sprintf("/v1/jobs/%d/result", job.ID), "").want(200)
	if err := json.Unmarshal(result.body, &answer); err != nil || len(answer.Reports) != 2 || answer.Reports[1].Steps[0].Count != 1 || answer.UpTo != s.head() {
		t.Errorf("%s %v", result.body, err)
	}
	s.wantTables(fmt.Sprintf("/v1/jobs/%d/result", job.ID), answer.Rows())
	s.do("GET", "/v1/jobs/999/result", "").problem(404, "job_result_not_found")
	s.do("POST", "/v1/funnels/run", `{"names":["nonsense"]}`).problem(404, "funnel_not_found")
	s.do("POST", "/v1/funnels/run", `{}`).problem(422, "funnels_invalid")
	s.do("POST", "/v1/funnels/run", `{"names":["quiz"],"from":"2026-02-01T00:00:00Z","to":"2026-01-01T00:00:00Z"}`).problem(422, "range_invalid")
	spoilt := func(window, event, field string) string {
		return fmt.Sprintf(`{"name":"x","entity":"giver","window":%q,"steps":[{"name":"a","events":[{"type":%q,"where":[{"field":%q,"is":["x"]}]}]}]}`, window, event, field)
	}
	for _, c := range []struct{ definition, code, at string }{
		{spoilt("0s", "recipient.created.v1", "relation"), "funnel_invalid", "body.definitions[1].window"},
		{spoilt("1h", "recipient.born.v1", "relation"), "funnel_invalid", "body.definitions[1].steps[0].events[0].type"},
		{spoilt("1h", "recipient.created.v1", "colour"), "funnel_invalid", "body.definitions[1].steps[0].events[0].where[0].field"},
		{spoilt("1h", "recipient.created.v1", "name"), "funnel_invalid", "body.definitions[1].steps[0].events[0].where[0]"},
		{spoilt("soon", "recipient.created.v1", "relation"), "request_invalid", "30m, 12h or 7d"},
	} {
		a := s.do("POST", "/v1/funnels/run", `{"names":["quiz"],"definitions":[`+mine+`,`+c.definition+`]}`)
		if a.problem(422, c.code); !strings.Contains(string(a.body), c.at) {
			t.Errorf("%s: %s", c.at, a.body)
		}
	}
	if r := s.do("GET", "/v1/funnels/pages", "").want(200).object(); r["funnel"] != "pages" || r["position"] != float64(s.head()) || len(r["steps"].([]any)) != 4 {
		t.Errorf("%v", r)
	}
	s.do("GET", "/v1/funnels/nonsense", "").problem(404, "funnel_not_found")
	if k := s.do("GET", "/v1/kpis?days=7", "").want(200).object(); k["active_givers"] != 1.0 || len(k["trend"].([]any)) != 7 || k["health"] != nil {
		t.Errorf("%v", k)
	}
	s.do("GET", "/v1/kpis?day=2020-01-01", "").problem(422, "range_empty")
	if g := s.do("GET", fmt.Sprintf("/v1/gaps?below=0.5&personal=true&min_position=%d", s.head()), "").want(200).object(); g["asked"] != 0.0 || len(g["gaps"].([]any)) != 0 {
		t.Errorf("%v", g)
	}
	s.do("GET", "/v1/gaps?below=2", "").problem(422, "request_invalid")
	s = start(t, func(c *api.Config) { c.Analyst = nil })
	s.do("POST", "/v1/funnels/run", `{"names":["quiz"]}`).problem(503, "log_not_asked")
	s.do("GET", "/v1/kpis", "").problem(503, "log_not_asked")
	s.do("GET", "/v1/gaps", "").problem(503, "log_not_asked")
	s.do("GET", "/v1/funnels", "").problem(503, "log_not_asked")
}

// wantTables reads an answer back from the formats that are tables.
func (s *server) wantTables(path string, want []readanalytics.Row) {
	s.Helper()
	file := s.do("GET", path+"?format=parquet", "").want(200)
	if rows, err := parquet.Read[readanalytics.Row](bytes.NewReader(file.body), int64(len(file.body))); err != nil || !reflect.DeepEqual(rows, want) || file.header.Get("Content-Type") != "application/vnd.apache.parquet" {
		s.Errorf("%v: %+v, %v", file.header, rows, err)
	}
	text := s.do("GET", path+"?format=csv", "").want(200)
	if lines, err := csv.NewReader(bytes.NewReader(text.body)).ReadAll(); err != nil || len(lines) != len(want)+1 || lines[1][0] != want[0].Funnel || text.header.Get("Content-Type") != "text/csv; charset=utf-8" {
		s.Errorf("%v: %q, %v", text.header, lines, err)
	}
	s.do("GET", path+"?format=xml", "").problem(422, "request_invalid")
}

// Who may not see personal fields may not see what others, who may, have asked about them.
func TestAnswersAboutPersonalFieldsAreForWhoMaySeeThem(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.do("POST", "/v1/recipients", `{"name":"Ann","age":41,"interests":["tea"]}`).want(201)
	ask := func(personal bool) (result string) {
		var job projections.Job
		s.do("POST", "/v1/funnels/run", fmt.Sprintf(`{"personal":%t,"definitions":[{"name":"mine","entity":"recipient","window":"7d",
			"steps":[{"name":"one","events":[{"type":"recipient.created.v1"}]}],"breakdowns":[{"name":"age","field":"age","bands":%s}]}]}`,
			personal, map[bool]string{true: "[]", false: "[18,65]"}[personal])).want(202).into(&job)
		s.follow(job)
		return fmt.Sprintf("/v1/jobs/%d/result", job.ID)
	}
	reader := []string{"Authorization", "Bearer scope:analyst:read"}
	told := ask(true)
	for _, format := range []string{"", "?format=csv", "?format=parquet"} {
		s.do("GET", told+format, "", reader...).problem(403, "scope_needed")
	}
	if body := s.do("GET", told, "").want(200).body; !strings.Contains(string(body), `"41"`) {
		t.Errorf("%s", body)
	}
	s.do("GET", ask(false), "", reader...).want(200)
}

// Funnels of one's own are versions of a module of the configuration, and asked by name as the product's.
func TestFunnelsOfOnesOwnThroughTheAPI(t *testing.T) {
	t.Parallel()
	s := start(t)
	const versions = "/v1/configurations/funnels/versions"
	mine := func(event, window string) string {
		return fmt.Sprintf(`{"activate":true,"config":{"mine":{"entity":"giver","window":%q,"steps":[{"name":"one","events":[{"type":%q}]}]}}}`, window, event)
	}
	s.do("POST", "/v1/recipients", `{"name":"Ann","interests":["tea"]}`).want(201)
	s.do("GET", "/v1/funnels/mine", "").problem(404, "funnel_not_found")
	s.do("POST", versions, mine("recipient.created.v1", "7d")).want(201)
	if list := s.do("GET", "/v1/funnels", "").want(200).object()["items"].([]any); list[len(list)-1].(map[string]any)["name"] != "mine" {
		t.Errorf("%v", list)
	}
	if r := s.do("GET", "/v1/funnels/mine", "").want(200).object(); r["funnel"] != "mine" || r["position"] != float64(s.head()) || r["steps"].([]any)[0].(map[string]any)["count"] != 1.0 {
		t.Errorf("%v", r)
	}
	var job projections.Job
	s.do("POST", "/v1/funnels/run", `{"names":["mine","quiz"]}`).want(202).into(&job)
	s.follow(job)
	page := s.do("GET", "/console/funnels?funnel=mine", "")
	if bare := page.status == 503; !bare && (page.status != 200 || !strings.Contains(string(page.body), "funnel=mine")) { // bare: built without the console's scripts
		t.Errorf("%d: %s", page.status, page.body)
	}
	for _, bad := range []string{mine("recipient.born.v1", "7d"), mine("recipient.created.v1", "0s")} {
		s.do("POST", versions, bad).problem(422, "own_funnels_invalid")
	}
	s.do("POST", "/v1/configurations/funnels/roll-back", "").want(200)
	s.do("GET", "/v1/funnels/mine", "").problem(404, "funnel_not_found")
}
