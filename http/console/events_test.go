package console

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"gifty/domain"
	"gifty/projections/events"
)

func TestTypesLike(t *testing.T) {
	t.Parallel()
	all := []string{"catalogue.product_listed.v1", "discovery.started.v1", "discovery.started.v2", "recipient.created.v1"}
	for patterns, want := range map[string][]string{
		"":                           nil,
		"discovery.started.v1":       all[1:2],
		"discovery.*":                all[1:3],
		"!catalogue.*":               all[1:],
		"discovery.*, recipient.*":   {all[1], all[2], all[3]},
		"discovery.*,!*.v2":          all[1:3], // a * stands at the end alone
		"!discovery.started.v2":      {all[0], all[1], all[3]},
		"discovery.*,!discovery.st*": nil,
		"nothing":                    nil,
	} {
		if got := typesLike(all, patterns); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", patterns, got, want)
		}
	}
}

func TestMoment(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		"2026-11-22":                time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
		"2026-11-22T10:30":          time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC),
		"2026-11-22T10:30:00+03:00": time.Date(2026, 11, 22, 7, 30, 0, 0, time.UTC),
	} {
		if got, err := moment(text); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	if _, err := moment("yesterday"); err == nil {
		t.Error("yesterday is a moment")
	}
}

func TestGist(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]string{
		`{"query":"***","results_count":3}`: "results count: 3",
		`{"brief":{"age":"***","age_segment":"adult","relation":"friend"},"ideas":[1,2],"session_id":"s","note_ids":[1]}`: "age segment: adult · relation: friend · ideas × 2",
		`{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7}`:   "a: 1 · b: 2 · c: 3 · d: 4 · e: 5 · f: 6",
		`{"session_id":"s","empty":[],"none":null}`:     "",
		`{"similarity":0.5827697223914332,"share":0.5}`: "similarity: 0.583 · share: 0.5",
		`[1]`: "[1]",
	} {
		e := events.Entry{Meta: domain.Meta{Type: "discovery.track_selected.v1"}, Payload: json.RawMessage(payload)}
		if got := gist(e); got != want {
			t.Errorf("%s: %q, want %q", payload, got, want)
		}
	}
}

func TestRunsPutTogetherWhatIsToldAlike(t *testing.T) {
	t.Parallel()
	at := func(second int64, kind, payload string) events.Entry {
		return events.Entry{Meta: domain.Meta{Type: kind, OccurredAt: time.Unix(second, 0)}, Payload: json.RawMessage(payload)}
	}
	found, none := `{"results_count":15}`, `{"results_count":0}`
	var got []int
	for _, run := range runsOf([]events.Entry{
		at(9, "searched", found), at(9, "searched", found), at(9, "searched", none), at(9, "linked", none), at(8, "linked", none),
	}) {
		got = append(got, len(run))
	}
	if !slices.Equal(got, []int{2, 1, 1, 1}) {
		t.Errorf("runs of %v", got)
	}
}
