package events_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/parquet-go/parquet-go"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/recipient"
	"gifty/eventstore"
	"gifty/projections/all/alltest"
	"gifty/projections/events"
)

func collect(t *testing.T, b *events.Browser, r events.Request) (list []events.Entry) {
	t.Helper()
	found, err := b.Events(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range found {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

func positions(list []events.Entry) (at []int) {
	for _, e := range list {
		at = append(at, int(e.Position))
	}
	return at
}

// describe makes a recipient by a request of this id.
func describe(t *testing.T, w *alltest.World, name string, request uuid.UUID) domain.Outcome[recipient.Created] {
	t.Helper()
	age := 52
	ctx := domain.WithCorrelation(w.Ctx, request, uuid.Nil)
	ctx = domain.WithPrincipal(ctx, domain.LocalGiver)
	made, err := w.Recipients.Create(ctx, recipient.CreateRecipient{Profile: recipient.Profile{Name: name, Age: &age, Relation: "friend", Interests: []string{"tea"}}})
	if err != nil {
		t.Fatal(err)
	}
	return domain.Outcome[recipient.Created]{Result: recipient.Created{RecipientID: made.Result.RecipientID}, Position: made.Position}
}

func TestEventsAreFilteredMaskedAndFollowed(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	requests := []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
	var streams []string
	for i, name := range []string{"Ann", "Bob", "Eve"} {
		streams = append(streams, "recipient-"+describe(t, w, name, requests[i]).Result.RecipientID.String())
	}
	if _, err := w.Recipients.Delete(w.Ctx, recipient.DeleteRecipient{RecipientID: uuid.MustParse(strings.TrimPrefix(streams[0], "recipient-"))}); err != nil {
		t.Fatal(err)
	}
	b := events.NewBrowser(w.Pool, w.Store.Types(), nil)
	all := collect(t, b, events.Request{})
	for _, c := range []struct {
		name string
		r    events.Filter
		want []int
	}{
		{"all", events.Filter{}, []int{1, 2, 3, 4}},
		{"a type", events.Filter{Types: []string{"recipient.deleted.v1"}}, []int{4}},
		{"a stream", events.Filter{Stream: streams[0]}, []int{1, 4}},
		{"positions", events.Filter{After: 1, UpTo: 3}, []int{2, 3}},
		{"a request", events.Filter{Correlation: requests[1]}, []int{2}},
		{"an actor", events.Filter{Actor: domain.LocalGiver.Actor()}, []int{1, 2, 3, 4}},
		{"another actor", events.Filter{Actor: "system"}, nil},
		{"newest", events.Filter{Newest: true, Limit: 2}, []int{4, 3}},
		{"from", events.Filter{From: all[2].OccurredAt}, []int{3, 4}},
		{"to", events.Filter{To: all[2].OccurredAt}, []int{1, 2}},
	} {
		if got := positions(collect(t, b, events.Request{Filter: c.r})); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if s := string(all[0].Payload); strings.Contains(s, "Ann") || !strings.Contains(s, `"age":"***"`) || strings.Contains(s, "tea") || !strings.Contains(s, `"relation":"friend"`) {
		t.Errorf("masked: %s", s)
	}
	if s := string(collect(t, b, events.Request{Personal: true})[0].Payload); !strings.Contains(s, `"name":"Ann","relation":"friend","age":52`) {
		t.Errorf("allowed: %s", s)
	}
	following(t, w)
}

// following reads what is there, and then what is appended.
func following(t *testing.T, w *alltest.World) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	signal := eventstore.NewSignal(w.Pool, slog.New(slog.DiscardHandler))
	go signal.Run(ctx)
	list, err := events.NewBrowser(w.Pool, w.Store.Types(), signal).Events(ctx, events.Request{Filter: events.Filter{After: 2}, Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for e, err := range list {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, int(e.Position)); e.Position == 4 {
			describe(t, w, "Kim", uuid.New())
		}
		if e.Position == 5 {
			stop()
		}
	}
	if !slices.Equal(got, []int{3, 4, 5}) {
		t.Errorf("followed %v", got)
	}
}

func TestRequestsThatCannotBeAnswered(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	b := events.NewBrowser(w.Pool, w.Store.Types(), nil)
	now := time.Now()
	for field, r := range map[string]events.Request{
		"type":   {Filter: events.Filter{Types: []string{"nonsense.v1"}}},
		"to":     {Filter: events.Filter{From: now, To: now}},
		"after":  {Filter: events.Filter{After: -1}},
		"up_to":  {Filter: events.Filter{After: 5, UpTo: 5}},
		"limit":  {Filter: events.Filter{Limit: -1}},
		"follow": {Filter: events.Filter{Newest: true}, Follow: true},
	} {
		_, err := b.Events(t.Context(), r)
		var known *domain.Error
		if !errors.As(err, &known) || len(known.Fields) != 1 || known.Fields[0].Path != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestFormatsHoldTheSame(t *testing.T) {
	t.Parallel()
	entry := events.Entry{Payload: []byte(`{"title":"a <b>, \"c\""}`), Meta: domain.Meta{
		Position: 7, Stream: "s-1", Version: 2, Type: "recipient.created.v1", EventID: uuid.New(), OccurredAt: time.Date(2026, 11, 1, 2, 3, 4, 5000, time.UTC),
		Origin: domain.Origin{Actor: "giver:x", CorrelationID: uuid.New()},
	}}
	write := func(f events.Format) []byte {
		var out bytes.Buffer
		w, err := events.NewWriter(f, &out)
		if err == nil {
			err = errors.Join(w.Write(entry), w.Flush(), w.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	want := events.RowOf(entry)
	var line events.EventRow
	if err := json.Unmarshal(write(events.JSONL), &line); err != nil || !reflect.DeepEqual(line, want) {
		t.Errorf("jsonl: %+v, %v", line, err)
	}
	file := write(events.Parquet)
	if rows, err := parquet.Read[events.EventRow](bytes.NewReader(file), int64(len(file))); err != nil || len(rows) != 1 || !rows[0].OccurredAt.Equal(want.OccurredAt) || string(rows[0].Payload) != string(want.Payload) || rows[0].Stream != "s-1" {
		t.Errorf("parquet: %+v, %v", rows, err)
	}
	if rows, err := csv.NewReader(bytes.NewReader(write(events.CSV))).ReadAll(); err != nil || len(rows) != 2 || rows[1][0] != "7" || rows[1][10] != string(entry.Payload) {
		t.Errorf("csv: %v, %v", rows, err)
	}
	if _, err := events.NewWriter("xml", io.Discard); err == nil {
		t.Error("xml is a format")
	}
}

func TestFieldsFollowTheJSON(t *testing.T) {
	t.Parallel()
	paths := map[string]events.Field{}
	for _, f := range events.Fields(reflect.TypeFor[discovery.Started]()) {
		paths[f.Path] = f
	}
	if f := paths["brief.interests[]"]; f.Kind != events.Text || !slices.Equal(f.Personal, []string{"recipient_id", "giver_id"}) {
		t.Errorf("%+v", f)
	}
	if f := paths["brief.budget.amount"]; f.Kind != events.Number || f.Personal != nil {
		t.Errorf("%+v", f)
	}
	var got []string
	paths["brief.interests[]"].Values(discovery.Started{Brief: discovery.Brief{Interests: []string{"a", "b"}}}, func(v reflect.Value) { got = append(got, v.String()) })
	paths["brief.age"].Values(discovery.Started{}, func(reflect.Value) { t.Error("an age that was not told has a value") })
	if !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("%v", got)
	}
}
