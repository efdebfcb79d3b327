package http_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"gifty/domain/catalogue"
	api "gifty/http"
)

func TestProductsInPages(t *testing.T) {
	t.Parallel()
	s := start(t)
	var titles, want []string
	for i := range 9 {
		titles, want = append(titles, fmt.Sprintf("Подарок %d", i)), append(want, fmt.Sprintf("shop:%d", i+1))
	}
	since := s.importJSONL("shop", titles...).since()
	if got, pages := s.each("/v1/products?"+since, 4, "gift_id"); !slices.Equal(got, want) || pages != 3 {
		t.Errorf("%d pages: %v", pages, got)
	}
	for query, want := range map[string][]string{
		"min_price=200&max_price=400.00&currency=rub": {"shop:2", "shop:3", "shop:4"},
		"category=c1":     {"shop:2", "shop:4", "shop:6", "shop:8"},
		"currency=EUR":    nil,
		"merchant=nobody": nil,
	} {
		if got, _ := s.each("/v1/products?"+query, 200, "gift_id"); !slices.Equal(got, want) {
			t.Errorf("%s: %v", query, got)
		}
	}
	if got, _ := s.each("/v1/categories?"+since, 1, "external_name"); !slices.Equal(got, []string{"c0", "c1"}) {
		t.Errorf("categories %v", got)
	}
}

func TestRetiredProductsAreListedOnDemand(t *testing.T) {
	t.Parallel()
	s := start(t)
	gone := `{"id":"1","title":"Чай","product_url":"https://shop.example/1","available":false}`
	since := s.do("POST", "/v1/products/import?source=s", gone, "Content-Type", jsonl).want(200).since()
	if got, _ := s.each("/v1/products?"+since, 9, "gift_id"); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if got, _ := s.each("/v1/products?inactive=true", 9, "gift_id"); len(got) != 1 {
		t.Errorf("%v", got)
	}
	if o := s.do("GET", "/v1/products/s:1", "").want(200).object(); o["is_active"] != false {
		t.Errorf("%v", o)
	}
}

// Gift ids hold whole addresses, in any script.
func TestProductByAwkwardID(t *testing.T) {
	t.Parallel()
	s := start(t)
	address := "https://shop.example/подарки/50%25?id=1&x=a/../b"
	body := fmt.Sprintf(`{"source":"магазин 1","items":[{"title":"Чай","product_url":%q}]}`, address)
	since := s.do("POST", "/v1/products/import", body).want(200).since()
	id := "магазин 1:" + address
	got := s.do("GET", "/v1/products/"+url.PathEscape(id)+"?"+since, "").want(200).object()
	if got["gift_id"] != id {
		t.Errorf("%v, want %s", got["gift_id"], id)
	}
	s.do("GET", "/v1/products/none", "").problem(404, "product_not_found")
}

// What no person searched leaves no trace: a page of another site, or a browser that reads ahead,
// must not fill the log.
func TestPassingSearchesAreNotLogged(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.importJSONL("shop", "Чай")
	head := s.head()
	for _, c := range [][3]string{
		{"HEAD", "Accept", "*/*"}, {"GET", "Sec-Fetch-Site", "cross-site"}, {"GET", "Sec-Purpose", "prefetch;prerender"}, {"GET", "Purpose", "prefetch"},
	} {
		a := s.do(c[0], "/v1/products/search?q=x", "", c[1], c[2]).want(200)
		if a.header.Get("Gifty-Position") != "" || strings.Contains(string(a.body), "search_id") {
			t.Errorf("%v: %v\n%s", c, a.header, a.body)
		}
	}
	if s.head() != head {
		t.Error("the log has grown")
	}
	s.do("GET", "/v1/products/search?q=x", "", "Sec-Fetch-Site", "same-origin").want(200)
	if s.head() != head+1 {
		t.Error("a person's search was not logged")
	}
}

