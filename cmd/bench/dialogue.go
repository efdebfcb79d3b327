package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"gifty/domain/discovery"
	"gifty/http/client/giver"
)

const (
	dialogues = 40  // one after the other
	crowd     = 200 // at once
)

// benchDialogue has dialogues with the real server, a process of its own, over HTTP: the built-in
// ideas and the offline embedder on the demo catalogue, or on the feed that BENCH_CATALOGUE names.
// Everything is to be measured on two cores: `taskset -c 0,1 make bench BENCH=dialogue`.
func benchDialogue(ctx context.Context, env environment) error {
	url, drop, err := env.database(ctx)
	if err != nil {
		return err
	}
	defer drop()
	feed := os.Getenv("BENCH_CATALOGUE")
	s, err := serve(ctx, url, feed)
	if err != nil {
		return err
	}
	defer s.stop()
	client, err := giver.New(ctx, s.base)
	if err != nil {
		return err
	}
	about, err := sold(ctx, url)
	if err != nil {
		return err
	}
	if err := about.talk(ctx, client, 3, &talked{}); err != nil { // caches and plans
		return err
	}
	var one talked
	if err := about.talk(ctx, client, dialogues, &one); err != nil {
		return err
	}
	one.print("dialogue")
	var all talked
	began := time.Now()
	group, inner := errgroup.WithContext(ctx)
	for i := range crowd {
		group.Go(func() error {
			client, err := giver.New(inner, s.base)
			if err != nil {
				return err
			}
			return about.converse(inner, client, 1000+i, &all)
		})
	}
	err = group.Wait()
	all.print("dialogue200")
	print("dialogue200.whole_s", time.Since(began).Seconds(), "s")
	return err
}

// talked is what givers waited for.
type talked struct {
	mu                       sync.Mutex
	first, ready, act, steps []float64 // ms
}

func (t *talked) add(to *[]float64, since time.Time) {
	took := milliseconds(time.Since(since))
	t.mu.Lock()
	defer t.mu.Unlock()
	*to = append(*to, took)
}

func (t *talked) print(name string) {
	print(name+".first_idea_ms", median(t.first), "ms")
	print(name+".first_idea_p99_ms", percentile(t.first, 0.99), "ms")
	print(name+".all_ideas_ms", median(t.ready), "ms")
	print(name+".action_p50_ms", median(t.act), "ms")
	print(name+".action_ms", percentile(t.act, 0.99), "ms")
	print(name+".followed_p50_ms", median(t.steps), "ms")
	print(name+".followed_p99_ms", percentile(t.steps, 0.99), "ms")
}

// givers is what givers of a catalogue say and pay.
type givers struct {
	language  discovery.Language
	currency  string
	unit      int64 // what a euro is about in it
	interests []string
	more      string // of a topic
	other     string // topic
}

// sold is who buys from the catalogue in the database: those who pay in most of its prices.
func sold(ctx context.Context, url string) (givers, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return givers{}, err
	}
	defer conn.Close(ctx)
	var currency string
	err = conn.QueryRow(ctx, `SELECT currency FROM products WHERE currency IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`).Scan(&currency)
	if currency == "RUB" {
		return givers{
			language: discovery.Russian, currency: currency, unit: 100, more: "винтаж", other: "настольные игры",
			interests: []string{"кофе", "походы", "фотография", "сад", "шахматы", "йога", "выпечка", "велосипед", "астрономия", "рисование", "музыка", "путешествия", "рыбалка"},
		}, err
	}
	return givers{
		language: discovery.English, currency: currency, unit: 1, more: "vintage", other: "board games",
		interests: []string{"coffee", "hiking", "photography", "gardening", "chess", "yoga", "baking", "cycling", "astronomy", "painting", "music", "travel", "fishing"},
	}, err
}

func (m givers) talk(ctx context.Context, c *giver.Client, n int, t *talked) error {
	for i := range n {
		if err := m.converse(ctx, c, i, t); err != nil {
			return err
		}
	}
	return nil
}

// converse has a dialogue of 12 actions. Those that ask for ideas are timed twice: until they are
// answered, and until what they asked for is there.
func (m givers) converse(ctx context.Context, c *giver.Client, i int, t *talked) error {
	began := time.Now()
	started, err := c.Start(ctx, m.quiz(i))
	if err != nil {
		return err
	}
	var seen giver.View
	for v, err := range c.Follow(ctx, started) {
		if err != nil {
			return err
		}
		if v.Ideas() > 0 && seen.Ideas() == 0 {
			t.add(&t.first, began)
		}
		if seen = v; v.State == "waiting" {
			break
		}
	}
	t.add(&t.ready, began)
	track := richest(seen)
	if len(track.Hypotheses) < 2 {
		return fmt.Errorf("dialogue %d has no ideas: %+v", i, seen)
	}
	for _, action := range m.script(track) {
		began := time.Now()
		reached, err := c.Act(ctx, started.SessionID, action.path, action.body, 0)
		if err != nil {
			return err
		}
		t.add(&t.act, began)
		if action.works {
			if err := settle(ctx, c, reached); err != nil {
				return err
			}
			t.add(&t.steps, began)
		}
	}
	return nil
}

