package http_test

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// Bad input changes nothing, and each kind of it gets a clear answer.
func TestBadInput(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.importJSONL("shop", "Чай")
	s.finder.finds("shop:1")
	who := s.do("POST", "/v1/recipients", father).want(201).object()["recipient_id"].(string)
	var g generated
	s.do("POST", "/v1/hypotheses/generate", `{"recipient_id":"`+who+`"}`).want(201).into(&g)
	idea := "/v1/hypotheses/" + g.Hypotheses[0].ID
	head := s.head()
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		code, blamed             string
	}{
		{"malformed JSON", "POST", "/v1/recipients", `{"name":`, 400, "json_malformed", ""},
		{"two values", "POST", "/v1/recipients", `{} {}`, 400, "json_malformed", ""},
		{"no body", "POST", "/v1/recipients", ``, 400, "body_missing", ""},
		{"an array", "POST", "/v1/recipients", `[]`, 422, "request_invalid", "body"},
		{"null", "POST", "/v1/recipients", `null`, 422, "request_invalid", "body"},
		{"invalid UTF-8", "POST", "/v1/recipients", "{\"name\":\"\xff\"}", 422, "text_not_utf8", "body"},
		{"NUL", "POST", "/v1/recipients", `{"interests":["a","b\u0000"]}`, 422, "text_not_storable", "body.interests[1]"},
		{"unknown field", "POST", "/v1/recipients", `{"agee":5}`, 422, "request_invalid", "body.agee"},
		{"unknown relation", "POST", "/v1/recipients", `{"relation":"enemy"}`, 422, "request_invalid", "body.relation"},
		{"age too high", "POST", "/v1/recipients", `{"age":131}`, 422, "request_invalid", "body.age"},
		{"age below zero", "POST", "/v1/recipients", `{"age":-1}`, 422, "request_invalid", "body.age"},
		{"age as text", "POST", "/v1/recipients", `{"age":"52"}`, 422, "request_invalid", "body.age"},
		{"age and a half", "POST", "/v1/recipients", `{"age":1.5}`, 422, "request_invalid", "body.age"},
		{"age written as a fraction", "POST", "/v1/recipients", `{"age":52.0}`, 422, "request_invalid", "body.age"},
		{"half a character", "POST", "/v1/recipients", `{"name":"\\ud83d and \ud83d"}`, 422, "text_not_storable", "body"},
		{"the other half", "POST", "/v1/recipients", `{"name":"\ude00\ud83d"}`, 422, "text_not_storable", "body"},
		{"patched age written as a fraction", "PATCH", "/v1/recipients/" + who, `{"age":5e1}`, 422, "request_invalid", "body.age"},
		{"number beyond numbers", "POST", "/v1/recipients", `{"age":1e999}`, 400, "json_malformed", ""},
		{"no date", "POST", "/v1/recipients", `{"birth_date":"1974-13-01"}`, 422, "request_invalid", "body.birth_date"},
		{"date of antiquity", "POST", "/v1/recipients", `{"birth_date":"0044-03-15"}`, 422, "recipient_invalid", "body.birth_date"},
		{"name too long", "POST", "/v1/recipients", `{"name":"` + strings.Repeat("я", 201) + `"}`, 422, "request_invalid", "body.name"},
		{"patched age", "PATCH", "/v1/recipients/" + who, `{"age":131}`, 422, "request_invalid", "body.age"},
		{"patched unknown field", "PATCH", "/v1/recipients/" + who, `{"ages":1}`, 422, "request_invalid", "body.ages"},
		{"patched interest too long", "PATCH", "/v1/recipients/" + who, `{"interests":["` + strings.Repeat("x", 201) + `"]}`, 422, "recipient_invalid", "body.interests[0]"},
		{"id of nonsense", "GET", "/v1/recipients/42", "", 422, "request_invalid", "path.id"},
		{"id of another kind", "GET", idea[:len("/v1/hypotheses/")] + who, "", 404, "hypothesis_not_found", ""},
		{"id that is not UTF-8", "GET", "/v1/products/%FF", "", 422, "text_not_utf8", ""},
		{"id with NUL", "GET", "/v1/products/a%00", "", 422, "text_not_utf8", ""},

		{"quiz: age", "POST", "/v1/hypotheses/generate", `{"quiz":{"recipient_age":131}}`, 422, "request_invalid", "body.quiz.recipient_age"},
		{"quiz: negative budget", "POST", "/v1/hypotheses/generate", `{"quiz":{"budget":-5}}`, 422, "request_invalid", "body.quiz.budget"},
		{"quiz: no budget", "POST", "/v1/hypotheses/generate", `{"quiz":{"budget_rub":0}}`, 422, "request_invalid", "body.quiz.budget_rub"},
		{"quiz: budget beyond all", "POST", "/v1/hypotheses/generate", `{"quiz":{"budget":9999999999999}}`, 422, "quiz_invalid", "body.quiz.budget"},
		{"quiz: goal", "POST", "/v1/hypotheses/generate", `{"quiz":{"gifting_goal":"win"}}`, 422, "request_invalid", "body.quiz.gifting_goal"},
		{"quiz: interests of numbers", "POST", "/v1/hypotheses/generate", `{"quiz":{"interests":[1]}}`, 422, "request_invalid", "body.quiz.interests"},
		{"quiz: currency", "POST", "/v1/hypotheses/generate", `{"quiz":{"budget":5,"currency":"roubles"}}`, 422, "quiz_invalid", "body.quiz.currency"},
		{"quiz: unknown field", "POST", "/v1/hypotheses/generate", `{"quiz":{"buget":5}}`, 422, "request_invalid", "body.quiz.buget"},
		{"quiz: unknown constraint", "POST", "/v1/hypotheses/generate", `{"quiz":{"constraints":["kids_safe","no_alchohol"]}}`, 422, "quiz_invalid", "body.quiz.constraints[1]"},
		{"quiz: age written as a fraction", "POST", "/v1/hypotheses/generate", `{"quiz":{"recipient_age":52.0}}`, 422, "request_invalid", "body.quiz.recipient_age"},
		{"too many ideas", "POST", "/v1/hypotheses/generate", `{"count":21}`, 422, "request_invalid", "body.count"},
		{"somebody unknown", "POST", "/v1/hypotheses/generate", `{"recipient_id":"` + uuid.NewString() + `"}`, 404, "recipient_not_found", ""},
		{"unknown field beside the quiz", "POST", "/v1/hypotheses/generate", `{"quizz":{}}`, 422, "request_invalid", "body.quizz"},

		{"unknown reaction", "PUT", idea + "/reaction", `{"reaction":"love"}`, 422, "request_invalid", "body.reaction"},
		{"no reaction", "PUT", idea + "/reaction", `{}`, 422, "request_invalid", "body"},
		{"link of no rank", "POST", idea + "/links", `{"gift_id":"shop:1","rank":0}`, 422, "request_invalid", "body.rank"},
		{"link of nothing", "POST", idea + "/links", `{"gift_id":"","rank":1}`, 422, "request_invalid", "body.gift_id"},
		{"unknown action", "POST", "/v1/interactions", `{"recipient_id":"` + who + `","session_id":"s","action":"hug","target_type":"product","target_id":"x"}`, 422, "request_invalid", "body.action"},
		{"unknown target", "POST", "/v1/interactions", `{"recipient_id":"` + who + `","session_id":"s","action":"view","target_type":"cat","target_id":"x"}`, 422, "request_invalid", "body.target_type"},
		{"no session", "POST", "/v1/interactions", `{"recipient_id":"` + who + `","session_id":"","action":"view","target_type":"product","target_id":"x"}`, 422, "interaction_invalid", "body.session_id"},
		{"comment of nothing", "POST", "/v1/interactions", `{"recipient_id":"` + who + `","session_id":"s","action":"comment","target_type":"product","target_id":"x"}`, 422, "interaction_invalid", "body.value"},
		{"metadata of a list", "POST", "/v1/interactions", `{"recipient_id":"` + who + `","session_id":"s","action":"view","target_type":"product","target_id":"x","metadata":[]}`, 422, "interaction_invalid", "body.metadata"},
		{"metadata that no column holds", "POST", "/v1/interactions", `{"recipient_id":"` + who + `","session_id":"s","action":"view","target_type":"product","target_id":"x","metadata":{"n":1e-999999}}`, 422, "interaction_invalid", "body.metadata"},
		{"hypothesis of nonsense", "POST", "/v1/interactions", `{"recipient_id":"` + who + `","session_id":"s","action":"view","target_type":"hypothesis","target_id":"x"}`, 422, "interaction_invalid", "body.target_id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			blamed := s.in(t).do(c.method, c.path, c.body).problem(c.status, c.code)
			if want := strings.Fields(c.blamed); !slices.Equal(blamed, want) {
				t.Errorf("blamed %v, want %v", blamed, want)
			}
		})
	}
	if s.head() != head {
		t.Error("bad input has appended something")
	}
}

