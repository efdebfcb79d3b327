package http_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/account"
	api "gifty/http"
	"gifty/projections/reaction"
)

// access says who may call which operation. It stands here a second time so that nobody opens one by a
// slip: whoever adds an operation writes into this table whom it admits.
var access = map[string][]string{
	"all": {
		"confirm-account", "create-anonymous-giver", "finish-oauth", "get-product", "get-quiz", "list-categories", "list-products", "list-providers", "refresh-session",
		"register-account", "request-password-reset", "reset-password", "search-products", "sign-in", "start-oauth",
	},
	"user": {
		"change-email", "change-password", "end-other-sessions", "end-session", "get-account", "get-profile", "link-account",
		"list-linked-accounts", "list-sessions", "request-email-change", "sign-out", "unlink-account", "update-profile",
	},
	"admin:accounts": {"grant-scopes"},
	"giver": {
		"answer-probe", "click-gift", "click-recommended-gift", "create-recipient", "create-recommendation", "delete-recipient", "dislike-hypothesis", "erase-account", "erase-recipient",
		"explain-recommendation", "export-account", "export-recipient", "generate-hypotheses", "get-discovery", "get-hypothesis", "get-recipient", "get-recommendation",
		"like-hypothesis", "link-product", "list-discoveries", "list-hypotheses", "list-hypothesis-links", "list-interactions",
		"list-recipient-history", "list-recipients", "list-recommendations", "list-search-logs", "load-more-hypotheses",
		"mark-recommendation-shown", "pivot-discovery", "purchase-recommended-gift", "react-to-hypothesis", "react-to-recommended-gift",
		"click-gift", "record-interaction", "refine-topic", "select-branch", "select-gift", "select-track", "shortlist-gift", "shortlist-hypothesis",
		"skip-probe", "start-discovery", "stream-discovery", "suggest-topics", "undislike-hypothesis", "unlike-hypothesis",
		"unshortlist-gift", "unshortlist-hypothesis", "update-recipient", "view-hypothesis",
	},
	"crawler:ingest":      {"import-products"},
	"worker:compute":      {"list-product-embeddings"},
	"admin:configuration": {"activate-configuration", "publish-configuration", "roll-back-configuration"},
	"admin:projections": {
		"build-as-of", "drop-as-of", "prune-projections", "rebuild-projections", "replay-reaction", "rollback-projection", "stop-job",
		"verify-projections",
	},
	"analyst:read": {"audit-hypotheses", "list-model-calls", "get-funnel", "get-gaps", "get-job-result", "get-kpis", "list-events", "list-funnels", "run-funnels"},
	"analyst:read admin:configuration": {
		"diff-configuration", "get-configuration", "list-configuration-versions", "list-configurations",
	},
	"analyst:read admin:projections": {"list-as-of", "list-jobs", "list-projections", "list-reactions", "stream-job"},
}

// operation is one as it is described.
type operation struct {
	ID       string                `json:"operationId"`
	Security []map[string][]string `json:"security"`
	Body     struct {
		Content map[string]struct {
			Example json.RawMessage `json:"example"`
		} `json:"content"`
	} `json:"requestBody"`
	method, path string
}

func (op operation) takesAway() bool {
	return op.method == "DELETE" || strings.HasPrefix(op.ID, "erase-")
}

