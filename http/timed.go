package http

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Timed has a handler answer a GET in memory, for benchmarks: its status, its body, and how long it took.
func Timed(ctx context.Context, h http.Handler, path, token string) (status int, body []byte, took time.Duration, err error) {
	at, err := url.Parse(path)
	if err != nil {
		return 0, nil, 0, err
	}
	r := (&http.Request{Method: http.MethodGet, URL: at, RequestURI: path, Host: "localhost", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody, Header: http.Header{
		"Authorization": {"Bearer " + token},
	}}).WithContext(ctx)
	w := &kept{header: http.Header{}, status: http.StatusOK}
	began := time.Now()
	h.ServeHTTP(w, r)
	return w.status, w.body, time.Since(began), nil
}

// kept is an answer in memory.
type kept struct {
	header http.Header
	status int
	body   []byte
}

func (w *kept) Header() http.Header    { return w.header }
func (w *kept) WriteHeader(status int) { w.status = status }
func (w *kept) Write(b []byte) (int, error) {
	w.body = append(w.body, b...)
	return len(b), nil
}
