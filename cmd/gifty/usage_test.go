package main

import (
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"gifty/domain"
	"gifty/eventstore/pgtest"
	"gifty/migrations"
)

// nowhere is a database URL that nothing must come to use.
const nowhere = "postgres://gifty:hunter2@127.0.0.1:1/gifty"

func TestWrongCallsEndWith2AndTouchNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		why  string
	}{
		{[]string{"bogus"}, "unexpected argument bogus"},
		{[]string{"--nope"}, "unknown flag --nope"},
		{[]string{"import"}, "name a feed"},
		{[]string{"import", "--format", "xls", "f"}, `"yml" but got "xls"`},
		{[]string{"import", "--currency", "roubles", "f"}, "--currency must be"},
		{[]string{"import", "--source", "", "f"}, "--source must be"},
		{[]string{"import", "-"}, "standard input: --source my-shop"},
		{[]string{"import", "shop.yml", "one:two.csv"}, "the file's name \"one:two.csv\" cannot name its source"},
		{[]string{"import", "a/feed.yml", "b/feed.csv.gz"}, "a/feed.yml and b/feed.csv.gz would both be the source \"feed\""},
		{[]string{"search"}, "say what to search for"},
		{[]string{"search", " "}, "say what to search for"},
		{[]string{"search", "x", "--limit", "0"}, "--limit must be 1 to 200"},
		{[]string{"search", "x", "--limit", "ten"}, "--limit: must be a whole number"},
		{[]string{"search", "x", "--max-price=-1"}, "--max-price must be"},
		{[]string{"search", "x", "--max-conns", "1"}, "must be at least 2"},
		{[]string{"search", "x", "--embedder", "magic"}, `but got "magic"`},
		{[]string{"recommend"}, "describe the person"},
		{[]string{"recommend", "--quiz", "q.json", "--age", "5"}, "not by both"},
		{[]string{"recommend", "--age", "131", "--budget=-5", "--goal", "win"}, "\n  --age must be 0 to 130 years, is 131\n  --budget must be more than 0"},
		{[]string{"recommend", "--age", "-1"}, "--age must be 0 to 130 years, is -1"},
		{[]string{"recommend", "--budget", "-5"}, "--budget must be more than 0"},
		{[]string{"recommend", "--age", "5", "--constraints", "no_alchohol"}, "--constraints[0] is no constraint; known are kids_safe"},
		{[]string{"recommend", "--effort", "huge", "--mode", "fast", "--deadline", "-1"}, "\n  --deadline must not be negative, is -1\n  --effort must be one of no_effort, low, medium, high\n  --mode must be one of"},
		{[]string{"recommend", "--recipient", "dad"}, "--recipient"},
		{[]string{"recommend", "--age", "5", "--products", "11"}, "--products must be"},
		{[]string{"recommend", "--age", "5", "--count", "21"}, "--count must be"},
		{[]string{"migrate"}, `expected one of "up"`},
		{[]string{"serve", "--timeout", "soon"}, "--timeout"},
	} {
		p := at(t, nowhere)
		p.begin(t, nil, c.args...).fails(t, 2, "gifty: ", c.why, "--help` for what there is.\n")
	}
}

func TestHelpEndsWith0(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"", "serve", "recommend", "search", "import", "projections", "migrate", "migrate down", "config", "openapi", "version"} {
		run := at(t, nowhere).run(t, append(strings.Fields(command), "--help")...)
		if !strings.HasPrefix(run.out.String(), strings.TrimSuffix("Usage: gifty "+command, " ")) {
			t.Errorf("%s --help: %s", command, run.out)
		}
	}
}

