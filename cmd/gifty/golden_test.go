package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gifty/projections/all/alltest"
)

var update = flag.Bool("update", false, "write what the quizzes get to testdata/pages.txt")

// What fifteen people get of the demo catalogue, to be read by a person: whoever changes ranking, ideas or
// catalogue reads the difference. Vectors are by hashing, which needs no weights and is the same everywhere.
func TestPagesReadLikeAnAssistantsAnswer(t *testing.T) {
	t.Parallel()
	quizzes, err := filepath.Abs("testdata/quizzes.json")
	if err != nil {
		t.Fatal(err)
	}
	p := at(t, alltest.Tables.URL(t), "GIFTY_EMBEDDER=hash")
	run := p.run(t, "recommend", "--quiz", quizzes, "--count", "3", "--products", "4", "--gifts", "0")
	var page strings.Builder
	for line := range strings.Lines(run.out.String()) {
		if !strings.Contains(line, "https://") {
			page.WriteString(line)
		}
	}
	const golden = "testdata/pages.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	got, before := strings.Split(page.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(got), len(before)) {
		if i >= len(got) || i >= len(before) || got[i] != before[i] {
			t.Fatalf("line %d differs; run with -update and read the difference:\n%s", i+1, strings.Join(got[max(0, min(i-5, len(got)-1)):min(len(got), i+5)], "\n"))
		}
	}
}