func TestRefusalsSayWhatWouldDo(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, c := range []struct{ method, path, body, says string }{
		{"POST", "/v1/hypotheses/generate", `{"quiz":{"buget":5}}`, "is not known here; there is budget, budget_rub, city"},
		{"POST", "/v1/hypotheses/generate", `{"quizz":{}}`, "is not known here; there is count, quiz, recipient_id, session_id"},
		{"POST", "/v1/hypotheses/generate", `{"quiz":{"constraints":"no_alchohol"}}`, "is no constraint; known are kids_safe, no_small_parts"},
		{"POST", "/v1/hypotheses/generate", `{"quiz":{"vibe":5}}`, "must be a list of texts, or one text with commas between"},
		{"POST", "/v1/recipients", `{"relation":"enemy"}`, "partner, friend"},
		{"POST", "/v1/recipients", `{"age":52.0}`, "must be a whole number, written without point"},
		{"GET", "/v1/recipients/42", "", "must be a UUID such as 0198"},
	} {
		if a := s.do(c.method, c.path, c.body).want(422); !strings.Contains(string(a.body), c.says) {
			t.Errorf("%s %s does not say %q\n%s", c.path, c.body, c.says, a.body)
		}
	}
	s.do("POST", "/v1/recipients", `{"name":"\ud83d\ude00 and \\ud83d"}`).want(201) // a pair, and a backslash
}

