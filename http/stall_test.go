package http_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	api "gifty/http"
)

// hangPatience is when a test gives a connection up that the server should have cut.
const hangPatience = time.Minute

// dial is a client's end of a connection that is served.
func (p pipes) dial(t *testing.T) net.Conn {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _ = ours.Close() })
	if err := ours.SetDeadline(time.Now().Add(hangPatience)); err != nil {
		t.Fatal(err)
	}
	p <- theirs
	return ours
}

// Who follows the log or takes an export and stops reading, or stops sending a feed, is cut off.
func TestClientsThatStallAreCutOff(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *api.Config) { c.Stall = 50 * time.Millisecond })
	for i := range 30 { // more than a connection's buffer
		s.do("POST", "/v1/recipients", fmt.Sprintf(`{"name":"Ann %d"}`, i)).want(201)
	}
	served := make(pipes) // have no buffer: what nobody reads can't be written
	go func() { _ = api.Serve(t.Context(), served, s.web, slog.New(slog.DiscardHandler), time.Minute) }()
	for _, path := range []string{"/v1/events", "/v1/events?follow=true", "/v1/events?format=csv", "/console/events/export?format=jsonl", "/console/events/follow"} {
		c := served.dial(t)
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer admin\r\n\r\n", path)
		status := make([]byte, len("HTTP/1.1 200"))
		if _, err := io.ReadFull(c, status); err != nil || !strings.HasSuffix(string(status), "200") {
			t.Fatalf("%s: %q %v", path, status, err)
		}
		for err := error(nil); err == nil; { // a byte may be taken in; more wait until the server hangs up
			if _, err = c.Write([]byte("?")); err != nil && !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	c := served.dial(t)
	fmt.Fprintf(c, "POST /v1/products/import?source=shop HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer admin\r\nContent-Type: application/jsonl\r\nContent-Length: 1000\r\n\r\n{")
	if answer, err := io.ReadAll(c); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 408") {
		t.Errorf("%v: %s", err, answer)
	}
}
