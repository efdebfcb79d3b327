package llm

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// exchange is what went over the wire in answer to one request: the vendors' clients keep only what
// they understand of it.
type exchange struct {
	status int // 0: no answer
	header http.Header
	body   []byte // as much as came
	broken error  // why the body ends too early; nil when it is whole
}

type exchangeKey struct{}

// recorded notes in the exchange what recorder sees.
func recorded(ctx context.Context) (context.Context, *exchange) {
	x := &exchange{}
	return context.WithValue(ctx, exchangeKey{}, x), x
}

// longestReply is more than any answer takes that was asked for: 32,000 tokens take about 200 kB.
const longestReply = 4 << 20

// recorder is a transport that notes the whole answer in the request's exchange.
type recorder struct{ next http.RoundTripper }

// RoundTrip reads the body to its end before anybody else sees it. An answer that is cut off, or that
// does not end, is an error.
func (r recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := r.next.RoundTrip(request)
	x, noting := request.Context().Value(exchangeKey{}).(*exchange)
	if err != nil || !noting {
		return response, err
	}
	defer response.Body.Close()
	x.status, x.header = response.StatusCode, response.Header
	x.body, x.broken = io.ReadAll(io.LimitReader(response.Body, longestReply+1))
	if x.broken == nil && len(x.body) > longestReply {
		x.body, x.broken = x.body[:longestReply], fmt.Errorf("the answer is longer than %d bytes", longestReply)
	}
	if x.broken != nil {
		return nil, x.broken
	}
	response.Body = io.NopCloser(bytes.NewReader(x.body))
	return response, nil
}
