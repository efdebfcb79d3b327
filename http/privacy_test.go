package http_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"gifty/domain/discovery"
	"gifty/eventstore/pgtest"
	api "gifty/http"
	"gifty/projections"
	"gifty/projections/reaction"
	"gifty/projections/subject"
)

// told is what somebody tells of themselves and of whom they give to. None of it may be read in a dump.
var told = []string{
	"ottilie.w", "ottilie@wahlverwandt.example", "ottilie@auenland.example", "Ottilie", "Wahlverwandt", "@ottilie_w", "bassetthorn", // the giver
	"kunigunde-at-google", "refresh-of-kunigunde", "ann@example.org", // at a provider's
	"Кунигунда", "Öttinger", "mycologist", "ornithologie", "вышивание", "1961-07-23", "Quedlinburg", "fondofriddles", "whimsically", // the recipient
	"falconry", "marionettes", "глассармоника", "samovarfor", "she loved the theremin", "a note on zithers", // what was asked for and said
	"who answered was a zither", // what a model and a failed step said
}

// talkative is a generator whose model says more than it should, and an adviser that fails at one topic.
type talkative struct{ discovery.Adviser }

func (talkative) Generate(ctx context.Context, b discovery.Brief) (discovery.Generated, error) {
	g, err := generator{}.Generate(ctx, b)
	g.Calls = []discovery.ModelCall{{Purpose: "ideas", Prompt: "p", PromptVersion: "1", Provider: "test", Model: "m", Failure: discovery.FailureShape,
		Detail: "who answered was a zither", Raw: []byte(`{"ideas":["` + strings.Join(b.Interests, `","`) + ` for Кунигунда"]}`)}}
	return g, err
}

func (t talkative) Ideas(ctx context.Context, b discovery.Brief, topics []discovery.Topic) ([]discovery.TopicIdeas, []discovery.ModelCall, error) {
	for _, topic := range topics {
		if topic.Name == "marionettes" {
			return nil, nil, fmt.Errorf("nothing is known of %s, who answered was a zither", topic.Name)
		}
	}
	return t.Adviser.Ideas(ctx, b, topics)
}

// a person who has used everything there is.
type userOfAll struct {
	*server
	giver, recipient, visitor string
	browser, visit            []string // credentials: of the account, and of who was there before it
}

