package http

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// addressOf is where a request came from, for counting: an IPv4 address, or the /64 network of an IPv6
// one, which is what one household has. What a proxy says of that is believed of our own proxies alone.
func (a *api) addressOf(r *http.Request) string {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return "unknown" // not from a network
	}
	address := from.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		before, err := netip.ParseAddr(strings.TrimSpace(hop))
		if !a.isProxy(address) || err != nil {
			break
		}
		address = before.Unmap()
	}
	if address.Is4() {
		return address.String()
	}
	network, err := address.WithZone("").Prefix(64)
	if err != nil {
		return "unknown"
	}
	return network.String()
}

func (a *api) isProxy(address netip.Addr) bool {
	return slices.ContainsFunc(a.Proxies, func(p netip.Prefix) bool { return p.Contains(address) })
}
