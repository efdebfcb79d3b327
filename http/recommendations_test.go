package http_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"gifty/domain/recommendation"
)

func TestAPageFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.ranker.ranks("shop:1", "shop:2", "shop:3")
	who := s.do("POST", "/v1/recipients", father).want(201)
	recipient := who.object()["recipient_id"].(string)
	ask := `{"recipient_id":"` + recipient + `","session_id":"s1","limit":2,"exclude":["shop:4"],"policy":"test","quiz":{"budget":5000,"occasion":"birthday","constraints":"no_alcohol","language":"en"},
		"ideas":[{"title":"Чаепитие","queries":["чай","чайник"]}]}`
	made := s.do("POST", "/v1/recommendations?"+who.since(), ask, "Idempotency-Key", "k").want(201)
	var page recommendation.Recommended
	made.into(&page)
	place := "/v1/recommendations/" + page.RecommendationID.String()
	if len(page.Items) != 2 || page.Items[1].GiftID != "shop:2" || page.Items[0].Gift.Title != "Чай <shop:1> & \u2028" || page.Policy.Version != 2 ||
		page.Seed != recommendation.SeedOf(page.RecommendationID) || made.header.Get("Location") != place || made.header.Get("Content-Type") != "application/json" {
		t.Errorf("%v\n%s", made.header, made.body)
	}
	asked := s.ranker.lastAsked()
	if *asked.Brief.Age != 52 || asked.Brief.Occasion != "birthday" || asked.Brief.Budget.Amount.String() != "5000" || asked.Brief.Language != "en" ||
		!slices.Equal(asked.Brief.Constraints, []string{"no_alcohol"}) || !slices.Equal(asked.Ideas[0].Queries, []string{"чай", "чайник"}) || asked.RecipientID.String() != recipient ||
		!slices.Equal(asked.Exclude, []string{"shop:4"}) {
		t.Errorf("asked %+v", asked)
	}

	again := s.do("POST", "/v1/recommendations", ask, "Idempotency-Key", "k").want(201)
	read := s.do("GET", place+"?"+made.since(), "").want(200)
	if string(again.body) != string(made.body) || again.header.Get("Idempotent-Replayed") != "true" || string(read.body) != string(made.body) {
		t.Errorf("served %s\nretry  %s\nread   %s", made.body, again.body, read.body)
	}
	s.do("POST", "/v1/recommendations", `{}`, "Idempotency-Key", "k").problem(409, "idempotency_key_reused")

	shown := s.do("POST", place+"/shown", `{"gift_ids":["shop:1","shop:2"]}`, "Idempotency-Key", "k").want(200)
	if o := shown.object(); o["version"] != 2.0 || o["recommendation_id"] != page.RecommendationID.String() || fmt.Sprint(o["position"]) != shown.header.Get("Gifty-Position") {
		t.Errorf("%s", shown.body)
	}
	s.do("POST", place+"/items/shop:1/click", "").want(200)
	s.do("PUT", place+"/items/shop:1/reaction", `{"reaction":"like"}`).want(200)
	s.do("PUT", place+"/items/shop:2/reaction", `{"reaction":"dislike"}`).want(200)
	s.do("PUT", place+"/items/shop:2/reaction", `{"reaction":"none"}`).want(200)
	bought := s.do("POST", place+"/items/shop:1/purchase", "").want(200)
	if repeated := s.do("POST", place+"/items/shop:1/purchase", "").want(200); repeated.since() != bought.since() {
		t.Errorf("bought twice: %s", repeated.body)
	}
	if read := s.do("GET", place+"?"+bought.since(), "").want(200); string(read.body) != string(made.body) {
		t.Errorf("the page has changed: %s", read.body)
	}

	var why struct {
		ShownCount, PurchasedCount, LikedCount, DislikedCount int
		Items                                                 []map[string]any
		Candidates                                            []recommendation.Candidate
		FeatureNames                                          []string `json:"feature_names"`
	}
	explained := s.do("GET", place+"/explanation?"+bought.since(), "").want(200).into(&why)
	first, second := why.Items[0], why.Items[1]
	if first["reaction"] != "like" || first["shown_at"] == nil || first["clicked_at"] == nil || first["purchased_at"] == nil || second["reaction"] != nil ||
		second["reacted_at"] == nil || second["clicked_at"] != nil || first["reason"] != "Потому что чай" || len(first["event_ids"].([]any)) != 1 ||
		first["features"].([]any)[0].(map[string]any)["contribution"] != 1.0 {
		t.Errorf("%s", explained.body)
	}
	if len(why.Candidates) != 3 || why.Candidates[2].Dropped != "over_budget" || !slices.Equal(why.FeatureNames, []string{"similarity"}) {
		t.Errorf("%s", explained.body)
	}
	if o := explained.object(); o["shown_count"] != 2.0 || o["purchased_count"] != 1.0 || o["liked_count"] != 1.0 || o["disliked_count"] != 0.0 || o["policy_version"] != 2.0 {
		t.Errorf("%s", explained.body)
	}
}