// usesAll has somebody use everything that people can use.
func (s *server) usesAll() userOfAll {
	s.Helper()
	s.do("GET", "/v1/products?"+s.importJSONL("shop", "Cup", "Book").since(), "").want(200)
	s.finder.finds("shop:1", "shop:2")
	s.ranker.ranks("shop:1", "shop:2")
	made := s.do("POST", "/v1/givers/anonymous", "", asNobody...).want(201).object()
	visit := []string{"Authorization", "Bearer " + made["token"].(string)}
	s.do("POST", "/v1/recipients", `{"name":"Öttinger","interests":["falconry"]}`, visit...).want(201)
	s.do("GET", "/v1/products/search?q=samovarfor", "", visit...).want(200)

	p := userOfAll{server: s, visit: visit, visitor: made["giver_id"].(string), giver: s.registers("ottilie.w", "ottilie@wahlverwandt.example")}
	p.browser = s.signsIn("ottilie.w", rhyme, slices.Concat(visit, []string{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"})...).want(201).cookieOf()
	p.asks("PATCH", "/v1/account/profile", `{"name":"Ottilie","surname":"Wahlverwandt","age":34,"interests":["bassetthorn"],"contacts":{"telegram":"@ottilie_w"}}`, "Content-Type", "application/merge-patch+json")
	began := p.asks("POST", "/v1/account/providers/google?return_to=/me", "")
	way, err := url.Parse(began.object()["url"].(string))
	if err != nil {
		s.Fatal(err)
	}
	s.ends("google", "kunigunde-at-google,refresh-of-kunigunde", wayOf{way.Query().Get("state"), wayCookieOf(began)}).want(302)
	s.do("POST", "/v1/accounts/reset", `{"email":"ottilie@wahlverwandt.example"}`, asNobody...).want(202)
	s.mail()
	p.asks("POST", "/v1/account/email", `{"email":"ottilie@auenland.example","current":"`+rhyme+`"}`)
	_, token := s.mail()
	s.mail() // to the former address
	p.asks("POST", "/v1/account/email/confirm", `{"token":"`+token+`"}`)

	p.recipient = p.asks("POST", "/v1/recipients", `{"name":"Кунигунда Öttinger","relation":"mother","gender":"mycologist","age":64,"interests":["ornithologie"]}`).object()["recipient_id"].(string)
	p.asks("PATCH", "/v1/recipients/"+p.recipient, `{"birth_date":"1961-07-23","age":null,"interests":["ornithologie","вышивание"]}`, "Content-Type", "application/merge-patch+json")
	p.looks()
	p.talks()
	p.errs()
	return p
}

// asks asks as the person.
func (p userOfAll) asks(method, path, body string, headers ...string) answer {
	p.Helper()
	a := p.do(method, path, body, append(headers, p.browser...)...)
	if a.status >= 300 {
		p.Fatalf("%s: %d\n%s", a.asked, a.status, a.body)
	}
	return a
}

// looks searches, has ideas and pages, and says what becomes of them.
func (p userOfAll) looks() {
	p.Helper()
	p.asks("GET", "/v1/products/search?q="+url.QueryEscape("samovarfor Кунигунда"), "")
	quiz := `"quiz":{"recipient_age":64,"city":"Quedlinburg","vibe":["whimsically"],"interests_description":"fondofriddles","budget":5000,"language":"en"}`
	made := p.asks("POST", "/v1/hypotheses/generate", `{"recipient_id":"`+p.recipient+`",`+quiz+`}`)
	var ideas generated
	made.into(&ideas)
	p.asks("PUT", "/v1/hypotheses/"+ideas.Hypotheses[0].ID+"/reaction", `{"reaction":"like"}`)
	p.asks("POST", "/v1/hypotheses/"+ideas.Hypotheses[0].ID+"/links", `{"gift_id":"shop:2","rank":3,"similarity":0.1,"query":"вышивание"}`)
	p.asks("POST", "/v1/interactions", `{"recipient_id":"`+p.recipient+`","session_id":"s1","action":"comment","target_type":"product","target_id":"shop:1",
		"value":"she loved the theremin","metadata":{"note":"a note on zithers"}}`)
	page := p.asks("POST", "/v1/recommendations", `{"recipient_id":"`+p.recipient+`",`+quiz+`,"ideas":[{"title":"глассармоника","queries":["falconry"]}]}`).object()["recommendation_id"].(string)
	p.asks("POST", "/v1/recommendations/"+page+"/shown", `{"gift_ids":["shop:1","shop:2"]}`)
	p.asks("POST", "/v1/recommendations/"+page+"/items/shop:1/click", "")
	p.asks("PUT", "/v1/recommendations/"+page+"/items/shop:1/reaction", `{"reaction":"like"}`)
	p.asks("POST", "/v1/recommendations/"+page+"/items/shop:1/purchase", "")
}

// errs asks for what is refused, in words that are somebody's.
func (p userOfAll) errs() {
	p.Helper()
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/v1/recipients", `{"name":"Кунигунда","fondofriddles":1}`},
		{"POST", "/v1/recipients", `{"name":"Кунигунда","birth_date":"Quedlinburg"}`},
		{"POST", "/v1/recipients", `{"name":"Кунигунда`},
		{"GET", "/v1/products/search?q=samovarfor&samovarfor=1", ""},
		{"POST", "/v1/discoveries", `{"quiz":{"interests":["falconry"],"fondofriddles":true}}`},
		{"POST", "/v1/interactions", `{"recipient_id":"` + p.recipient + `","action":"marionettes","target_type":"product","target_id":"shop:1"}`},
		{"POST", "/v1/account/email", `{"email":"ottilie@auenland.org","current":"bassetthorn"}`},
		{"PUT", "/v1/account/password", `{"current":"bassetthorn","password":"ottilie.w1"}`},
		{"POST", "/v1/recommendations", `{"recipient_id":"` + p.recipient + `","ideas":[{"title":"","queries":["falconry"]}]}`},
	} {
		if a := p.do(c.method, c.path, c.body, p.browser...); a.status < 400 || a.status > 499 {
			p.Errorf("%s %s: %d %.300s", c.path, c.body, a.status, a.body)
		}
	}
	p.signsIn("ottilie.w", "bassetthorn").want(401)
	p.do("POST", "/v1/sessions/refresh", `{"refresh_token":"gifty_ref_ottilie"}`, asNobody...).want(401)
}

// talks goes through dialogues, about the recipient and about nobody in particular; one step of them fails.
func (p userOfAll) talks() {
	p.Helper()
	p.works(reaction.Options{Attempts: 1, First: time.Millisecond, Poll: 5 * time.Millisecond})
	for _, body := range []string{
		`{"recipient_id":"` + p.recipient + `","quiz":{"interests":["falconry"],"language":"en"}}`,
		`{"quiz":{"recipient_age":64,"interests":["falconry","sport"],"interests_description":"fondofriddles","language":"en"}}`,
	} {
		d := dialogue{server: p.server}
		began := p.asks("POST", "/v1/discoveries", body, "Prefer", patient)
		d.shown(began)
		place := began.header.Get("Location")
		idea := d.Tracks[0].Hypotheses[0].ID.String()
		p.asks("POST", place+"/hypotheses/"+idea+"/like", `{}`, "Prefer", patient)
		p.asks("POST", place+"/tracks/"+d.Tracks[0].TopicID.String()+"/refine", `{"refinement":"глассармоника"}`, "Prefer", patient)
		p.asks("POST", place+"/topics/suggest", `{}`, "Prefer", patient)
		p.asks("POST", place+"/pivot", `{"topic":"marionettes"}`, "Prefer", patient)
	}
}

// asksAboutAll has an analyst ask about what was told, and tables rebuilt and built as they were.
func (s *server) asksAboutAll() {
	s.Helper()
	for _, c := range []struct{ path, body string }{
		{"/v1/funnels/run", `{"personal":true,"definitions":[{"name":"mine","entity":"giver","window":"7d","steps":[{"name":"one","events":[{"type":"discovery.catalogue_searched.v1"}]}],
			"breakdowns":[{"name":"query","field":"query","top":10}]}]}`},
		{"/v1/projections/rebuild", `{"all":true}`},
		{"/v1/as-of", `{"schema":"then","position":` + strconv.Itoa(int(s.head())) + `}`},
	} {
		var job projections.Job
		s.do("POST", c.path, c.body).want(202).into(&job)
		if end := s.follow(job); !strings.Contains(end, `"state":"done"`) {
			s.Fatalf("%s ends with %s", c.path, end)
		}
	}
}

// forms are the ways in which a text may stand in a dump.
func forms(text string) []string {
	lower := strings.ToLower(text)
	list := []string{lower, hex.EncodeToString([]byte(text)), strings.ToLower(url.QueryEscape(text)), strings.ToLower(strings.Trim(strconv.QuoteToASCII(text), `"`))}
	for skip := range 3 { // base64 has three forms of a text within another
		if inner := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("-", skip) + text)); len(inner) > 12 {
			list = append(list, strings.ToLower(inner[4:len(inner)-4]))
		}
	}
	return list
}

