package main

import (
	"strings"
	"syscall"
	"testing"

	"gifty/projections/all/alltest"
)

// says checks that the program has printed something.
func (p program) says(t *testing.T, what ...string) {
	t.Helper()
	for _, w := range what {
		if !strings.Contains(p.out.String(), w) {
			t.Errorf("gifty %v does not print %q but\n%s", p.Args[1:], w, p.out)
		}
	}
}

func TestReadTablesAreProvedRebuiltTakenBackAndPruned(t *testing.T) {
	t.Parallel()
	url := alltest.Tables.URL(t)
	p := at(t, url)
	p.run(t, "import", p.write(t, "feed.jsonl", products(1, 20)))
	p.run(t, "verify", "--deep").says(t, "products: equal to a fresh fold of the log")

	execute(t, url, "UPDATE products SET title = 'wrong' WHERE gift_id = 'feed:7' OR gift_id LIKE '%:7'")
	damaged := p.begin(t, nil, "verify", "--deep")
	damaged.fails(t, 1, "1 findings")
	damaged.says(t, "tables, products, gift_id = ", ":7, title: it is \"wrong\" and should be ")
	p.begin(t, nil, "rebuild").fails(t, 1, "say --all")
	p.begin(t, nil, "rebuild", "nonsense").fails(t, 1, `there is no read table "nonsense"`)
	p.run(t, "rebuild", "products", "--memory", "64", "--workers", "2").says(t, "rebuilt in ")
	p.run(t, "verify", "--deep")
	p.run(t, "projections").says(t, "TABLE", "KEPT BY", "products", "nobody")

	p.run(t, "projections", "rollback", "products").says(t, "serves again")
	p.begin(t, nil, "verify", "--deep").fails(t, 1, "1 findings")
	p.run(t, "projections", "rollback", "products")
	p.run(t, "verify", "--deep")
	p.run(t, "projections", "prune", "products").says(t, "dropped gifty_previous.products_v")
	p.begin(t, nil, "projections", "rollback", "products").fails(t, 1, "nothing is kept of products")
	p.run(t, "jobs").says(t, "verify", "rollback", "rebuild", "done")
	p.begin(t, nil, "jobs", "stop", "1").fails(t, 1, "job 1 is not running")
	p.run(t, "jobs", "follow", "1").says(t, "job 1 is done")
}

func TestLookingBackFromTheCommandLine(t *testing.T) {
	t.Parallel()
	url := alltest.Tables.URL(t)
	p := at(t, url)
	p.run(t, "import", "--no-embed", p.write(t, "feed.jsonl", products(1, 3)))
	p.begin(t, nil, "as-of").fails(t, 1, "either --position N or --time T")
	p.run(t, "as-of", "--position", "0", "products").says(t, "as of position 0 are in schema as_of")
	p.begin(t, nil, "as-of", "--time", "2020-01-01T00:00:00Z", "products").fails(t, 1, "the log begins later")
	p.run(t, "as-of", "--time", "2999-01-01T00:00:00Z", "--schema", "long_ago", "products")
	p.run(t, "as-of", "--list").says(t, "as_of", "long_ago")
	p.begin(t, nil, "as-of", "--position", "1", "products").fails(t, 1, "there is a schema as_of already")
	p.run(t, "as-of", "--drop")
	if list := p.run(t, "as-of", "--list"); strings.Contains(list.out.String(), "as_of") {
		t.Error(list.out)
	}
}

// A version that is still to be built: whoever only looks begins nothing, whoever rebuilds is in
// nobody's way, and a bad event stops neither.
func TestCommandsBeginNoRebuildOfTheirOwn(t *testing.T) {
	t.Parallel()
	url := alltest.Tables.URL(t)
	p := at(t, url)
	p.run(t, "import", p.write(t, "feed.jsonl", products(1, 20)))
	execute(t, url, "UPDATE checkpoints SET state = 'empty' WHERE read_table = 'products'; DELETE FROM rebuilds")
	p.run(t, "projections").says(t, "empty")
	p.begin(t, nil, "verify").fails(t, 1, "1 findings")
	p.run(t, "import", "--no-embed", p.write(t, "more.jsonl", products(21, 22)))
	if jobs := p.run(t, "jobs"); strings.Contains(jobs.out.String(), "rebuild") {
		t.Errorf("a command began a rebuild: %s", jobs.out)
	}
	p.run(t, "rebuild", "products")
	p.run(t, "verify", "--deep")

	execute(t, url, `WITH h AS (UPDATE log_head SET position = position + 1 RETURNING position)
		INSERT INTO events SELECT position, 'odd', 1, 'catalogue.product_listed.v1', gen_random_uuid(), now(), '{"title":5}', '{"actor":"test"}' FROM h`)
	serve := p.begin(t, nil, "serve", "--listen", "127.0.0.1:0", "--demo", "never")
	d := look(t, url)
	serve.until(t, func() bool {
		return d.number(t, "SELECT count(*) FROM checkpoints WHERE read_table = 'products' AND state = 'stopped'") == 1
	})
	p.run(t, "projections").says(t, "stopped", "1 program", "catalogue.product_listed.v1")
	serve.signal(t, syscall.SIGTERM)
	serve.done(t)
	stopped := p.begin(t, nil, "verify", "--deep")
	stopped.fails(t, 1, "findings")
	stopped.says(t, "checkpoints, products: version ", "has stopped: event ", "recipients: equal to")
}