func settle(ctx context.Context, c *giver.Client, since giver.Reached) error {
	for v, err := range c.Follow(ctx, since) {
		if err != nil {
			return err
		}
		if v.State != "working" {
			return nil
		}
	}
	return errors.New("a dialogue's stream has ended while it is worked on")
}

func richest(v giver.View) (best giver.Track) {
	for _, t := range v.Tracks {
		if len(t.Hypotheses) > len(best.Hypotheses) {
			best = t
		}
	}
	return best
}

type action struct {
	path  string
	body  any
	works bool // ideas follow
}

func (m givers) script(t giver.Track) []action {
	none := map[string]any{}
	idea := func(i int, what string) action {
		return action{path: "/hypotheses/" + t.Hypotheses[i].ID.String() + "/" + what, body: none}
	}
	topic := "/tracks/" + t.TopicID.String()
	actions := []action{
		{path: topic + "/select", body: none},
		idea(0, "like"), idea(1, "dislike"), idea(1, "undislike"), idea(1, "shortlist"),
		{path: topic + "/more", body: none, works: true},
		{path: "/topics/suggest", body: none, works: true},
		{path: topic + "/refine", body: map[string]string{"refinement": m.more}, works: true},
		{path: "/pivot", body: map[string]string{"need": string(discovery.GapPermission)}, works: true},
		{path: "/pivot", body: map[string]string{"topic": m.other}, works: true},
	}
	if p := t.Hypotheses[0].Products; len(p) > 0 {
		gift := discovery.GiftRef{HypothesisID: t.Hypotheses[0].ID, GiftID: p[0].GiftID}
		actions = append(actions, action{path: "/shortlist", body: gift}, action{path: "/choice", body: gift})
	}
	return actions
}

// quiz is about a person unlike those before.
func (m givers) quiz(i int) discovery.Quiz {
	pick := func(n int) string { return m.interests[n%len(m.interests)] }
	age := 20 + i%50
	budget := m.unit * int64(60+i%40)
	return discovery.Quiz{
		Age: &age, Relationship: "friend", Occasion: "birthday", Interests: discovery.Words{pick(i), pick(i/len(m.interests) + i + 3)},
		Budget: &budget, Currency: m.currency, Language: m.language,
	}
}

// server is the product's server.
type server struct {
	base string
	stop func()
}

var servedAt = regexp.MustCompile(`Gifty is at (http://\S+)`)

// serve builds the program, fills a database and serves it.
func serve(ctx context.Context, url, feed string) (server, error) {
	program := filepath.Join(".gifty", "bench", "gifty")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/gifty").CombinedOutput(); err != nil {
		return server{}, fmt.Errorf("build the server: %w\n%s", err, out)
	}
	data, err := dataFolder()
	if err != nil {
		return server{}, err
	}
	environ := append(os.Environ(), "DATABASE_URL="+url, "GIFTY_DATA="+data)
	demo := "auto"
	if feed != "" {
		demo = "never"
		load := exec.CommandContext(ctx, program, "import", feed)
		load.Env, load.Stderr = environ, os.Stderr
		if err := load.Run(); err != nil {
			return server{}, fmt.Errorf("import %s: %w", feed, err)
		}
	}
	run := exec.CommandContext(ctx, program, "serve", "--listen", "127.0.0.1:0", "--demo", demo)
	run.Env, run.Stderr = append(environ, "GIFTY_LOG_LEVEL="+cmp.Or(os.Getenv("GIFTY_LOG_LEVEL"), "WARN")), os.Stderr
	out, err := run.StdoutPipe()
	if err != nil {
		return server{}, err
	}
	if err := run.Start(); err != nil {
		return server{}, err
	}
	s := server{stop: func() {
		_ = run.Process.Signal(syscall.SIGTERM) // Wait tells
		if err := run.Wait(); err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "bench: the server:", err)
		}
	}}
	for lines := bufio.NewScanner(out); s.base == "" && lines.Scan(); {
		if at := servedAt.FindStringSubmatch(lines.Text()); at != nil {
			s.base = strings.TrimSuffix(at[1], "/")
		}
	}
	err = embedded(ctx, url)
	if s.base == "" {
		err = errors.New("the server has not begun to serve")
	}
	if err != nil {
		s.stop()
	}
	return s, err
}

// dataFolder is the measured server's own, but for the models: it writes its key and its admin token there.
func dataFolder() (string, error) {
	data := filepath.Join(".gifty", "bench", "served")
	models, err := filepath.Abs(filepath.Join(".gifty", "model"))
	if err == nil {
		err = os.MkdirAll(data, 0o700)
	}
	if err == nil {
		err = os.Symlink(models, filepath.Join(data, "model"))
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("make the measured server a folder: %w", err)
	}
	return data, nil
}

// embedded returns when every product has a vector, in the index.
func embedded(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for {
		var products, indexed int
		err := conn.QueryRow(ctx, `SELECT (SELECT count(*) FROM products), (SELECT count(*) FROM product_embeddings WHERE indexed)`).Scan(&products, &indexed)
		if err != nil || products > 0 && products == indexed {
			return err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
