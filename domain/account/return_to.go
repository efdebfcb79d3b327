package account

import (
	"net/url"
	"strings"
)

// ReturnTo is where a browser goes after signing in: a path of our own, or "/". A whole address is taken
// only when it is on our own host, and of it the path, the query and the fragment.
func ReturnTo(wanted string, own *url.URL) string {
	const home = "/"
	// Browsers take a backslash for a slash, and leave out tabs and line ends.
	if strings.ContainsFunc(wanted, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f }) {
		return home
	}
	u, err := url.Parse(wanted)
	switch {
	case err != nil, u.Opaque != "", u.User != nil:
		return home
	case u.Host != "" || u.Scheme != "":
		if own == nil || !strings.EqualFold(u.Host, own.Host) || !strings.EqualFold(u.Scheme, own.Scheme) {
			return home
		}
	}
	path := url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery, Fragment: u.Fragment, RawFragment: u.RawFragment}
	if !strings.HasPrefix(path.Path, "/") || strings.HasPrefix(path.Path, "//") {
		return home
	}
	return path.String()
}
