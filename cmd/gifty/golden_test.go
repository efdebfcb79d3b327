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
	golden(t, "testdata/pages.txt", page.String())
}

// golden compares a text with a file, line by line.
func golden(t *testing.T, file, text string) {
	t.Helper()
	got, before := strings.Split(text, "\n"), strings.Split(kept(t, file, text), "\n")
	for i := range max(len(got), len(before)) {
		if i >= len(got) || i >= len(before) || got[i] != before[i] {
			t.Fatalf("%s: line %d differs; run with -update and read the difference:\n%s", file, i+1, strings.Join(got[max(0, min(i-5, len(got)-1)):min(len(got), i+5)], "\n"))
		}
	}
}

// kept is what a file says: the text, where it is to be brought up to date.
func kept(t *testing.T, file, text string) string {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(want)
}

// Whoever wants no demo gets none, from no command: an empty catalogue is said to be empty.
func TestNoDemoComesUninvited(t *testing.T) {
	t.Parallel()
	p := at(t, alltest.Tables.URL(t), "GIFTY_DEMO=never", "GIFTY_EMBEDDER=hash")
	run := p.run(t, "recommend", "--age", "30", "--relation", "friend", "--interests", "coffee", "--language", "en", "--count", "2")
	if out := run.out.String(); strings.Contains(out, "https://") || !strings.Contains(out, "The catalogue is empty.") {
		t.Errorf("of an empty catalogue: %s", out)
	}
	if out := p.run(t, "search", "coffee").out.String(); strings.Contains(out, "https://") {
		t.Error(out)
	}
}
