package http_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
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
