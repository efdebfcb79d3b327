package account_test

import (
	"net/url"
	"strings"
	"testing"

	"gifty/domain/account"
)

var home = &url.URL{Scheme: "https", Host: "gifty.example"}

func TestReturnTo(t *testing.T) {
	t.Parallel()
	for wanted, want := range map[string]string{
		"": "/", "/": "/", "/a/b?c=d#e": "/a/b?c=d#e", "/a b": "/a%20b", "/a%20b": "/a%20b",
		"https://gifty.example/x?y#z": "/x?y#z", "HTTPS://GIFTY.example/x": "/x",
		"http://gifty.example/x": "/", "https://gifty.example.evil.org/": "/", "https://gifty.example:444/": "/",
		"https://gifty.example@evil.org/": "/", "https://ann@gifty.example/": "/", "//evil.org": "/", "///evil.org": "/", `/\evil.org`: "/", `\\evil.org`: "/",
		"/%2fevil.org": "/", "/%5cevil.org": "/%5cevil.org", "javascript:alert(1)": "/", "data:text/html,x": "/", "a/b": "/", "/\t/evil.org": "/", "/\r\nLocation: x": "/", "http:/evil": "/", "https:///x": "/",
	} {
		if got := account.ReturnTo(wanted, home); got != want {
			t.Errorf("%q goes to %q, want %q", wanted, got, want)
		}
	}
}

// Wherever somebody wants to go, it is a path of ours.
func FuzzReturnTo(f *testing.F) {
	for _, seed := range []string{"/a", "//evil.org", `/\evil`, "https://gifty.example/a", "/%2f%2fevil", "/;/x", "https://gifty.example//evil.org"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, wanted string) {
		got := account.ReturnTo(wanted, home)
		u, err := home.Parse(got)
		if !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.HasPrefix(got, `/\`) || err != nil || u.Host != home.Host || u.Scheme != home.Scheme {
			t.Errorf("%q goes to %q", wanted, got)
		}
	})
}