// wantUntold checks that a dump of the database shows none of it, in whatever form.
func (s *server) wantUntold() {
	s.Helper()
	dump := strings.ToLower(pgtest.Dump(s, s.pool.Config().ConnString()))
	if !strings.Contains(dump, "copy public.events ") || !strings.Contains(dump, "gifty_previous.recipients_v") || !strings.Contains(dump, `"then".recipients`) {
		s.Fatalf("the dump is not of all: %.2000s", dump)
	}
	for _, text := range told {
		for _, form := range forms(text) {
			if at := strings.Index(dump, form); at >= 0 {
				s.Errorf("%q can be read in a dump: …%s…", text, dump[max(0, at-200):min(len(dump), at+100)])
			}
		}
	}
}

// secret is one of those that prove who somebody is.
var secret = regexp.MustCompile(`gifty_(svc|ses|acc|ref|once|anon)_[\w-]{8,}`)

// wantUnlogged checks that nothing of it was logged, at whatever level, nor a secret.
func (s *server) wantUnlogged() {
	s.Helper()
	text := s.logs.text()
	if !strings.Contains(text, "level=DEBUG") || !strings.Contains(text, "/v1/recipients") || !strings.Contains(text, "step") {
		s.Fatalf("this is no log of all: %.1000s", text)
	}
	lower := strings.ToLower(text)
	for _, t := range append([]string{rhyme}, told...) {
		for _, form := range forms(t) {
			if at := strings.Index(lower, form); at >= 0 {
				s.Errorf("%q was logged: …%s…", t, text[max(0, at-200):min(len(text), at+100)])
			}
		}
	}
	if found := secret.FindString(text); found != "" {
		s.Errorf("a secret was logged: %s", found)
	}
}

