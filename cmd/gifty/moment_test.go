package main

import (
	"strings"
	"testing"
	"time"
)

func TestMomentsAreReadFromFlags(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"2026-11-01T15:04:05+03:00": "2026-11-01T12:04:05Z", "2026-11-01": "2026-11-01T00:00:00Z"} {
		if got, err := parseMoment(text); err != nil || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "yesterday", "2026-13-01", "2026-11-01 15:04"} {
		if got, err := parseMoment(text); err == nil || !strings.Contains(err.Error(), "such as 2026-11-01") {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
}