// Whoever gets less than there might be is told why.
func TestNotices(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *api.Config) { c.Notices = func() []string { return []string{"words alone"} } })
	s.importJSONL("shop", "Чай")
	for budget, want := range map[string]string{
		`{"budget":5,"currency":"JPY"}`: "[words alone the catalogue has no product with a price in JPY, and the budget rules out all others]",
		`{"currency":"JPY"}`:            "[words alone the catalogue has no product with a price in JPY, and others are left out]",
		`{"budget":5,"currency":"RUB"}`: "[words alone]", `{"currency":"RUB"}`: "[words alone]",
	} {
		if o := s.do("POST", "/v1/hypotheses/generate", `{"quiz":`+strings.Replace(budget, "{", `{"occasion":"birthday",`, 1)+`}`).want(201).object(); fmt.Sprint(o["notices"]) != want {
			t.Errorf("%s: %v", budget, o["notices"])
		}
	}
	if o := s.do("GET", "/v1/products/search?q=x", "").want(200).object(); fmt.Sprint(o["notices"]) != "[words alone]" {
		t.Errorf("%v", o)
	}
}

func TestSearchIsLogged(t *testing.T) {
	t.Parallel()
	s := start(t)
	since := s.importJSONL("shop", "Набор для барбекю", "Чайный набор", "Барбекю гриль").since()
	ask := "/v1/products/search?q=" + url.QueryEscape("барбекю") + "&max_price=250&currency=RUB&session_id=s1&"
	found := s.do("GET", ask+since, "").want(200)
	var answered struct {
		SearchID uuid.UUID `json:"search_id"`
		Items    []struct {
			GiftID    string  `json:"gift_id"`
			WordScore float64 `json:"word_score"`
		} `json:"items"`
	}
	found.into(&answered)
	if len(answered.Items) != 1 || answered.Items[0].GiftID != "shop:1" || answered.Items[0].WordScore == 0 {
		t.Errorf("%s", found.body)
	}
	var logs struct{ Items []map[string]any }
	s.do("GET", "/v1/search-logs?session_id=s1&"+found.since(), "").want(200).into(&logs)
	if len(logs.Items) != 1 || logs.Items[0]["id"] != answered.SearchID.String() || logs.Items[0]["search_query"] != "барбекю" ||
		logs.Items[0]["results_count"] != 1.0 || logs.Items[0]["max_price"] != 250.0 || logs.Items[0]["search_context"] != "search" {
		t.Errorf("%v", logs.Items)
	}
	if o := s.do("GET", "/v1/products/search?q="+url.QueryEscape("трактор"), "").want(200).object(); len(o["items"].([]any)) != 0 {
		t.Errorf("%v", o)
	}
	for query, code := range map[string]string{
		"": "request_invalid", "q=": "request_invalid", "q=+": "query_empty", "q=x&max_price=-1": "request_invalid", "q=x&max_price=1e3": "request_invalid",
		"q=x&limit=201": "request_invalid", "q=x&currency=roubles": "request_invalid", "q=x&maxprice=1": "request_invalid",
		"q=x&min_price=300&max_price=200": "price_range_empty", "q=%FF": "text_not_utf8", "q=%00": "text_not_utf8",
	} {
		s.do("GET", "/v1/products/search?"+query, "").problem(422, code)
	}
}

func TestEmbeddingsAreListed(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.importJSONL("shop", "Чай", "Кофе")
	item, err := catalogue.Normalise(catalogue.Item{ID: "1", Title: "Чай", ProductURL: "https://shop.example/1", Merchant: "m", Category: "c0"})
	if err != nil {
		t.Fatal(err)
	}
	vector := make(catalogue.Vector, 1024)
	vector[0] = 1
	out, err := catalogue.Commands{Log: s.log}.Embed(t.Context(), catalogue.EmbedProducts{Model: embedder{}.Model(), Vectors: []catalogue.ProductVector{{
		GiftID: "shop:1", Vector: vector,
		ContentHash: catalogue.ContentHash(catalogue.ContentText(item.Title, item.Category, "", item.Merchant), ""),
	}}})
	if err != nil || out.Result != 1 {
		t.Fatal(out, err)
	}
	since := fmt.Sprintf("min_position=%d", out.Position)
	for query, want := range map[string]int{since: 1, since + "&gift_id=shop:1": 1, since + "&gift_id=shop:2": 0} {
		if got, _ := s.each("/v1/product-embeddings?"+query, 9, "model_name"); len(got) != want {
			t.Errorf("%s: %v", query, got)
		}
	}
}
