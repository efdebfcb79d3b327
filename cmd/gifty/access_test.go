package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"gifty/projections/all/alltest"
)

// serves starts a server, lets something happen, and stops it.
func (p place) serves(t *testing.T, args ...string) program {
	t.Helper()
	run := p.begin(t, nil, append([]string{"serve", "--listen", "127.0.0.1:0", "--demo", "never"}, args...)...)
	run.until(t, func() bool { return servedAt.MatchString(run.out.String()) })
	run.signal(t, syscall.SIGTERM)
	return run
}

func TestTheFirstStartMakesATokenOnce(t *testing.T) {
	t.Parallel()
	p := at(t, alltest.Tables.URL(t))
	first := p.serves(t).done(t)
	token := p.adminToken(t)
	if !strings.Contains(first.out.String(), token) || strings.Contains(first.err.String(), token) {
		t.Errorf("%s%s", first.out, first.err)
	}
	if info, err := os.Stat(filepath.Join(p.dir, ".gifty", adminTokenFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if second := p.serves(t).done(t); strings.Contains(second.out.String(), "gifty_svc_") || p.adminToken(t) != token {
		t.Errorf("%s", second.out)
	}
	made := strings.TrimSpace(p.run(t, "token", "create", "crawler", "--scope", "crawler:ingest,worker:compute").out.String())
	list := p.run(t, "token", "list")
	list.says(t, "admin", "crawler:ingest,worker:compute")
	if !strings.HasPrefix(made, "gifty_svc_") || strings.Contains(list.out.String(), made) {
		t.Errorf("%s\n%s", made, list.out)
	}
	p.begin(t, nil, "token", "create", "crawler", "--scope", "admin").fails(t, 1, "there is a token of this name")
	p.begin(t, nil, "token", "create", "x", "--scope", "root").fails(t, 1, `there is no scope "root"; there are admin,`)
	if again := strings.TrimSpace(p.run(t, "token", "rotate", "crawler").out.String()); again == made {
		t.Error("the same secret again")
	}
	p.run(t, "token", "revoke", "crawler")
	p.begin(t, nil, "token", "revoke", "crawler").fails(t, 1, "there is no such token")
	p.run(t, "events", "--actor", "system").says(t, "account.service_token_issued.v1", "account.service_token_rotated.v1", "account.service_token_revoked.v1")
}

func TestProductionKeepsNoToken(t *testing.T) {
	t.Parallel()
	key := strings.TrimSpace(at(t, nowhere).run(t, "keys", "new").out.String())
	p := at(t, alltest.Tables.URL(t), "GIFTY_ENV=production", "GIFTY_KEY="+key)
	p.serves(t).done(t).says(t, "gifty_svc_")
	if _, err := os.Stat(filepath.Join(p.dir, ".gifty", adminTokenFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the token is kept: %v", err)
	}
}

// Who signs in keeps what they made before they had an account.
func TestWhatWasMadeAnonymouslyIsClaimed(t *testing.T) {
	t.Parallel()
	p := at(t, alltest.Tables.URL(t), "GIFTY_LLM=none")
	p.run(t, "import", "--no-embed", p.write(t, "feed.jsonl", products(1, 40)))
	run := p.begin(t, nil, "serve", "--listen", "127.0.0.1:0")
	run.until(t, func() bool { return servedAt.MatchString(run.out.String()) })
	api := servedAt.FindStringSubmatch(run.out.String())[1] + "/v1"
	web := caller{t, api, ""}
	web.token = web.post("/givers/anonymous", `{}`, 201)["token"].(string)
	dad := web.post("/recipients", `{"name":"Dad","relation":"father","age":52,"interests":["fishing"]}`, 201)["recipient_id"].(string)
	ideas := web.post("/hypotheses/generate", `{"recipient_id":"`+dad+`","count":1}`, 201)["hypotheses"].([]any)
	idea := ideas[0].(map[string]any)["id"].(string)
	page := web.post("/recommendations", `{"recipient_id":"`+dad+`"}`, 201)["recommendation_id"].(string)
	talk := web.post("/discoveries", `{"recipient_id":"`+dad+`","quiz":{"language":"en"}}`, 202)["session_id"].(string)

	web.post("/accounts", `{"username":"ann","email":"ann@example.org","password":"four words that rhyme"}`, 202)
	var letter string
	run.until(t, func() bool {
		files, _ := filepath.Glob(filepath.Join(p.dir, ".gifty", "mail", "*.eml"))
		if len(files) > 0 {
			text, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			letter = regexp.MustCompile(`gifty_once_\S+`).FindString(strings.ReplaceAll(string(text), "=\r\n", ""))
		}
		return letter != ""
	})
	web.post("/accounts/confirm", `{"token":"`+letter+`"}`, 201)
	signedIn := caller{t, api, web.post("/sessions", `{"login":"ann","password":"four words that rhyme","tokens":true}`, 201)["access_token"].(string)}
	position := fmt.Sprint("?min_position=", look(t, p.databaseURL()).number(t, "SELECT position FROM log_head"))
	for _, path := range []string{"/recipients/" + dad, "/hypotheses/" + idea, "/recommendations/" + page, "/discoveries/" + talk} {
		signedIn.get(path+position, 200)
		web.get(path, 404)
	}
	signedIn.post("/recommendations", `{"recipient_id":"`+dad+`"}`, 201)
	run.signal(t, syscall.SIGTERM)
	run.done(t)
	// Whoever has the database lets people do more, and less.
	p.run(t, "account", "grant", "ANN@example.org", "--scope", "analyst:read,crawler:ingest").says(t, "may now: analyst:read,crawler:ingest")
	p.run(t, "account", "revoke", "ann", "--scope", "crawler:ingest").says(t, "may now: analyst:read\n")
	p.run(t, "account", "list").says(t, "ann ", "analyst:read ")
	p.begin(t, nil, "account", "grant", "nobody", "--scope", "admin").fails(t, 1, "there is no such user")
	// What people told of themselves stands in the log for nobody to read.
	db := look(t, p.databaseURL())
	if n := db.number(t, `SELECT count(*) FROM events WHERE payload::text || stream ILIKE '%ann@example%' OR payload::text ILIKE '%"ann"%'`); n != 0 {
		t.Errorf("%d events tell of her in clear", n)
	}
	if strings.Contains(run.err.String(), "ann@example") || strings.Contains(run.err.String(), "gifty_") {
		t.Errorf("the server's log tells of her: %s", run.err)
	}
}

// caller is a client with a token.
type caller struct {
	*testing.T
	api, token string
}

func (b caller) post(path, body string, status int) map[string]any {
	b.Helper()
	return b.do("POST", path, body, status)
}

func (b caller) get(path string, status int) { b.Helper(); b.do("GET", path, "", status) }

func (b caller) do(method, path, body string, status int) (answer map[string]any) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), method, b.api+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if b.token != "" {
		req.Header.Set("Authorization", "Bearer "+b.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status {
		b.Fatalf("%s %s: %d %s %v", method, path, res.StatusCode, text, err)
	}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &answer); err != nil {
			b.Fatal(err)
		}
	}
	return answer
}

// databaseURL is where the program's database is.
func (p place) databaseURL() string { return strings.TrimPrefix(p.env[0], "DATABASE_URL=") }