// described lists the operations, those that take something away last.
func described(t *testing.T) []operation {
	t.Helper()
	text, err := api.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var description struct {
		Paths map[string]map[string]operation `json:"paths"`
	}
	if err := json.Unmarshal(text, &description); err != nil {
		t.Fatal(err)
	}
	var all []operation
	for path, methods := range description.Paths {
		for method, op := range methods {
			op.method, op.path = strings.ToUpper(method), path
			all = append(all, op)
		}
	}
	slices.SortFunc(all, func(a, b operation) int {
		if a.takesAway() != b.takesAway() {
			return map[bool]int{true: 1, false: -1}[a.takesAway()]
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all
}

// admits is whom the table says that the operation admits.
func (op operation) admits() string {
	for who, operations := range access {
		if slices.Contains(operations, op.ID) {
			return who
		}
	}
	return ""
}

// says is whom the description says that the operation admits, in the table's words.
func (op operation) says() string {
	var roles []string
	for _, way := range op.Security {
		if len(way) == 0 {
			return "all"
		}
		for _, names := range way {
			roles = append(roles, strings.Join(names, "+"))
		}
	}
	var each []string
	for _, r := range roles {
		if !slices.Contains(each, r) {
			each = append(each, r)
		}
	}
	return strings.Join(each, " ")
}

// things are a giver's: what stands in paths and bodies.
type things struct {
	giver                                             uuid.UUID
	recipient, hypothesis, session, topic, idea, page string
}

// makes is a giver with one thing of each kind.
func (s *server) makes(giver uuid.UUID) things {
	s.Helper()
	h := []string{giverHeader, giver.String(), "Prefer", patient}
	it := things{giver: giver}
	it.recipient = s.do("POST", "/v1/recipients", father, h...).want(201).object()["recipient_id"].(string)
	var g generated
	s.do("POST", "/v1/hypotheses/generate", `{"recipient_id":"`+it.recipient+`"}`, h...).want(201).into(&g)
	it.hypothesis = g.Hypotheses[0].ID
	d := dialogue{server: s}
	d.shown(s.do("POST", "/v1/discoveries", `{"quiz":{"recipient_age":30,"interests":["coffee","tea"],"language":"en"}}`, h...).want(200))
	it.session, it.topic, it.idea = d.ID.String(), d.Tracks[0].TopicID.String(), d.Tracks[0].Hypotheses[0].ID.String()
	it.page = s.do("POST", "/v1/recommendations", `{"recipient_id":"`+it.recipient+`"}`, h...).want(201).object()["recommendation_id"].(string)
	return it
}

func (it things) ids() []string {
	return []string{it.recipient, it.hypothesis, it.session, it.topic, it.idea, it.page}
}

// at is the operation's address for these things.
func (it things) at(op operation) string {
	id := it.recipient
	switch {
	case strings.HasPrefix(op.path, "/v1/hypotheses"):
		id = it.hypothesis
	case strings.HasPrefix(op.path, "/v1/discoveries"):
		id = it.session
	case strings.HasPrefix(op.path, "/v1/recommendations"):
		id = it.page
	case strings.HasPrefix(op.path, "/v1/jobs"):
		id = "1"
	}
	return strings.NewReplacer("{id}", id, "{topic_id}", it.topic, "{hypothesis_id}", it.idea, "{gift_id}", "shop:1",
		"{table}", "discovery_steps", "{schema}", "as_of", "{module}", "dialogue", "{name}", "ideas").Replace(op.path)
}

// body is the operation's example, about these things.
func (it things) body(t *testing.T, op operation) string {
	t.Helper()
	for _, media := range op.Body.Content {
		if media.Example == nil {
			continue
		}
		var example any
		if err := json.Unmarshal(media.Example, &example); err != nil {
			t.Fatal(err)
		}
		if o, is := example.(map[string]any); is {
			for name, value := range map[string]string{"recipient_id": it.recipient, "hypothesis_id": it.idea, "gift_id": "shop:1", "session_id": it.session} {
				if _, there := o[name]; there {
					o[name] = value
				}
			}
			delete(o, "probe_id")
		}
		b, err := json.Marshal(example)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return ""
}

// call sends the operation with a token; of streams only the beginning of the answer is read.
func (s *server) call(op operation, it things, query, token string) answer {
	s.Helper()
	ctx, leave := context.WithTimeout(s.Context(), time.Minute)
	defer leave()
	req, err := http.NewRequestWithContext(ctx, op.method, s.url+it.at(op)+query, strings.NewReader(it.body(s.T, op)))
	if err != nil {
		s.Fatal(err)
	}
	if op.Body.Content != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	begun := make([]byte, 1<<20)
	n, _ := res.Body.Read(begun) // an answer may be empty
	return answer{s, res.StatusCode, res.Header, begun[:n], op.ID + " as " + token}
}

// Every operation there is refuses whoever it is not for. An operation that the table does not have
// fails this test.
func TestEveryOperationAdmitsWhomItShould(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.finder.finds("shop:1")
	s.ranker.ranks("shop:1")
	s.importJSONL("shop", "Чай")
	s.works(reaction.Options{})
	mine, theirs := s.makes(uuid.New()), s.makes(uuid.New())
	for _, op := range described(t) {
		t.Run(op.ID, func(t *testing.T) {
			s := s.in(t)
			who := op.admits()
			if who == "" {
				t.Fatal("say in the table above whom this operation admits, and in its Security")
			}
			if said := op.says(); said != who {
				t.Errorf("the description says that it admits %q, the table %q", said, who)
			}
			s.call(op, mine, "", "nonsense").problem(401, "credential_invalid")
			switch who {
			case "all":
				s.wantAdmitted(s.call(op, mine, "?no_such=1", ""))
			case "user":
				s.call(op, mine, "", "").problem(401, "unauthenticated")
				s.call(op, mine, "", "scope:admin").problem(403, "account_needed")
				s.call(op, mine, "", s.anonymous()).problem(403, "account_needed")
				s.wantAdmitted(s.call(op, mine, "?no_such=1", "giver:"+mine.giver.String()))
			case "giver":
				s.call(op, mine, "", "").problem(401, "unauthenticated")
				s.call(op, mine, "", "scope:analyst:read").problem(403, "giver_needed")
				s.wantHidden(op, mine, theirs)
			default:
				s.staffOnly(op, mine, strings.Fields(who))
			}
		})
	}
}

// anonymous is the token of somebody new.
func (s *server) anonymous() string {
	s.Helper()
	return s.do("POST", "/v1/givers/anonymous", "", asNobody...).want(201).object()["token"].(string)
}

func (s *server) wantAdmitted(a answer) {
	s.Helper()
	if a.status == 401 || a.status == 403 || a.status >= 500 {
		s.Errorf("%s: %d %s", a.asked, a.status, a.body)
	}
}

// staffOnly checks that these scopes are needed, and that each is enough. The question that is let in
// is one that is refused later on, so that nothing is rebuilt.
func (s *server) staffOnly(op operation, it things, scopes []string) {
	s.Helper()
	s.call(op, it, "", "").problem(401, "unauthenticated")
	s.call(op, it, "", "giver:"+it.giver.String()).problem(403, "scope_needed")
	for _, scope := range account.Scopes() {
		a := s.call(op, it, "?no_such=1", "scope:"+string(scope))
		if scope == account.Admin || slices.Contains(scopes, string(scope)) {
			s.wantAdmitted(a)
		} else {
			a.problem(403, "scope_needed")
		}
	}
}

// wantHidden checks that a giver gets at their own things, and that another, or somebody anonymous, does
// not learn that they exist.
func (s *server) wantHidden(op operation, mine, theirs things) {
	s.Helper()
	for _, token := range []string{"giver:" + theirs.giver.String(), s.anonymous()} {
		a := s.call(op, mine, "", token)
		for _, id := range mine.ids() {
			if strings.Contains(string(a.body), id) {
				s.Errorf("%s: %d tells of what is another's: %s", a.asked, a.status, a.body)
			}
		}
		aboutSomething := strings.Contains(op.path, "{") || strings.Contains(mine.body(s.T, op), mine.recipient)
		if a.status != 404 && (aboutSomething || a.status >= 400) {
			s.Errorf("%s: %d, want 404: %s", a.asked, a.status, a.body)
		}
		if a.status == 404 && s.appendedBy(a) {
			s.Errorf("%s: something was appended", a.asked)
		}
	}
	if own := s.call(op, mine, "", "giver:"+mine.giver.String()); own.status == 404 || own.status == 401 || own.status == 403 || own.status >= 500 {
		s.Errorf("%s: %d %s", own.asked, own.status, own.body)
	}
}

// appendedBy tells whether the request has left events.
func (s *server) appendedBy(a answer) (some bool) {
	s.Helper()
	const sql = `SELECT EXISTS (SELECT FROM events WHERE metadata->>'correlation_id' = $1)`
	if err := s.pool.QueryRow(s.Context(), sql, a.header.Get("X-Request-Id")).Scan(&some); err != nil {
		s.Fatal(err)
	}
	return some
}

// Who acted stands in the log.
func TestTheLogSaysWhoActed(t *testing.T) {
	t.Parallel()
	s := start(t)
	giver := uuid.New()
	s.do("POST", "/v1/recipients", father, giverHeader, giver.String()).want(201)
	s.do("POST", "/v1/products/import?source=shop", `{"id":"1","title":"Чай","price":1,"currency":"RUB","product_url":"https://shop.example/1"}`,
		"Content-Type", "application/x-ndjson", "Authorization", "Bearer scope:crawler:ingest").want(200)
	var actors []string
	for line := range strings.Lines(string(s.do("GET", "/v1/events", "").want(200).body)) {
		var e struct{ Actor string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		actors = append(actors, e.Actor)
	}
	if want := []string{"giver:" + giver.String(), domain.Principal{Service: uuid.Max, Role: domain.RoleService}.Actor()}; !slices.Equal(slices.Compact(actors), want) {
		t.Errorf("%v, want %v", actors, want)
	}
}

func TestPersonalFieldsNeedTheirScope(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.do("POST", "/v1/recipients", `{"name":"Ottilie"}`).want(201)
	if masked := s.do("GET", "/v1/events", "", "Authorization", "Bearer scope:analyst:read").want(200); strings.Contains(string(masked.body), "Ottilie") {
		t.Errorf("%s", masked.body)
	}
	s.do("GET", "/v1/events?personal=true", "", "Authorization", "Bearer scope:analyst:read").problem(403, "scope_needed")
	if shown := s.do("GET", "/v1/events?personal=true", ""); !strings.Contains(string(shown.body), "Ottilie") {
		t.Errorf("%s", shown.body)
	}
}

func TestAnonymousGivers(t *testing.T) {
	t.Parallel()
	s := start(t)
	made := s.do("POST", "/v1/givers/anonymous", "", giverHeader, "nobody").want(201)
	cookie, err := http.ParseSetCookie(made.header.Get("Set-Cookie"))
	if err != nil || !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteLaxMode || cookie.Value != made.object()["token"] {
		t.Fatalf("%v %v", cookie, err)
	}
	browser := []string{"Cookie", cookie.Name + "=" + cookie.Value}
	who := s.do("POST", "/v1/recipients", father, browser...).want(201)
	if list := s.do("GET", "/v1/recipients?"+who.since(), "", browser...).want(200).object()["items"].([]any); len(list) != 1 || list[0].(map[string]any)["user_id"] != made.object()["giver_id"] {
		t.Errorf("%v", list)
	}
	if again := s.do("POST", "/v1/givers/anonymous", "", browser...).want(201).object(); again["giver_id"] != made.object()["giver_id"] {
		t.Error("who is somebody becomes another")
	}
	for name, forged := range map[string]string{
		"changed": cookie.Value[:len(cookie.Value)-3] + "AAA", "cut": cookie.Value[:40], "empty": "", "of another kind": "admin",
		"as a session": "",
	} {
		header := []string{"Cookie", fmt.Sprintf("%s=%s", cookie.Name, forged)}
		if name == "as a session" {
			header = []string{"Cookie", "gifty_session=" + cookie.Value}
		}
		if a := s.do("GET", "/v1/recipients", "", header...); a.status != 401 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
}