func TestIdeasNeedSomethingTold(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.do("POST", "/v1/recipients", `{"interests":[]}`).want(201) // may be told later
	nobody := s.do("POST", "/v1/recipients", `{}`).want(201).object()["recipient_id"]
	for _, body := range []string{`{}`, `{"quiz":{"interests":[]}}`, `{"quiz":{"interests":"","budget":5000}}`, fmt.Sprintf(`{"recipient_id":%q}`, nobody)} {
		if blamed := s.do("POST", "/v1/hypotheses/generate", body).problem(422, "quiz_empty"); !slices.Equal(blamed, []string{"body.quiz.interests"}) {
			t.Errorf("%s blames %v", body, blamed)
		}
	}
	s.do("POST", "/v1/hypotheses/generate", `{"quiz":{"interests":[],"occasion":"birthday"}}`).want(201)
	told := s.do("POST", "/v1/hypotheses/generate", `{"quiz":{"relationship":"fathr","recipient_age":52}}`).want(201).object()
	if notices := fmt.Sprint(told["notices"]); !strings.Contains(notices, `"fathr" is not known`) {
		t.Errorf("notices %s", notices)
	}
	for _, blank := range []string{`["  "]`, `["tea",""]`} {
		s.do("POST", "/v1/recipients", `{"interests":`+blank+`}`).problem(422, "recipient_invalid")
		s.do("POST", "/v1/hypotheses/generate", `{"quiz":{"interests":`+blank+`}}`).problem(422, "quiz_invalid")
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenMB := `{"name":"` + strings.Repeat("x", 10<<20) + `"}`
	s.do("POST", "/v1/recipients", tenMB).problem(413, "body_too_large")
	s.stream("POST", "/v1/recipients", io.MultiReader(strings.NewReader(tenMB))).problem(413, "body_too_large") // of unknown length
	exact := `{"name":"x"` + strings.Repeat(" ", 1<<20-len(`{"name":"x"}`)) + `}`
	s.do("POST", "/v1/recipients", exact).want(201)
	s.do("POST", "/v1/recipients", exact+" ").problem(413, "body_too_large")
	for media, status := range map[string]int{
		"application/json; charset=utf-8": 201, "application/json; charset=UTF-8": 201, "": 201, "application/json; charset=latin1": 415,
		"text/plain": 415, "application/x-www-form-urlencoded": 415, "application/merge-patch+json": 415, ";": 415,
	} {
		if a := s.do("POST", "/v1/recipients", `{}`, "Content-Type", media); a.status != status {
			t.Errorf("%q: %d, want %d", media, a.status, status)
		}
	}
	s.do("POST", "/v1/recipients", `{}`, "Content-Encoding", "gzip").problem(415, "media_type_unsupported")
	for key, status := range map[string]int{strings.Repeat("k", 255): 201, strings.Repeat("k", 256): 422, "with space": 422, "ключ": 422} {
		if a := s.do("POST", "/v1/recipients", `{}`, "Idempotency-Key", key); a.status != status {
			t.Errorf("key %q: %d, want %d", key, a.status, status)
		}
	}
}

// A body that ends before it should changes nothing.
func TestBodyCutOff(t *testing.T) {
	t.Parallel()
	s := start(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	fmt.Fprintf(conn, "POST /v1/recipients HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer admin\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n%s", father[:50])
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	reply, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(reply), "HTTP/1.1 400") || !strings.Contains(string(reply), "body_unreadable") {
		t.Errorf("%s %v", reply, err)
	}
	if s.head() != 0 {
		t.Error("something was appended")
	}
}
