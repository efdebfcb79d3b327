package http_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

type generated struct {
	SessionID  string `json:"session_id"`
	Position   int    `json:"position"`
	Hypotheses []struct {
		ID       string `json:"id"`
		Title    string `json:"title"`
		Products []struct {
			GiftID string `json:"gift_id"`
			Rank   int    `json:"rank"`
			Title  string `json:"title"`
		} `json:"products"`
	} `json:"hypotheses"`
}

func TestIdeasFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	s := start(t)
	since := s.importJSONL("shop", "Удочка", "Гриль", "Книга").since()
	s.finder.finds("shop:2", "shop:1")
	who := s.do("POST", "/v1/recipients", father).want(201).object()["recipient_id"].(string)

	made := s.do("POST", "/v1/hypotheses/generate?"+since, `{"recipient_id":"`+who+`","quiz":{"budget":5000}}`, "Idempotency-Key", "g").want(201)
	var first generated
	made.into(&first)
	if len(first.Hypotheses) != 2 || first.Hypotheses[0].Title != "Something for рыбалка" || len(first.Hypotheses[0].Products) != 2 ||
		first.Hypotheses[0].Products[0].GiftID != "shop:2" || first.Hypotheses[0].Products[0].Title != "Гриль" || first.SessionID == "" {
		t.Fatalf("%s", made.body)
	}
	head := s.head()
	again := s.do("POST", "/v1/hypotheses/generate", `{"recipient_id":"`+who+`","quiz":{"budget":5000}}`, "Idempotency-Key", "g").want(201)
	if string(again.body) != string(made.body) || again.header.Get("Idempotent-Replayed") != "true" || s.head() != head {
		t.Errorf("again: %s", again.body)
	}

	id := first.Hypotheses[0].ID
	place := "/v1/hypotheses/" + id
	tag := s.do("GET", place, "").want(200).header.Get("ETag")
	liked := s.do("PUT", place+"/reaction", `{"reaction":"like"}`, "If-Match", tag).want(200)
	s.do("PUT", place+"/reaction", `{"reaction":"dislike"}`, "If-Match", tag).problem(412, "version_mismatch")
	if o := s.do("GET", place+"?"+liked.since(), "").want(200).object(); o["user_reaction"] != "like" || len(o["products"].([]any)) != 2 {
		t.Errorf("%v", o)
	}
	none := s.do("PUT", place+"/reaction", `{"reaction":"none"}`).want(200)
	if o := s.do("GET", place+"?"+none.since(), "").want(200).object(); o["user_reaction"] != nil {
		t.Errorf("%v", o)
	}

	linked := s.do("POST", place+"/links", `{"gift_id":"shop:3","rank":3,"similarity":0.1}`).want(200)
	if got, pages := s.each(place+"/links?"+linked.since(), 2, "gift_id"); !slices.Equal(got, []string{"shop:2", "shop:1", "shop:3"}) || pages != 2 {
		t.Errorf("links: %v", got)
	}
	if at := s.do("POST", place+"/links", `{"gift_id":"shop:99","rank":1}`).problem(422, "product_not_found"); !slices.Equal(at, []string{"body.gift_id"}) {
		t.Errorf("blamed %v", at)
	}

	for _, list := range []string{"/v1/hypotheses?", "/v1/hypotheses?recipient_id=" + who + "&", "/v1/hypotheses?session_id=" + first.SessionID + "&"} {
		if got, pages := s.each(list+linked.since(), 1, "title"); len(got) != 2 || pages != 2 || got[1] != first.Hypotheses[0].Title {
			t.Errorf("%s: %v", list, got)
		}
	}
	if got, _ := s.each("/v1/hypotheses?recipient_id="+uuid.NewString(), 9, "id"); len(got) != 0 {
		t.Errorf("somebody else's: %v", got)
	}
	if got, _ := s.each("/v1/search-logs?recipient_id="+who+"&"+linked.since(), 9, "search_query"); len(got) != 2 {
		t.Errorf("search logs: %v", got)
	}
}