func TestNothingFits(t *testing.T) {
	t.Parallel()
	s := start(t)
	made := s.do("POST", "/v1/recommendations", `{"quiz":{"budget":1}}`).want(201)
	var page recommendation.Recommended
	made.into(&page)
	if page.Items == nil || len(page.Items) != 0 || page.Notice.Code != "nothing_found" || page.Notice.Text != "Ничего не подошло" {
		t.Errorf("%s", made.body)
	}
	if o := s.do("GET", made.header.Get("Location")+"/explanation?"+made.since(), "").want(200).object(); o["notice"] != "nothing_found" || len(o["items"].([]any)) != 0 || len(o["candidates"].([]any)) != 1 {
		t.Errorf("%v", o)
	}
}

func TestRecommendForAnIdea(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.ranker.ranks("shop:1")
	who := s.do("POST", "/v1/recipients", father).want(201).object()["recipient_id"].(string)
	other := s.do("POST", "/v1/recipients", father).want(201).object()["recipient_id"].(string)
	var g generated
	since := s.do("POST", "/v1/hypotheses/generate", `{"recipient_id":"`+who+`"}`).want(201).into(&g).since()
	idea := g.Hypotheses[0]
	s.do("POST", "/v1/recommendations?"+since, `{"hypothesis_id":"`+idea.ID+`"}`).want(201)
	asked := s.ranker.lastAsked()
	if asked.RecipientID.String() != who || len(asked.Ideas) != 1 || asked.Ideas[0].Title != idea.Title || len(asked.Ideas[0].Queries) != 3 || asked.Limit != recommendation.DefaultLimit {
		t.Errorf("asked %+v", asked)
	}
	s.do("POST", "/v1/recommendations", `{"hypothesis_id":"`+idea.ID+`","ideas":[{"title":"Книга"}]}`).want(201)
	if asked := s.ranker.lastAsked(); len(asked.Ideas) != 1 || asked.Ideas[0].Title != "Книга" {
		t.Errorf("asked %+v", asked)
	}
	s.do("POST", "/v1/recommendations", `{"hypothesis_id":"`+idea.ID+`","recipient_id":"`+other+`"}`).problem(404, "hypothesis_not_found")
	s.do("POST", "/v1/recommendations", `{"hypothesis_id":"`+uuid.NewString()+`"}`).problem(404, "hypothesis_not_found")
}

// Gift ids hold whole addresses, in any script.
func TestFeedbackOnAnAwkwardGift(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := "магазин 1:https://shop.example/подарки/50%25?id=1&x=a/../b"
	s.ranker.ranks(id)
	place := s.do("POST", "/v1/recommendations", `{}`).want(201).header.Get("Location")
	item := place + "/items/" + url.PathEscape(id)
	s.do("POST", item+"/click", "").want(200)
	s.do("PUT", item+"/reaction", `{"reaction":"shortlist"}`).want(200)
	since := s.do("POST", item+"/purchase", "").want(200).since()
	o := s.do("GET", place+"/explanation?"+since, "").want(200).object()
	if got := o["items"].([]any)[0].(map[string]any); got["gift_id"] != id || got["reaction"] != "shortlist" || got["clicked_at"] == nil || got["purchased_at"] == nil {
		t.Errorf("%v", got)
	}
}

func TestRecommendationsAreTheirGivers(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.ranker.ranks("shop:1")
	who := s.do("POST", "/v1/recipients", father).want(201).object()["recipient_id"].(string)
	var places []string
	var since string
	for _, body := range []string{`{"session_id":"s1"}`, `{"recipient_id":"` + who + `"}`, `{"recipient_id":"` + who + `","session_id":"s1"}`} {
		made := s.do("POST", "/v1/recommendations", body).want(201)
		places, since = append(places, made.header.Get("Location")), made.since()
	}
	for query, want := range map[string]int{"": 3, "&recipient_id=" + who: 2, "&session_id=s1": 2, "&session_id=s2": 0} {
		if got, _ := s.each("/v1/recommendations?"+since+query, 1, "id"); len(got) != want || want == 3 && "/v1/recommendations/"+got[0] != places[2] {
			t.Errorf("%s: %v", query, got)
		}
	}
	stranger := uuid.NewString()
	requests := []struct{ method, path, body string }{
		{"GET", "", ""}, {"GET", "/explanation", ""}, {"POST", "/shown", `{"gift_ids":["shop:1"]}`}, {"POST", "/items/shop:1/click", ""},
		{"PUT", "/items/shop:1/reaction", `{"reaction":"like"}`}, {"POST", "/items/shop:1/purchase", ""},
	}
	for _, ask := range requests {
		s.do(ask.method, places[1]+ask.path, ask.body, giverHeader, stranger).problem(404, "recommendation_not_found")
		s.do(ask.method, places[1]+ask.path, ask.body, giverHeader, "nobody").problem(401, "unauthenticated")
	}
	s.do("POST", "/v1/recommendations", `{"recipient_id":"`+who+`"}`, giverHeader, stranger).problem(404, "recipient_not_found")
	gone := s.do("DELETE", "/v1/recipients/"+who, "").want(200).since()
	for _, ask := range requests {
		path := places[1] + ask.path
		if ask.method == "GET" {
			path += "?" + gone
		}
		s.do(ask.method, path, ask.body).problem(404, "recommendation_not_found")
	}
	if got, _ := s.each("/v1/recommendations?"+gone, 9, "id"); len(got) != 1 {
		t.Errorf("after the recipient went: %v", got)
	}
}

