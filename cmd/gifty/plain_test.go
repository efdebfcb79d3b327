package main

import (
	"strings"
	"syscall"
	"testing"

	"gifty/projections/all/alltest"
)

func TestWrongFlagsAreExplained(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`--budget: expected a valid 64 bit int but got "10.5"`:         `--budget: must be a whole number, such as 10, not "10.5"`,
		`--below: expected a float but got "x" (string)`:               `--below: must be a number, such as 0.5, not "x"`,
		`--recipient: invalid UUID length: 2`:                          `--recipient: must be an id as lists and answers show it, such as 01a205ed-cc5c-7de5-a538-ac4386df3234`,
		`--log-level: slog: level string "x": unknown name (from X)`:   `--log-level: must be DEBUG, INFO, WARN or ERROR, not "x" (from X)`,
		`--embedder must be one of "auto","local" but got "something"`: `--embedder must be one of "auto","local" but got "something"`,
	} {
		if got := plain(text); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
	if counted(1, "duplicate") != "1 duplicate" || counted(2, "duplicate") != "2 duplicates" {
		t.Error(counted(1, "duplicate"))
	}
}

// fullDisk takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestWhatCannotBePrintedIsNoSuccess(t *testing.T) {
	t.Parallel()
	args := []string{"gaps", "--database-url", alltest.Tables.URL(t), "--data", t.TempDir()}
	var told strings.Builder
	if code := run(t.Context(), args, fullDisk{}, &told); code != 1 || !strings.Contains(told.String(), "no space left") {
		t.Errorf("%d: %s", code, &told)
	}
}