func TestInputThatCannotBeUsedIsNamedBeforeAnythingIsDone(t *testing.T) {
	t.Parallel()
	p := at(t, nowhere)
	good := p.write(t, "good.jsonl", products(1, 3))
	p.write(t, "broken.json", `[{"recipient_age": `)
	p.write(t, "typo.json", `{"buget_rub": 500}`)
	p.write(t, "second.json", `[{"recipient_age": 5}, {"recipient_age": 500}]`)
	for _, c := range []struct {
		args []string
		why  string
	}{
		{[]string{"import", good, "missing.jsonl"}, "missing.jsonl cannot be read: no such file or directory; nothing was imported"},
		{[]string{"import", good, "."}, ". is a folder"},
		{[]string{"recommend", "--quiz", "missing.json"}, "open missing.json: no such file"},
		{[]string{"recommend", "--quiz", "broken.json"}, "broken.json: this is not a quiz"},
		{[]string{"recommend", "--quiz", "typo.json"}, "[0].buget_rub is no field of a quiz; its fields are recipient_age"},
		{[]string{"recommend", "--quiz", "second.json"}, "second.json: quiz 2: the quiz cannot be used as it stands; correct the fields listed\n  recipient_age must be"},
	} {
		p.begin(t, nil, c.args...).fails(t, 1, c.why)
	}
}

func TestFeedsThatBreakOff(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	p, d := at(t, url), look(t, url)
	whole := products(1, 12)
	for _, c := range []struct{ name, content, out, why string }{
		{"empty.jsonl", "", "", "empty.jsonl: the file is empty"},
		{"binary", "MZ\x00\x01", "", "binary: this looks like none of the feeds known; say --format"},
		{"other.json", `{"not": "a product"}`, "source shop: 0 new, 0 changed, 0 unchanged, 1 refused, 0 duplicates\n  line 1: title", "no record is a product"},
		{"cut.jsonl", whole[:strings.Index(whole, `"id":"4"`)], "source shop: 3 new, 0 changed, 0 unchanged, 0 refused, 0 duplicates\n", "cut.jsonl: the feed is cut off at byte"},
		{"cut.jsonl.gz", zipped(t, whole, 40), "", "cut.jsonl.gz: the feed is cut off"},
	} {
		run := p.begin(t, nil, "import", "--source", "shop", "--no-embed", p.write(t, c.name, c.content))
		run.fails(t, 1, c.why)
		if !strings.HasPrefix(run.out.String(), c.out) {
			t.Errorf("%s: printed %s", c.name, run.out)
		}
	}
	bad := p.write(t, "bad.jsonl", products(13, 14)+"garbage\n"+`{"title": "no page"}`+"\n"+products(15, 16))
	run := p.run(t, "import", "--source", "shop", "--no-embed", bad)
	if want := "source shop: 4 new, 0 changed, 0 unchanged, 2 refused, 0 duplicates\n  line 3: the line is not one JSON object"; !strings.HasPrefix(run.out.String(), want) {
		t.Error(run.out)
	}
	p.run(t, "import", "--source", "shop", p.write(t, "whole.gz", zipped(t, whole, 0)))
	d.holds(t, 16)
}

// zipped is text as gzip, without as many bytes at its end.
func zipped(t *testing.T, s string, less int) string {
	t.Helper()
	var b strings.Builder
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()[:b.Len()-less]
}

func TestADatabaseThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	for url, why := range map[string]string{
		nowhere:                     "the database server at 127.0.0.1, port 1, does not answer; start it, correct DATABASE_URL",
		"garbage":                   "is not one such as postgres://",
		"host=::1 password=hunter2": "is not one such as postgres://",
		"mysql://a:hunter2@b/c":     "is not one such as postgres://",
		"postgres://a:hunter2@[b/c": "is not one such as postgres://",
		strings.Replace(url, "/test_", "/no_", 1): "has no database \"no_",
	} {
		for _, command := range [][]string{{"search", "x"}, {"migrate", "version"}} {
			run := at(t, url).begin(t, nil, command...)
			run.fails(t, 1, why)
			if strings.Contains(run.err.String(), "hunter2") {
				t.Errorf("the password is told: %s", run.err)
			}
		}
	}
}

