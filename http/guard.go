package http

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// secure sets the headers that keep browsers from doing more with an answer than show it. The
// policy for pages is set where pages are served.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		if strings.HasPrefix(r.URL.Path, "/v1/") {
			h.Set("Cache-Control", "no-store") // people's own things
		}
		next.ServeHTTP(w, r)
	})
}

// sameOrigin refuses what a page of another site makes a browser send.
func sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		newProblem(http.StatusForbidden, "cross_origin", "a page of another site may not send this").write(w, r)
	}))
	return protection.Handler(next)
}

// named refuses requests that reach a loopback address under a name that is not the machine's own:
// a web page whose name was pointed at 127.0.0.1 (DNS rebinding) would otherwise be of the same
// origin. Addresses written as numbers can't be pointed anywhere.
func (a *api) named(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if onLoopback(r) && !a.knowsHost(r.Host) {
			newProblem(http.StatusMisdirectedRequest, "host_unknown", "this server does not go by that name; use localhost, or tell it the name").write(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func onLoopback(r *http.Request) bool {
	address, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && address.IP.IsLoopback()
}

func (a *api) knowsHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") ||
		slices.ContainsFunc(a.Hosts, func(known string) bool { return strings.EqualFold(known, host) })
}

// answerGrace is how long a client may take to fetch an answer.
const answerGrace = 30 * time.Second

// bounded keeps clients that stop reading, or send a body that nobody asked for drop by drop, from holding a
// connection for ever. Operations that take longer than the usual time set their own deadline.
func (a *api) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setWriteDeadline(w, time.Now().Add(a.Timeout+answerGrace))
		if r.Body != http.NoBody {
			setReadDeadline(w, time.Now().Add(min(bodyTime, a.Timeout)))
		}
		next.ServeHTTP(w, r)
	})
}

// setWriteDeadline does nothing where the connection has no deadlines, as in memory.
func setWriteDeadline(w http.ResponseWriter, at time.Time) {
	_ = http.NewResponseController(w).SetWriteDeadline(at)
}

func setReadDeadline(w http.ResponseWriter, at time.Time) {
	_ = http.NewResponseController(w).SetReadDeadline(at)
}
