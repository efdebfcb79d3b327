package main

import (
	"strings"
	"testing"
	"time"

	"gifty/domain"
	"gifty/eventstore"
)

// What was named goes by its name from then on; ids without one are not told.
func TestAStreamIsToldInWords(t *testing.T) {
	t.Parallel()
	const topic, idea, session = "01981b5e-8c00-7000-8000-000000000001", "01981b5e-8c00-7000-8000-000000000002", "01981b5e-8c00-7000-8000-000000000003"
	var out strings.Builder
	s := &story{out: &out, names: map[string]string{}}
	for i, e := range []struct{ eventType, payload string }{
		{"discovery.track_opened.v1", `{"session_id":"` + session + `","topic_id":"` + topic + `","topic":{"name":"tea"}}`},
		{"discovery.track_filled.v1", `{"session_id":"` + session + `","topic_id":"` + topic + `","ideas":[{"hypothesis_id":"` + idea + `","title":"A quiet pot","products":2}],"similarity":0.123456}`},
		{"discovery.reaction_noted.v1", `{"hypothesis_id":"` + idea + `","reaction":"like","raw_sha256":"AAAA"}`},
		{"discovery.gift_selected.v1", `{"gift":{"hypothesis_id":"` + idea + `","gift_id":"shop:1"},"nothing":null,"no":false,"yes":true,"empty":[],"list":[1.5,"b"]}`},
	} {
		at := time.Date(2026, 11, 22, 23, 59, 57+i, 0, time.UTC)
		entry := eventstore.Entry{}
		entry.Position, entry.Stream, entry.Type, entry.OccurredAt, entry.Actor, entry.Payload = domain.Position(i+1), "discovery-x", e.eventType, at, "giver:1", []byte(e.payload)
		if err := s.Write(entry); err != nil {
			t.Fatal(err)
		}
	}
	want := `discovery-x, 2026-11-22 UTC
        1  23:59:57.000  giver     track opened            topic (name tea)
        2  23:59:58.000  giver     track filled            topic tea, ideas (title “A quiet pot”, products 2), similarity 0.123
        3  23:59:59.000  giver     reaction noted          hypothesis “A quiet pot”, reaction like
discovery-x, 2026-11-23 UTC
        4  00:00:00.000  giver     gift selected           gift (hypothesis “A quiet pot”, gift shop:1), yes yes, list [1.5, b]
`
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
}