func TestADumpTellsNothingOfAnybody(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *api.Config) { c.Discovery.Generator = talkative{} })
	s.discovery.Adviser = talkative{s.discovery.Adviser}
	p := s.usesAll()
	s.asksAboutAll()
	s.wantUntold()
	// Those who may read it can: it is all there.
	export := string(p.asks("GET", "/v1/givers/me/export", "").body)
	for _, text := range []string{"Ottilie", "bassetthorn", "kunigunde-at-google", "Кунигунда", "вышивание", "falconry", "samovarfor", "who answered was a zither"} {
		if !strings.Contains(export, text) {
			t.Errorf("the export lacks %q", text)
		}
	}
	for _, id := range []string{p.giver, p.recipient} {
		if proof := s.proof(id); len(proof.Findings) < 4 {
			t.Errorf("before: %+v", proof)
		}
	}

	p.asks("POST", "/v1/givers/me/erase", "")
	s.do("POST", "/v1/givers/me/erase", "", p.visit...).want(200)
	for _, id := range []string{p.giver, p.recipient, p.visitor} {
		if proof := s.proof(id); len(proof.Findings) > 0 || proof.Events == 0 || proof.Tables < 30 {
			t.Errorf("after: %+v", proof)
		}
	}
	s.wantForgotten()
	v, err := s.engine.Verify(t.Context(), projections.VerifyOptions{Deep: true})
	if err != nil || len(v.Findings) > 0 {
		t.Errorf("%+v %v", v.Findings, err)
	}
	var job projections.Job
	s.do("POST", "/v1/projections/rebuild", `{"all":true}`).want(202).into(&job)
	s.follow(job)
	s.wantForgotten()
	s.wantUntold()
	s.wantUnlogged()
	// The account is no more, nor what proved it, and whatever stood for it is free.
	var secrets int
	if err := s.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM passwords) + (SELECT count(*) FROM login_sessions) + (SELECT count(*) FROM session_secrets) + (SELECT count(*) FROM oauth_tokens)`).Scan(&secrets); err != nil || secrets > 0 {
		t.Errorf("%d secrets are left: %v", secrets, err)
	}
	s.do("GET", "/v1/account", "", p.browser...).problem(401, "unauthenticated")
	s.signsIn("ottilie.w", rhyme).problem(401, "sign_in_failed")
	if again := s.registers("ottilie.w", "ottilie@auenland.example"); again == p.giver {
		t.Error("the same user again")
	}
	if in := s.me(s.ends("google", "kunigunde-at-google", s.begins("google", "/")).want(302).cookieOf()...); in["id"] == p.giver {
		t.Errorf("%v", in)
	}
}

func (s *server) proof(id string) subject.Proof {
	s.Helper()
	proof, err := s.privacy.VerifyErased(s.Context(), uuid.MustParse(id))
	if err != nil {
		s.Fatal(err)
	}
	return proof
}

// wantForgotten checks that nobody can read it either who may read all.
func (s *server) wantForgotten() {
	s.Helper()
	all := string(s.do("GET", "/v1/events?personal=true", "").want(200).body)
	for _, path := range []string{"/v1/search-logs", "/v1/gaps?below=1&personal=true", "/v1/model-calls"} {
		all += string(s.do("GET", fmt.Sprintf("%s%smin_position=%d", path, map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")], s.head()), "").want(200).body)
	}
	for _, text := range told {
		if strings.Contains(all, text) {
			s.Errorf("%q can be read", text)
		}
	}
}

// What is left of somebody is found, wherever it is.
func TestWhatIsLeftIsFound(t *testing.T) {
	t.Parallel()
	s := start(t)
	who := s.do("POST", "/v1/recipients", father).want(201).object()["recipient_id"].(string)
	s.do("POST", "/v1/recommendations", `{"recipient_id":"`+who+`"}`).want(201)
	for _, check := range []string{"keys", "log", "blobs", "tables"} {
		if p := s.proof(who); !slices.ContainsFunc(p.Findings, func(f subject.Finding) bool { return f.Check == check }) {
			t.Errorf("nothing of %s among %+v", check, p.Findings)
		}
	}
	s.do("POST", "/v1/recipients/"+who+"/erase", "").want(200)
	if p := s.proof(who); len(p.Findings) > 0 {
		t.Errorf("%+v", p.Findings)
	}
	for _, c := range []struct{ sql, check, message string }{
		{`INSERT INTO oauth_tokens (account_id, user_id, access) VALUES (gen_random_uuid(), $1::text::uuid, 'x')`, "tables", "oauth_tokens, rows that name them: 1"},
		{`CREATE TABLE notes AS SELECT 'of ' || $1::text AS note`, "tables", "notes, rows that name them: 1"},
		{`INSERT INTO rebuilds (kind, read_tables, result) VALUES ('funnel', '{}', json_build_object('who', $1::text))`, "jobs", "the answer of job 1 names " + who},
		{`INSERT INTO reactions (read_table, item, due_at, error) SELECT 'discovery_steps', $1::text::uuid, now(), 'x'`, "jobs", "what 1 tries at steps that are no more have said is there"},
		{`INSERT INTO kept_answers (question, version, position, answer, kept_at) VALUES ('kpis', 1, 1, $1::text, now() - interval '1 day')`, "jobs", `the answer that is kept to "kpis" was counted before`},
		{`INSERT INTO sealed_blobs (sha256, subject, bytes) VALUES ('\x00', $1::text::uuid, '')`, "blobs", "blob 00 is there"},
	} {
		if strings.HasPrefix(c.sql, "CREATE") {
			c.sql = strings.Replace(c.sql, "$1::text", "'"+who+"'", 1)
			if _, err := s.pool.Exec(t.Context(), c.sql); err != nil {
				t.Fatal(err)
			}
		} else if _, err := s.pool.Exec(t.Context(), c.sql, who); err != nil {
			t.Fatal(err)
		}
		if p := s.proof(who); !slices.Contains(p.Findings, subject.Finding{Check: c.check, Message: c.message}) {
			t.Errorf("%s: %+v", c.sql, p.Findings)
		}
	}
	if _, err := s.privacy.VerifyErased(t.Context(), uuid.New()); !errors.Is(err, subject.ErrNobody) {
		t.Error(err)
	}
}