func TestIdeasAreTheirGivers(t *testing.T) {
	t.Parallel()
	s := start(t)
	made := s.do("POST", "/v1/hypotheses/generate", `{"quiz":{"interests":"tea, coffee"}}`).want(201)
	var g generated
	made.into(&g)
	place, stranger := "/v1/hypotheses/"+g.Hypotheses[0].ID, uuid.NewString()
	s.importJSONL("shop", "Чай")
	for _, ask := range []struct{ method, path, body string }{
		{"GET", place, ""}, {"GET", place + "/links", ""},
		{"PUT", place + "/reaction", `{"reaction":"like"}`}, {"POST", place + "/links", `{"gift_id":"shop:1","rank":1}`},
	} {
		s.do(ask.method, ask.path, ask.body, giverHeader, stranger).problem(404, "hypothesis_not_found")
	}
	if got, _ := s.each("/v1/hypotheses", 9, "id"); len(got) != 2 {
		t.Errorf("own: %v", got)
	}
}

func TestInteractions(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.importJSONL("shop", "Чай", "Кофе")
	s.finder.finds("shop:1")
	who := s.do("POST", "/v1/recipients", father).want(201).object()["recipient_id"].(string)
	var g generated
	s.do("POST", "/v1/hypotheses/generate", `{"recipient_id":"`+who+`"}`).want(201).into(&g)
	idea := g.Hypotheses[0].ID
	record := func(rest string) answer {
		return s.do("POST", "/v1/interactions", fmt.Sprintf(`{"recipient_id":%q,"session_id":"s1",%s}`, who, rest))
	}
	record(`"action":"view","target_type":"hypothesis","target_id":"` + idea + `"`).want(201)
	record(`"action":"view","target_type":"product","target_id":"shop:1","hypothesis_id":"` + idea + `"`).want(201)
	record(`"action":"click","target_type":"product","target_id":"shop:1","hypothesis_id":"` + idea + `","metadata":{"screen":"ideas","n":1}`).want(201)
	last := record(`"action":"comment","target_type":"navigation","target_id":"home","value":"нравится"`).want(201)

	var links struct{ Items []map[string]any }
	s.do("GET", "/v1/hypotheses/"+idea+"/links?"+last.since(), "").want(200).into(&links)
	if len(links.Items) != 1 || links.Items[0]["was_shown"] != true || links.Items[0]["was_clicked"] != true {
		t.Errorf("%v", links.Items)
	}
	for _, list := range []string{"/v1/recipients/" + who + "/history", "/v1/interactions", "/v1/interactions?session_id=s1"} {
		separator := "?"
		if list == "/v1/interactions?session_id=s1" {
			separator = "&"
		}
		want, inPages := []string{"comment", "click", "view", "view"}, 2
		if strings.HasSuffix(list, "/history") {
			want, inPages = append(want, "<nil>", "<nil>", "<nil>", "<nil>"), 3 // two ideas, their session, the recipient
		}
		got, pages := s.each(list+separator+last.since(), 3, "action_type")
		if !slices.Equal(got, want) || pages != inPages {
			t.Errorf("%s: %v", list, got)
		}
	}
	record(`"action":"click","target_type":"product","target_id":"shop:2","hypothesis_id":"`+idea+`"`).problem(422, "product_not_linked")
	for _, nothing := range []string{"no-such-gift", "shop:9", idea} {
		if blamed := record(`"action":"purchase","target_type":"product","target_id":"`+nothing+`"`).problem(422, "product_not_found"); !slices.Equal(blamed, []string{"body.target_id"}) {
			t.Errorf("%s: blamed %v", nothing, blamed)
		}
	}
	record(`"action":"view","target_type":"hypothesis","target_id":"`+uuid.NewString()+`"`).problem(404, "hypothesis_not_found")
	s.do("GET", "/v1/recipients/"+uuid.NewString()+"/history", "").problem(404, "recipient_not_found")
}
