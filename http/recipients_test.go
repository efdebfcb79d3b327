package http_test

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

const father = `{"name":"Алексей","relation":"relative","age":52,"interests":["рыбалка","bbq"]}`

// born is father with his birth date.
var born = strings.Replace(father, `"age":52`, `"age":52,"birth_date":"1974-05-17"`, 1)

func TestRecipientFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	s := start(t)
	created := s.do("POST", "/v1/recipients", born).want(201)
	place := created.header.Get("Location")
	if created.header.Get("ETag") != `"1"` || created.header.Get("Gifty-Position") != "1" || created.header.Get("Idempotent-Replayed") != "" {
		t.Errorf("headers: %v", created.header)
	}
	if o := created.object(); place != "/v1/recipients/"+o["recipient_id"].(string) || o["position"] != 1.0 || o["version"] != 1.0 {
		t.Errorf("created at %s: %v", place, o)
	}
	got := s.do("GET", place+"?"+created.since(), "").want(200)
	want := map[string]any{"name": "Алексей", "relation": "relative", "age": 52.0, "birth_date": "1974-05-17", "gender": nil, "version": 1.0}
	for name, value := range want {
		if o := got.object(); o[name] != value {
			t.Errorf("%s is %v, want %v", name, o[name], value)
		}
	}
	if got.header.Get("ETag") != `"1"` {
		t.Errorf("ETag %s", got.header.Get("ETag"))
	}

	changed := s.do("PATCH", place, `{"age":53,"name":null,"interests":["чай"]}`, "Content-Type", "application/merge-patch+json", "If-Match", `"1"`).want(200)
	o := s.do("GET", place+"?"+changed.since(), "").want(200).object()
	if o["age"] != 53.0 || o["name"] != nil || o["relation"] != "relative" || !reflect.DeepEqual(o["interests"], []any{"чай"}) || o["birth_date"] != "1974-05-17" {
		t.Errorf("after the patch: %v", o)
	}
	changed = s.do("PATCH", place, `{"birth_date":null,"age":null,"relation":null,"interests":null,"gender":"male"}`).want(200)
	o = s.do("GET", place+"?"+changed.since(), "").want(200).object()
	if o["age"] != nil || o["birth_date"] != nil || o["relation"] != "unknown" || len(o["interests"].([]any)) != 0 || o["gender"] != "male" {
		t.Errorf("after clearing: %v", o)
	}

	deleted := s.do("DELETE", place, "", "If-Match", changed.header.Get("ETag")).want(200)
	s.do("GET", place+"?"+deleted.since(), "").problem(404, "recipient_not_found")
	s.do("DELETE", place, "").problem(404, "recipient_not_found")
	s.do("PATCH", place, `{"age":1}`).problem(404, "recipient_not_found")
}

func TestAClientThatHasTheRecipientGetsNoBody(t *testing.T) {
	t.Parallel()
	s := start(t)
	created := s.do("POST", "/v1/recipients", father).want(201)
	place := created.header.Get("Location") + "?" + created.since()
	for tags, status := range map[string]int{`"1"`: 304, `W/"1"`: 304, `"7", "1"`: 304, `*`: 304, `"2"`: 200, `1`: 200, ``: 200} {
		a := s.do("GET", place, "", "If-None-Match", tags).want(status)
		if a.header.Get("ETag") != `"1"` || (len(a.body) == 0) != (status == 304) {
			t.Errorf("%s: %v\n%s", tags, a.header, a.body)
		}
	}
	changed := s.do("PATCH", created.header.Get("Location"), `{"age":53}`).want(200)
	s.do("GET", created.header.Get("Location")+"?"+changed.since(), "", "If-None-Match", `"1"`).want(200)
}

// Who somebody is to the giver is told as a relation or in a finer word; both are kept.
func TestRelationsAndFinerWords(t *testing.T) {
	t.Parallel()
	s := start(t)
	created := s.do("POST", "/v1/recipients", `{"relation":"boss"}`).want(201)
	place := created.header.Get("Location")
	is := func(after answer, relation string, person any) {
		t.Helper()
		if o := s.do("GET", place+"?"+after.since(), "").want(200).object(); o["relation"] != relation || o["person"] != person {
			t.Errorf("%v, want %s and %v", o, relation, person)
		}
	}
	is(created, "colleague", "boss")
	is(s.do("PATCH", place, `{"age":50}`).want(200), "colleague", "boss")
	is(s.do("PATCH", place, `{"relation":"mother"}`).want(200), "relative", "mother")
	is(s.do("PATCH", place, `{"relation":"friend"}`).want(200), "friend", nil)
	is(s.do("PATCH", place, `{"relation":null}`).want(200), "unknown", nil)
}

func TestStaleVersionIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	place := s.do("POST", "/v1/recipients", father).want(201).header.Get("Location")
	s.do("PATCH", place, `{"age":53}`).want(200)
	head := s.head()
	s.do("PATCH", place, `{"age":54}`, "If-Match", `"1"`).problem(412, "version_mismatch")
	s.do("DELETE", place, "", "If-Match", `W/"1"`).problem(412, "version_mismatch")
	s.do("DELETE", place, "", "If-Match", `"one"`).problem(422, "if_match_invalid")
	if s.head() != head {
		t.Error("something was appended")
	}
	s.do("PATCH", place, `{"age":54}`, "If-Match", "*").want(200)
}

func TestRetriesGetTheFirstAnswer(t *testing.T) {
	t.Parallel()
	s := start(t)
	first := s.do("POST", "/v1/recipients", father, "Idempotency-Key", "k1").want(201)
	head := s.head()
	again := s.do("POST", "/v1/recipients", father, "Idempotency-Key", "k1").want(201)
	if string(again.body) != string(first.body) || again.header.Get("Idempotent-Replayed") != "true" ||
		again.header.Get("Location") != first.header.Get("Location") || again.header.Get("Gifty-Position") != first.header.Get("Gifty-Position") {
		t.Errorf("first %s\nagain %s %v", first.body, again.body, again.header)
	}
	s.do("POST", "/v1/recipients", `{"name":"Someone else"}`, "Idempotency-Key", "k1").problem(409, "idempotency_key_reused")
	if s.head() != head {
		t.Error("a retry appended something")
	}
	// The key is one giver's, for one operation.
	s.do("POST", "/v1/recipients", `{"name":"Someone else"}`, "Idempotency-Key", "k1", giverHeader, uuid.NewString()).want(201)
	place := first.header.Get("Location")
	edit := s.do("PATCH", place, `{"age":60}`, "Idempotency-Key", "k1", "If-Match", `"1"`).want(200)
	retry := s.do("PATCH", place, `{"age":60}`, "Idempotency-Key", "k1", "If-Match", `"1"`).want(200)
	if string(edit.body) != string(retry.body) || retry.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("edit %s, retry %s", edit.body, retry.body)
	}
	s.do("PATCH", place, `{"age":61}`, "Idempotency-Key", "k1").problem(409, "idempotency_key_reused")
	s.do("DELETE", place, "", "Idempotency-Key", "k1").want(200)
	s.do("DELETE", place, "", "Idempotency-Key", "k1").want(200)
}

func TestRecipientsInPages(t *testing.T) {
	t.Parallel()
	s := start(t)
	var made []string
	var last answer
	for i := range 7 {
		last = s.do("POST", "/v1/recipients", fmt.Sprintf(`{"name":"n%d"}`, i)).want(201)
		made = append(made, last.object()["recipient_id"].(string))
	}
	s.do("POST", "/v1/recipients", `{}`, giverHeader, uuid.NewString()).want(201)
	slices.Reverse(made)
	got, pages := s.each("/v1/recipients?"+last.since(), 3, "id")
	if !slices.Equal(got, made) || pages != 3 {
		t.Errorf("%d pages: %v\nwant %v", pages, got, made)
	}
	s.do("GET", "/v1/recipients?cursor=nonsense", "").problem(422, "cursor_invalid")
	for _, limit := range []string{"0", "201", "-1", "ten"} {
		if at := s.do("GET", "/v1/recipients?limit="+limit, "").problem(422, "request_invalid"); !slices.Equal(at, []string{"query.limit"}) {
			t.Errorf("limit %s: blamed %v", limit, at)
		}
	}
	if o := s.do("GET", "/v1/recipients", "", giverHeader, uuid.NewString()).want(200).object(); len(o["items"].([]any)) != 0 {
		t.Errorf("a newcomer has %v", o)
	}
}

func TestNobodySeesOthersThings(t *testing.T) {
	t.Parallel()
	s := start(t)
	created := s.do("POST", "/v1/recipients", father).want(201)
	place, stranger := created.header.Get("Location"), uuid.NewString()
	for _, ask := range []struct{ method, path, body string }{
		{"GET", place + "?" + created.since(), ""},
		{"GET", place + "/history", ""},
		{"PATCH", place, `{"age":1}`},
		{"DELETE", place, ""},
	} {
		s.do(ask.method, ask.path, ask.body, giverHeader, stranger).problem(404, "recipient_not_found")
	}
	s.do("GET", place, "", giverHeader, "nobody").problem(401, "unauthenticated")
	s.do("GET", place, "").want(http.StatusOK)
}