func TestBadRecommendations(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.ranker.ranks("shop:1")
	place := s.do("POST", "/v1/recommendations", `{}`).want(201).header.Get("Location")
	head := s.head()
	long := fmt.Sprintf("%0501d", 0)
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		code, blamed             string
	}{
		{"limit", "POST", "/v1/recommendations", `{"limit":51}`, 422, "request_invalid", "body.limit"},
		{"limit 0", "POST", "/v1/recommendations", `{"limit":0}`, 422, "request_invalid", "body.limit"},
		{"an unknown field", "POST", "/v1/recommendations", `{"budget":1}`, 422, "request_invalid", "body.budget"},
		{"a quiz's age", "POST", "/v1/recommendations", `{"quiz":{"recipient_age":131}}`, 422, "request_invalid", "body.quiz.recipient_age"},
		{"a quiz's budget", "POST", "/v1/recommendations", `{"quiz":{"budget":9999999999999}}`, 422, "quiz_invalid", "body.quiz.budget"},
		{"an idea without a title", "POST", "/v1/recommendations", `{"ideas":[{"queries":["a"]}]}`, 422, "request_invalid", "body.ideas[0]"},
		{"a blank query", "POST", "/v1/recommendations", `{"ideas":[{"title":"a","queries":["b"," "]}]}`, 422, "recommendation_invalid", "body.ideas[0].queries[1]"},
		{"a long query", "POST", "/v1/recommendations", `{"ideas":[{"title":"a","queries":["` + long + `"]}]}`, 422, "recommendation_invalid", "body.ideas[0].queries[0]"},
		{"an empty id", "POST", "/v1/recommendations", `{"exclude":["shop:1",""]}`, 422, "recommendation_invalid", "body.exclude[1]"},
		{"501 ids", "POST", "/v1/recommendations", `{"exclude":[` + strings.Repeat(`"x",`, 500) + `"x"]}`, 422, "request_invalid", "body.exclude"},
		{"an unknown policy", "POST", "/v1/recommendations", `{"policy":"x"}`, 422, "policy_unknown", "body.policy"},
		{"an unknown recipient", "POST", "/v1/recommendations", `{"recipient_id":"` + uuid.NewString() + `"}`, 404, "recipient_not_found", ""},
		{"no body", "POST", "/v1/recommendations", ``, 400, "body_missing", ""},
		{"no id", "GET", "/v1/recommendations/42", "", 422, "request_invalid", "path.id"},
		{"nobody's page", "GET", "/v1/recommendations/" + uuid.NewString(), "", 404, "recommendation_not_found", ""},
		{"nothing shown", "POST", place + "/shown", `{"gift_ids":[]}`, 422, "request_invalid", "body.gift_ids"},
		{"something else shown", "POST", place + "/shown", `{"gift_ids":["shop:9"]}`, 422, "gift_not_on_page", ""},
		{"something else clicked", "POST", place + "/items/shop:9/click", "", 422, "gift_not_on_page", ""},
		{"something else bought", "POST", place + "/items/shop:9/purchase", "", 422, "gift_not_on_page", ""},
		{"an unknown reaction", "PUT", place + "/items/shop:1/reaction", `{"reaction":"love"}`, 422, "request_invalid", "body.reaction"},
		{"no reaction", "PUT", place + "/items/shop:1/reaction", `{}`, 422, "request_invalid", "body"},
	} {
		blamed := s.do(c.method, c.path, c.body).problem(c.status, c.code)
		if c.blamed == "" && len(blamed) > 0 || c.blamed != "" && !slices.Contains(blamed, c.blamed) {
			t.Errorf("%s blames %v", c.name, blamed)
		}
	}
	if now := s.head(); now != head {
		t.Errorf("%d events of bad input", now-head)
	}
}

// A like counts for the next page: whoever asks with its position waits for what is learnt from it.
func TestAReactionCountsAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.ranker.ranks("shop:1")
	who := s.do("POST", "/v1/recipients", father).want(201).object()["recipient_id"].(string)
	place := s.do("POST", "/v1/recommendations", `{"recipient_id":"`+who+`"}`).want(201).header.Get("Location")
	liked := s.do("PUT", place+"/items/shop:1/reaction", `{"reaction":"like"}`).want(200)
	s.do("POST", "/v1/recommendations?"+liked.since(), `{"recipient_id":"`+who+`"}`).want(201)
	for _, table := range []string{"recipient_reactions", "ranking_statistics"} {
		var at float64
		err := s.pool.QueryRow(t.Context(), `SELECT position FROM checkpoints WHERE read_table = $1`, table).Scan(&at)
		if err != nil || at < liked.object()["position"].(float64) {
			t.Errorf("%s was at %g, %v", table, at, err)
		}
	}
}
