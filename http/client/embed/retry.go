package embed

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"gifty/domain"
)

// failure is one attempt that came to nothing.
type failure struct {
	passing bool          // another attempt may succeed
	status  int           // HTTP status; 0 when there was no answer
	after   time.Duration // how long the service asks to wait
	cause   error
}

func (f *failure) Error() string { return f.cause.Error() }
func (f *failure) Unwrap() error { return f.cause }

// refusal is what an answer other than 200 means. The beginning of its body goes to the log.
func refusal(resp *http.Response, body []byte) *failure {
	return &failure{
		passing: resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusRequestTimeout || resp.StatusCode >= 500,
		status:  resp.StatusCode,
		after:   retryAfter(resp.Header.Get("Retry-After"), time.Now()),
		cause:   fmt.Errorf("%s: %.300s", resp.Status, body),
	}
}

// retryAfter reads both forms of the header (RFC 9110 §10.2.3); 0 when it says nothing.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(max(0, min(seconds, 86400))) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// retry repeats an attempt after waits that grow twofold, with full jitter, so that many clients do
// not come back all at once (Brooker 2015, "Exponential Backoff and Jitter").
type retry struct {
	attempts int
	first    time.Duration // the longest first wait
	longest  time.Duration // of all waits; a service that asks for more is not waited for
	wait     func(context.Context, time.Duration) error
}

func newRetry() retry {
	return retry{attempts: 5, first: 500 * time.Millisecond, longest: 30 * time.Second, wait: wait}
}

// wait returns early, with the context's error, when ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// do returns the last attempt's error, or nil as soon as one succeeds.
func (r retry) do(ctx context.Context, attempt func() error) error {
	for n := 1; ; n++ {
		err := attempt()
		var f *failure
		if err == nil || !errors.As(err, &f) || !f.passing || n == r.attempts || f.after > r.longest || ctx.Err() != nil {
			return err
		}
		backoff := rand.N(min(r.first<<(n-1), r.longest))
		if r.wait(ctx, max(backoff, f.after)) != nil {
			return err
		}
	}
}

// explain turns what went wrong into what a person can do. The end of the caller's own patience is
// passed on as it is.
func (r *Remote) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var f *failure
	var refused *domain.Error
	switch {
	case errors.As(err, &refused):
		return domain.Unavailable("embedding_unusable", "the embedding service's vectors cannot be used (%s); check the configured model and dimension", refused.Message).Because(err)
	case !errors.As(err, &f):
		return domain.Unavailable("embedding_unusable", "the embedding service's answer was not understood; check its URL and kind").Because(err)
	case f.status == http.StatusUnauthorized || f.status == http.StatusForbidden:
		return domain.Unavailable("embedding_refused", "the embedding service refused the key; check the configured key").Because(err)
	case f.status != 0 && !f.passing:
		return domain.Unavailable("embedding_refused", "the embedding service refused the request (status %d); check its URL, model and dimension", f.status).Because(err)
	}
	e := domain.Unavailable("embedding_unavailable", "the embedding service does not answer now; try again later").Because(err)
	e.RetryAfter = f.after
	return e
}
