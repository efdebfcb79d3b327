package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"gifty/domain/recommend"
	"gifty/domain/recommendation"
	"gifty/http/client/embed"
	"gifty/projections/all/alltest"
)

// tastes is a feed of a few shelves of the demo catalogue.
func tastes(t *testing.T, p place) string {
	t.Helper()
	return shelves(t, p.dir, "Кофе", "Чай", "Игры и игрушки", "Духи и ароматы", "Книги")
}

// client speaks to a server as its operator.
type client struct {
	*testing.T
	api, token string
}

// served starts a server that is stopped when the test ends.
func (p place) served(t *testing.T) client {
	t.Helper()
	run := p.begin(t, nil, "serve", "--listen", "127.0.0.1:0", "--demo", "never")
	run.until(t, func() bool { return servedAt.MatchString(run.out.String()) })
	t.Cleanup(func() {
		run.signal(t, syscall.SIGTERM)
		run.done(t)
	})
	return client{t, servedAt.FindStringSubmatch(run.out.String())[1], p.adminToken(t)}
}

// do asks, expects a status, and reads the answer; it returns the log position that the answer names.
func (c client) do(method, path, body string, status int, into any) (position string) {
	c.Helper()
	req, err := http.NewRequestWithContext(c.Context(), method, c.api+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status {
		c.Fatalf("%s %s %s: %d, want %d: %s %v", method, path, body, res.StatusCode, status, answer, err)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			c.Fatalf("%s: %v", answer, err)
		}
	}
	return res.Header.Get("Gifty-Position")
}

// recipient is somebody new who loves tea.
func (c client) recipient() (id string) {
	c.Helper()
	var made struct {
		ID string `json:"recipient_id"`
	}
	c.do("POST", "/v1/recipients", `{"relation":"friend","age":30,"interests":["чай"]}`, 201, &made)
	return made.ID
}

func (c client) page(body string) (p recommendation.Recommended) {
	c.Helper()
	c.do("POST", "/v1/recommendations", body, 201, &p)
	return p
}

// pageFor is the first gifts for somebody once the log's position is known to the server's tables.
func (c client) pageFor(who, position string) (p recommendation.Recommended) {
	c.Helper()
	path := "/v1/recommendations"
	if position != "" {
		path += "?min_position=" + position
	}
	c.do("POST", path, fmt.Sprintf(`{"recipient_id":%q,"limit":4,"quiz":{"budget":5000}}`, who), 201, &p)
	return p
}

const experiment = `{"policies":[{"name":"default","version":2},{"name":"warm","version":1,"weights":{"character":0.8}}],
	"experiment":{"name":"warm-autumn","shares":[{"name":"default","parts":1},{"name":"warm","parts":1}],"effect":0.5}}`

// An experiment begins and ends by configuration, while the server runs: pages say which arm they are of, each
// person stays in theirs, and what became of them is told with the check of the split.
func TestAnExperimentFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	p := at(t, alltest.Tables.URL(t))
	p.run(t, "import", tastes(t, p))
	c := p.served(t)
	const people = 24
	before := c.pageFor(c.recipient(), "")
	if before.Exposure != nil || before.Policy.Name != "default" {
		t.Errorf("before it began: %+v", before.Making)
	}
	const ranking = "/v1/configurations/ranking"
	c.do("POST", ranking+"/versions", `{"config":{"policies":[{"name":"default","version":2,"weights":{"taste":3}}]}}`, 422, nil) // another one has this version
	c.do("POST", ranking+"/versions", `{"config":{"policies":[{"name":"warm","version":1,"weights":{"tast":3}}]}}`, 422, nil)
	c.do("POST", ranking+"/versions", `{"config":`+experiment+`,"activate":true}`, 201, nil)
	arms, who := map[string]int{}, ""
	for range people {
		who = c.recipient()
		page := c.pageFor(who, "")
		arm := recommend.Assign("warm-autumn", who, []recommend.Share{{Name: "default", Parts: 1}, {Name: "warm", Parts: 1}})
		if page.Exposure == nil || page.Exposure.Experiment != "warm-autumn" || page.Exposure.Bucket != arm || page.Policy.Name != arm || len(page.Items) == 0 {
			t.Fatalf("%s is of arm %s: %+v, %d gifts", who, arm, page.Making, len(page.Items))
		}
		arms[arm]++
		place := "/v1/recommendations/" + page.RecommendationID.String()
		c.do("POST", place+"/shown", fmt.Sprintf(`{"gift_ids":[%q]}`, page.Items[0].GiftID), 200, nil)
		if arm == "warm" {
			c.do("PUT", place+"/items/"+page.Items[0].GiftID+"/reaction", `{"reaction":"like"}`, 200, nil)
		}
	}
	var told struct {
		Arms []struct {
			Name   string
			People int
			Reward float64
			Look   *struct{ Effect, PValue float64 }
		}
		Ratio struct{ Mismatch bool }
	}
	run := p.run(t, "evaluate", "--experiment", "warm-autumn", "--json")
	if err := json.Unmarshal([]byte(run.out.String()), &told); err != nil || len(told.Arms) != 2 || told.Ratio.Mismatch {
		t.Fatalf("%v: %s", err, run.out)
	}
	for _, arm := range told.Arms {
		liked := map[string]float64{"default": 0, "warm": 1}[arm.Name]
		if arm.People != arms[arm.Name] || arm.Reward != liked || (arm.Look != nil) != (arm.Name == "warm") {
			t.Errorf("%+v, and %v were in the arms\n%s", arm, arms, run.out)
		}
	}
	c.do("POST", ranking+"/roll-back", `{}`, 200, nil)
	if after := c.pageFor(who, ""); after.Exposure != nil || after.Policy.Name != "default" {
		t.Errorf("after it was rolled back: %+v", after.Making)
	}
	c.do("POST", "/v1/recommendations", `{"quiz":{"occasion":"birthday"},"policy":"warm"}`, 422, nil)
}

