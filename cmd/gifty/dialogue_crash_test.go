package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"gifty/projections/all/alltest"
)

var servedAt = regexp.MustCompile(`Gifty is at (http://\S+)`)

// The kills come while dialogues are being started and worked on. Whatever was answered goes on after
// them, and each step is taken once.
func TestKillingAServerLosesAndDoublesNoStep(t *testing.T) {
	t.Parallel()
	const kills = 4
	url := alltest.Tables.URL(t)
	p := at(t, url, "GIFTY_DEMO=never", "GIFTY_LISTEN=127.0.0.1:0", "GIFTY_STEP_LEASE=300ms", "GIFTY_LOG_LEVEL=ERROR")
	db := look(t, url)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	started := 0
	for range kills {
		run := p.begin(t, nil, "serve")
		run.until(t, func() bool { return servedAt.MatchString(run.out.String()) })
		api := servedAt.FindStringSubmatch(run.out.String())[1]
		for range 6 {
			if p.begins(t, api) {
				started++
			}
		}
		looks := random.IntN(15)
		run.until(t, func() bool { looks--; return looks < 0 })
		run.signal(t, syscall.SIGKILL)
		run.code()
	}
	if started != 6*kills {
		t.Fatalf("%d sessions were started", started)
	}
	run := p.begin(t, nil, "serve")
	const steps = `SELECT count(*) FROM events WHERE type = 'discovery.step_%s.v1'`
	// Every step may have been taken before this server has even begun to listen to signals.
	run.until(t, func() bool {
		return servedAt.MatchString(run.out.String()) && db.number(t, fmt.Sprintf(steps, "taken")) >= started
	})
	run.signal(t, syscall.SIGTERM)
	run.done(t)
	requested, taken := db.number(t, fmt.Sprintf(steps, "requested")), db.number(t, fmt.Sprintf(steps, "taken"))
	ideas, twice := p.ideas(t)
	if requested != started || taken != started || twice != 0 || ideas != 6*started {
		t.Errorf("%d sessions: %d steps, %d taken, %d ideas, %d twice", started, requested, taken, ideas, twice)
	}
	p.run(t, "verify", "--deep")
}

// ideas counts what the log has, and what it has twice.
func (p place) ideas(t *testing.T) (all, twice int) {
	t.Helper()
	type idea struct {
		Session string `json:"session_id"`
		Title   string `json:"title"`
	}
	times := map[idea]int{}
	lines := json.NewDecoder(strings.NewReader(p.run(t, "events", "--type", "discovery.hypothesis_generated.v1", "--format", "jsonl", "--personal").out.String()))
	for lines.More() {
		var e struct{ Payload idea }
		if err := lines.Decode(&e); err != nil || e.Payload.Title == "" || e.Payload.Session == "" {
			t.Fatalf("%+v: %v", e, err)
		}
		all++
		times[e.Payload]++
	}
	for _, n := range times {
		twice += n - 1
	}
	return all, twice
}

// begins starts a dialogue of two topics with three ideas each.
func (p place) begins(t *testing.T, api string) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", api+"/v1/discoveries", strings.NewReader(`{"quiz":{"recipient_age":30,"interests":["tea","coffee"],"language":"en"}}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+p.adminToken(t))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode == 202
}
