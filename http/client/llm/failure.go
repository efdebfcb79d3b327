package llm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gifty/domain/discovery"
)

// failure is one request that came to nothing.
type failure struct {
	kind    discovery.ModelFailure
	status  int           // of an answer that refuses; 0 otherwise
	passing bool          // the same request may succeed later
	after   time.Duration // how long the provider asks to wait
	cause   error
}

func (f *failure) Error() string { return string(f.kind) + ": " + f.cause.Error() }
func (f *failure) Unwrap() error { return f.cause }

// provider's health is in question, rather than this one answer.
func (f *failure) unwell() bool {
	switch f.kind {
	case discovery.FailureLimited, discovery.FailureUnavailable, discovery.FailureNetwork, discovery.FailureTimeout,
		discovery.FailureKey, discovery.FailureRejected, discovery.FailureEmpty:
		return true
	}
	return false
}

// failed says what an error of a vendor's client means, from what went over the wire.
func failed(ctx context.Context, err error, x *exchange, now time.Time) *failure {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return &failure{kind: discovery.FailureCancelled, cause: err}
	case ctx.Err() != nil:
		return &failure{kind: discovery.FailureTimeout, passing: true, cause: errors.New("no whole answer in time")}
	case x.status == 0 || x.broken != nil:
		return &failure{kind: discovery.FailureNetwork, passing: true, cause: err}
	case x.status >= 200 && x.status < 300:
		return &failure{kind: discovery.FailureMalformed, cause: fmt.Errorf("not the provider's protocol: %w", err)}
	}
	f := &failure{kind: discovery.FailureRejected, status: x.status, after: retryAfter(x, now), cause: fmt.Errorf("status %d: %s", x.status, x.reason())}
	switch said := strings.ToLower(string(x.body)); {
	case x.status == http.StatusTooManyRequests:
		// OpenAI says so too when there is no money left; waiting does not help then.
		f.kind, f.passing = discovery.FailureLimited, !strings.Contains(said, "insufficient_quota")
	case x.status == http.StatusPaymentRequired:
		f.kind = discovery.FailureLimited
	case x.status == http.StatusRequestTimeout || x.status >= 500:
		f.kind, f.passing = discovery.FailureUnavailable, true // 529 is Anthropic's "overloaded"
	case x.status == http.StatusUnauthorized || x.status == http.StatusForbidden || strings.Contains(said, "api_key_invalid"):
		f.kind = discovery.FailureKey
	}
	return f
}

// reason is the provider's own words for an error, or how its answer begins.
func (x *exchange) reason() string {
	var body struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(x.body, &body) == nil && body.Error.Message != "" {
		return body.Error.Message
	}
	return strings.ToValidUTF8(string(x.body[:min(len(x.body), 300)]), "")
}

// longestAsked bounds what a provider may ask to wait; it is more than anybody waits.
const longestAsked = 24 * time.Hour

// retryAfter is how long the answer asks to wait: Retry-After in both forms (RFC 9110 §10.2.3),
// OpenAI's in milliseconds, and Gemini's RetryInfo in the body. 0 when it says nothing.
func retryAfter(x *exchange, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(x.header.Get("Retry-After-Ms"), 64); err == nil && ms > 0 && ms < 1e9 {
		return time.Duration(ms * float64(time.Millisecond))
	}
	header := x.header.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(header, 64); err == nil && seconds > 0 {
		return time.Duration(min(seconds, longestAsked.Seconds()) * float64(time.Second))
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(0, at.Sub(now)), longestAsked)
	}
	var body struct {
		Error struct {
			Details []struct {
				RetryDelay string `json:"retryDelay"`
			} `json:"details"`
		} `json:"error"`
	}
	if json.Unmarshal(x.body, &body) == nil {
		for _, d := range body.Error.Details {
			if delay, err := time.ParseDuration(d.RetryDelay); err == nil {
				return min(max(0, delay), longestAsked)
			}
		}
	}
	return 0
}