func TestASchemaThatIsNotOurs(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	p := at(t, url)
	status, err := migrations.Read(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	current := fmt.Sprintf("schema version %d of %d\n", status.Latest, status.Latest)
	if run := p.run(t, "migrate", "version"); run.out.String() != current {
		t.Error(run.out)
	}
	p.run(t, "import", p.write(t, "shop.jsonl", products(1, 2))) // read tables are there
	execute(t, url, `UPDATE schema_migrations SET version = 1000`)
	p.begin(t, nil, "search", "x").fails(t, 1, "is newer than this program")
	p.begin(t, nil, "migrate", "up").fails(t, 1, "is newer than this program")
	execute(t, url, fmt.Sprintf(`UPDATE schema_migrations SET version = %d, dirty = true`, status.Latest))
	p.begin(t, nil, "search", "x").fails(t, 1, fmt.Sprintf("the schema is dirty: migration %d failed half-way", status.Latest))
	p.begin(t, nil, "migrate", "force", "1000").fails(t, 1, "this program knows versions 1 to")
	if run := p.run(t, "migrate", "force", fmt.Sprint(status.Latest)); run.out.String() != current {
		t.Error(run.out)
	}
	p.begin(t, nil, "migrate", "down", fmt.Sprint(status.Latest)).fails(t, 1, "this deletes the log and everything in it, and the read tables; say --yes")
	if run := p.run(t, "migrate", "down", fmt.Sprint(status.Latest), "--yes"); !strings.HasPrefix(run.out.String(), "schema version 0 of") {
		t.Error(run.out)
	}
	if left := count(t, url, `SELECT count(*) FROM pg_class WHERE relname ~ '^(recipients|products|hypotheses)' AND relnamespace = 'public'::regnamespace`); left > 0 {
		t.Errorf("%d read tables are left of a log that is gone", left)
	}
	p.begin(t, nil, "projections", "--migrations", "manual").fails(t, 1, "run `gifty migrate up`")
	p.run(t, "projections")
}

func count(t *testing.T, url, sql string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func execute(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestConfigSaysWhatIsInForceAndWhereItCameFrom(t *testing.T) {
	t.Parallel()
	p := at(t, nowhere, "GIFTY_EMBEDDER_KEY=hunter2", "GIFTY_EMBEDDER_URL=https://host/?api_key=hunter2", "GIFTY_LIMIT=3", "GIFTY_YES=true")
	run := p.run(t, "config", "--listen", "127.0.0.1:9", "--log-level", "debug")
	if strings.Contains(run.out.String(), "hunter2") {
		t.Error("a secret is told")
	}
	var got []string
	for line := range strings.Lines(run.out.String()) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	for _, want := range []string{
		"SETTING VALUE FROM ENVIRONMENT",
		"database-url postgres://gifty:xxxxx@127.0.0.1:1/gifty environment DATABASE_URL",
		"data .gifty default GIFTY_DATA",
		"embedder hash environment GIFTY_EMBEDDER",
		"embedder-key (set) environment GIFTY_EMBEDDER_KEY",
		"embedder-url https://host/?api_key=xxxxx environment GIFTY_EMBEDDER_URL",
		"postgres - default GIFTY_POSTGRES",
		"hosts - default GIFTY_HOSTS",
		"listen 127.0.0.1:9 flag GIFTY_LISTEN",
		"log-level DEBUG flag GIFTY_LOG_LEVEL",
	} {
		if !strings.Contains("\n"+strings.Join(got, "\n")+"\n", "\n"+want+"\n") {
			t.Errorf("%q is not in\n%s", want, strings.Join(got, "\n"))
		}
	}
}

func TestAnErrorSaysWhereAndWhichFields(t *testing.T) {
	t.Parallel()
	wrong := domain.Invalid("x", "correct this:").On("age", "is %d", 500).On("", "is odd").Because(errors.New("is odd"))
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("plain"), "gifty: plain\n"},
		{wrong, "gifty: correct this:\n  age is 500\n  is odd\n"},
		{fmt.Errorf("quiz 3: %w", wrong), "gifty: quiz 3: correct this:\n  age is 500\n  is odd\n"},
		{fmt.Errorf("f: %w", domain.Unavailable("y", "try again").Because(os.ErrClosed)), "gifty: f: try again\n  cause: file already closed\n"},
	} {
		var b strings.Builder
		if report(&b, c.err); b.String() != c.want {
			t.Errorf("%q, want %q", b.String(), c.want)
		}
	}
}
