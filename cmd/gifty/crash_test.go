package main

import (
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"gifty/projections/all/alltest"
)

// The kills come when the log has reached a position, and then a random number of looks later: in
// the middle of reading, of a transaction, of making vectors.
func TestKillingAnImportLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	const count, kills = 700, 9
	url := alltest.Tables.URL(t)
	p, d := at(t, url), look(t, url)
	file := p.write(t, "feed.jsonl", products(1, count))
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	struck := 0
	for kill := range kills {
		goal := kill * 2 * count / kills // as many vectors as products
		run := p.begin(t, nil, "import", file)
		run.until(t, func() bool { return d.head(t) >= goal })
		looks := random.IntN(30)
		run.until(t, func() bool { looks--; return looks < 0 })
		run.signal(t, syscall.SIGKILL)
		if run.code() < 0 {
			struck++
		}
	}
	if struck < kills/2 { // the last ones may come when all is imported
		t.Errorf("%d of %d kills came in time", struck, kills)
	}
	p.run(t, "import", file)
	d.holds(t, count)
	head := d.head(t)
	if again := p.run(t, "import", file); !strings.Contains(again.out.String(), "0 new, 0 changed, 700 unchanged, 0 refused") || d.head(t) != head {
		t.Errorf("importing again: %s, head %d after %d", again.out, d.head(t), head)
	}
}

func TestTwoImportsOfOneFeedAtOnce(t *testing.T) {
	t.Parallel()
	const count = 600
	url := alltest.Tables.URL(t)
	p, d := at(t, url), look(t, url)
	file := p.write(t, "feed.jsonl", products(1, count))
	one, other := p.begin(t, nil, "import", file), p.begin(t, nil, "import", file)
	one.done(t)
	other.done(t)
	d.holds(t, count)
}
