package eventstore_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/eventstore"
)

func TestRawEventsSurviveBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var bytes []byte
		events := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) (r eventstore.RawEvent) {
			r.Position, r.Version = domain.Position(rapid.Int64Min(1).Draw(t, "position")), rapid.IntMin(1).Draw(t, "version")
			r.Stream, r.Type = rapid.String().Draw(t, "stream"), rapid.String().Draw(t, "type")
			r.EventID = uuid.NewSHA1(uuid.Nil, []byte(r.Stream))
			r.OccurredAt = time.UnixMicro(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "at")).UTC()
			return r
		}), 0, 5).Draw(t, "events")
		for _, e := range events {
			bytes = e.AppendTo(bytes)
		}
		for _, want := range events {
			got, rest, err := eventstore.CutRaw(bytes)
			if err != nil || got.Meta != want.Meta {
				t.Fatalf("got %+v, %v, want %+v", got, err, want)
			}
			bytes = rest
		}
		if len(bytes) > 0 {
			t.Fatalf("%d bytes too many", len(bytes))
		}
	})
}

func FuzzCutRaw(f *testing.F) {
	f.Add(eventstore.RawEvent{Meta: domain.Meta{Position: 7, Stream: "s"}}.AppendTo(nil))
	f.Fuzz(func(t *testing.T, src []byte) {
		if r, rest, err := eventstore.CutRaw(src); err == nil && len(rest) >= len(src) {
			t.Errorf("%+v took no bytes", r)
		}
	})
}
