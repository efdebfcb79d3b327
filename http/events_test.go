package http_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	api "gifty/http"
	"gifty/projections/events"
)

func TestTheLogIsReadThroughTheAPI(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.do("POST", "/v1/recipients", `{"name":"Ann","interests":["tea"]}`).want(201)
	list := s.do("GET", "/v1/events?type=recipient.created.v1,recipient.changed.v1", "").want(200)
	var row events.EventRow
	if err := json.Unmarshal(list.body, &row); err != nil || row.Position != 1 || list.header.Get("Content-Type") != "application/jsonl" {
		t.Errorf("%s %v", list.body, err)
	}
	for format, payloadOf := range map[string]func([]byte) (string, error){"jsonl": payloadOfJSONL, "csv": payloadOfCSV, "parquet": payloadOfParquet} {
		for query, shown := range map[string]bool{"": false, "&personal=true": true} {
			body := s.do("GET", "/v1/events?type=recipient.created.v1&format="+format+query, "").want(200).body
			if payload, err := payloadOf(body); err != nil || strings.Contains(payload, "Ann") != shown || !strings.Contains(payload, "recipient_id") {
				t.Errorf("%s%s: %s, %v", format, query, payload, err)
			}
		}
	}
	s.do("GET", "/v1/events?type=nonsense", "").problem(422, "events_filter_invalid")
	s.do("GET", "/v1/events?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "").problem(422, "events_filter_invalid")
	s.do("GET", "/v1/events?follow=true&format=parquet", "").problem(422, "format_unfit")
}

// The payload of the one event that was handed out, read back.

func payloadOfJSONL(file []byte) (string, error) {
	var row events.EventRow
	err := json.Unmarshal(file, &row)
	return string(row.Payload), err
}

func payloadOfCSV(file []byte) (string, error) {
	lines, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil || len(lines) != 2 {
		return "", fmt.Errorf("%d lines, %w", len(lines), err)
	}
	return lines[1][slices.Index(lines[0], "payload")], nil
}

func payloadOfParquet(file []byte) (string, error) {
	rows, err := parquet.Read[events.EventRow](bytes.NewReader(file), int64(len(file)))
	if err != nil || len(rows) != 1 {
		return "", fmt.Errorf("%d rows, %w", len(rows), err)
	}
	return string(rows[0].Payload), nil
}

func TestTheLogIsFollowedThroughTheAPI(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	r, err := http.NewRequestWithContext(ctx, "GET", s.url+"/v1/events?follow=true", nil)
	if err != nil {
		t.Fatal(err)
	}
	authorize(r)
	answer, err := http.DefaultClient.Do(r) // answers before there is any event
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	s.do("POST", "/v1/recipients", `{"name":"Ann","interests":["tea"]}`).want(201)
	if line, err := bufio.NewReader(answer.Body).ReadString('\n'); err != nil || !strings.Contains(line, "recipient.created.v1") {
		t.Errorf("%s %v", line, err)
	}
}

// torn is a log that can't be read further after its first event.
type torn struct{ api.EventLog }

func (torn) Events(context.Context, events.Request) (iter.Seq2[events.Entry, error], error) {
	return func(yield func(events.Entry, error) bool) {
		if yield(events.Entry{Payload: []byte(`{}`)}, nil) {
			yield(events.Entry{}, errors.New("the secret is out"))
		}
	}, nil
}

func TestALogThatBreaksOffSaysSo(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *api.Config) { c.Events = torn{} })
	lines := strings.Split(strings.TrimSpace(string(s.do("GET", "/v1/events", "").want(200).body)), "\n")
	if len(lines) != 2 || !strings.Contains(lines[1], `"code":"internal"`) || strings.Contains(lines[1], "secret") {
		t.Errorf("%q", lines)
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.url+"/v1/events?format=csv", nil)
	if err != nil {
		t.Fatal(err)
	}
	authorize(r)
	answer, err := http.DefaultClient.Do(r)
	if err == nil {
		defer answer.Body.Close()
		if _, err = bufio.NewReader(answer.Body).ReadString(0); err == nil || errors.Is(err, http.ErrBodyReadAfterClose) {
			t.Error("a CSV that breaks off seems whole")
		}
	}
	s = start(t, func(c *api.Config) { c.Events = nil })
	s.do("GET", "/v1/events", "").problem(503, "log_not_shown")
}
