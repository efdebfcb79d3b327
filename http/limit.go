package http

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/go-chi/httprate"
	"github.com/google/uuid"

	"gifty/domain"
)

// rateWindow is in what time requests are counted.
const rateWindow = time.Minute

// Streams that are open at once: of one caller, and of all.
const (
	streamsEach = 20
	streamsAll  = 2000
)

// limits count what callers do. Each process counts for itself.
type limits struct {
	rates *httprate.RateLimiter // nil: there is no limit

	mu      sync.Mutex
	streams map[string]int // open ones, by caller
	open    int
}

func newLimits(perMinute int) *limits {
	l := &limits{streams: map[string]int{}}
	if perMinute > 0 {
		l.rates = httprate.NewRateLimiter(perMinute, rateWindow, httprate.WithResponseHeaders(httprate.ResponseHeaders{}))
	}
	return l
}

var (
	errRate = &domain.Error{
		Kind: domain.KindLimited, Code: "too_many_requests", Message: "these are too many requests; wait a moment", RetryAfter: rateWindow / 2,
	}
	errStreams = &domain.Error{
		Kind: domain.KindLimited, Code: "too_many_streams", Message: "too many streams are open; close one first", RetryAfter: 10 * time.Second,
	}
)

// allow counts a request under a key. What comes from this machine itself is not counted.
func (l *limits) allow(w http.ResponseWriter, r *http.Request, address, key string) error {
	if l.rates == nil || fromHere(address) {
		return nil
	}
	if l.rates.OnLimit(w, r, key) {
		return errRate
	}
	return nil
}

// fromHere tells whether an address is this machine's own.
func fromHere(address string) bool {
	from, err := netip.ParseAddr(address)
	return err == nil && from.IsLoopback()
}

// enter counts a stream under a key; leave it by what is returned. Of those who are nobody and come from this
// machine itself there may be as many as of all.
func (l *limits) enter(key, address string) (leave func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	each := streamsEach
	if key == (caller{}).key(address) && fromHere(address) {
		each = streamsAll
	}
	if l.streams[key] >= each || l.open >= streamsAll {
		return nil, errStreams
	}
	l.streams[key]++
	l.open++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.open--
		if l.streams[key]--; l.streams[key] == 0 {
			delete(l.streams, key)
		}
	}, nil
}

// key is by what a caller is counted: who they are, and where they came from if they are nobody.
func (c caller) key(address string) string {
	switch {
	case c.Service != uuid.Nil:
		return "service " + c.Service.String()
	case c.Giver != uuid.Nil && !c.Anonymous: // of anonymous ones everybody can have as many as they like
		return "giver " + c.Giver.String()
	}
	return "address " + address
}
