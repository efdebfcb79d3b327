package http_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	api "gifty/http"
)

// slow is a server with a request under way, which ends when release is closed or its context does.
func slow(t *testing.T, grace time.Duration) (release chan struct{}, stop context.CancelFunc, served chan error, got chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	arrived := make(chan struct{})
	release, served, got = make(chan struct{}), make(chan error, 1), make(chan string, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		select {
		case <-release:
		case <-r.Context().Done():
			return
		}
		_, _ = io.WriteString(w, "done")
	})
	ctx, stop := context.WithCancel(t.Context())
	go func() { served <- api.Serve(ctx, l, handler, slog.New(slog.DiscardHandler), grace) }()
	go func() {
		res, err := http.Get("http://" + l.Addr().String())
		if err != nil {
			got <- err.Error()
			return
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		got <- string(body)
	}()
	<-arrived
	return release, stop, served, got
}

func TestRequestsUnderWayFinish(t *testing.T) {
	t.Parallel()
	release, stop, served, got := slow(t, time.Minute)
	stop()
	close(release)
	if body := <-got; body != "done" {
		t.Errorf("got %q", body)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestRequestsThatNeverFinishAreCutOff(t *testing.T) {
	t.Parallel()
	_, stop, served, got := slow(t, time.Millisecond)
	stop()
	if err := <-served; !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if body := <-got; body == "done" {
		t.Error("it did finish")
	}
}

// pipes is a listener of connections in memory.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// Who sends a header drop by drop, or nothing any more, does not hold a connection for ever.
func TestSlowHeadersAreCutOff(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sent string
		held time.Duration
	}{
		"half a header":                {"GET / HTTP/1.1\r\nHost: localhost\r\n", 10 * time.Second},
		"nothing":                      {"", 10 * time.Second},
		"nothing more after a request": {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := make(pipes, 1)
				ctx, stop := context.WithCancel(t.Context())
				served := make(chan error, 1)
				go func() {
					served <- api.Serve(ctx, l, http.NotFoundHandler(), slog.New(slog.DiscardHandler), time.Second)
				}()
				client, server := net.Pipe()
				l <- server
				began := time.Now()
				go func() { _, _ = io.WriteString(client, c.sent) }() // whoever hangs up first
				if _, err := io.ReadAll(client); err != nil {
					t.Error(err)
				}
				if held := time.Since(began); held != c.held {
					t.Errorf("it was held for %s", held)
				}
				stop()
				if err := <-served; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestServeOnAClosedListener(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := api.Serve(t.Context(), l, http.NotFoundHandler(), slog.New(slog.DiscardHandler), time.Second); err == nil {
		t.Error("no error")
	}
}

func TestNewDemandsItsParts(t *testing.T) {
	t.Parallel()
	if _, err := api.New(api.Config{}); err == nil {
		t.Error("no error")
	}
}