// embeddingHeldOff has no process make vectors by hashing until it is let.
func embeddingHeldOff(t *testing.T, url string) (let func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	hashing, _, err := embed.New(t.Context(), embed.Config{Kind: "hash"})
	if err != nil {
		t.Fatal(err)
	}
	model := hashing.Model()
	if _, err := conn.Exec(t.Context(), `SELECT pg_advisory_lock(hashtextextended($1, $2))`, model.Name+" "+model.Version, int64(embeddingLock)); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// Whatever there is or is not, a page tells the truth: gifts that fit, or that nothing does and what comes nearest.
func TestPagesWhereLittleFits(t *testing.T) {
	t.Parallel()
	url := alltest.Tables.URL(t)
	p := at(t, url)
	makeVectors := embeddingHeldOff(t, url)
	c := p.served(t)
	if page := c.page(`{"quiz":{"interests":["чай"]}}`); len(page.Items) > 0 || page.Notice == nil || page.Notice.Code != recommend.NothingFound || page.Notice.Text != "Каталог пуст." {
		t.Errorf("of an empty catalogue: %+v", page)
	}
	feed := tastes(t, p)
	p.run(t, "import", "--no-embed", feed)
	page := c.page(`{"quiz":{"interests":["чай"],"budget":5000}}`)
	if len(page.Items) == 0 && page.Notice == nil {
		t.Errorf("without vectors: %+v", page)
	}
	for _, item := range page.Items {
		if item.Similarity != nil {
			t.Errorf("without vectors %s is %g near", item.Gift.Title, *item.Similarity)
		}
	}
	makeVectors()
	p.run(t, "import", feed)
	if page := c.page(`{"quiz":{"interests":["чай"],"budget":5}}`); len(page.Items) > 0 || page.Notice == nil || page.Notice.Code != recommend.BudgetTooLow ||
		len(page.Notice.Nearest) == 0 || !strings.Contains(page.Notice.Text, page.Notice.Nearest[0].Gift.Title) {
		t.Errorf("below the cheapest: %+v", page.Notice)
	}
	for language, says := range map[string]string{"ru": "В бюджет до 5 RUB ничего не подходит. Ближе всего: «", "en": "Nothing fits a budget of 5 RUB. The nearest is “"} {
		run := p.run(t, "recommend", "--interests", "чай", "--budget", "5", "--count", "1", "--language", language)
		if !strings.Contains(run.out.String(), says) {
			t.Errorf("on the command line:\n%s", run.out)
		}
	}
	strict := c.page(`{"ideas":[{"title":"Вино и духи","queries":["набор для вина","духи"]}],
		"quiz":{"recipient_age":2,"constraints":["romantic_ok","no_intimate","no_alcohol","kids_safe","office_safe","vegan"],"budget":90000}}`)
	for _, item := range strict.Items {
		if _, vetoed := recommend.NewRules(recommend.Person{Age: new(2), Constraints: []string{"no_alcohol", "kids_safe"}}).Vetoed(item.Gift.Title, "", item.Gift.Category); vetoed {
			t.Errorf("%s for a child of two", item.Gift.Title)
		}
	}
	if len(strict.Items) == 0 && (strict.Notice == nil || strict.Notice.Text == "") {
		t.Errorf("contradictory vetoes: %+v", strict)
	}
	at(t, alltest.Tables.URL(t), "GIFTY_EMBEDDER=magic").begin(t, nil, "serve").fails(t, 2, "embedder")
	for _, share := range []string{"-1", "2", "NaN"} {
		at(t, alltest.Tables.URL(t)).begin(t, nil, "serve", "--recall-sample="+share).fails(t, 2, "must be a share of 0 to 1")
	}
}

// What was liked and disliked moves the next page at once, and each gift names the events that moved it.
func TestReactionsMoveTheNextPage(t *testing.T) {
	t.Parallel()
	p := at(t, alltest.Tables.URL(t))
	p.run(t, "import", tastes(t, p))
	c := p.served(t)
	who := c.recipient()
	first := c.pageFor(who, "")
	if len(first.Items) < 3 {
		t.Fatalf("%d gifts", len(first.Items))
	}
	place := "/v1/recommendations/" + first.RecommendationID.String() + "/items/"
	c.do("PUT", place+first.Items[0].GiftID+"/reaction", `{"reaction":"like"}`, 200, nil)
	at := c.do("PUT", place+first.Items[1].GiftID+"/reaction", `{"reaction":"dislike"}`, 200, nil)
	next := c.pageFor(who, at)
	moved := 0
	for _, item := range next.Items {
		if item.GiftID == first.Items[1].GiftID {
			t.Errorf("%s was disliked, and is offered again", item.Gift.Title)
		}
		for i, event := range item.EventIDs {
			if moved++; item.Influences[i].EventID != event {
				t.Errorf("%s was moved by %s, and tells of %+v", item.Gift.Title, event, item.Influences[i])
			}
		}
	}
	if moved == 0 {
		t.Errorf("nothing moved: %+v", next.Items)
	}
}
