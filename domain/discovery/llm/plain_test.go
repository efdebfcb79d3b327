package llm

import (
	"strings"
	"testing"
	"unicode"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Набор для рыбалки — «Ёрш»":                     "Набор для рыбалки — «Ёрш»",
		"A tea set, 2 cups (white)":                     "A tea set, 2 cups (white)",
		"R&D lab kit":                                   "R&D lab kit",
		"Wait... what? Yes.No":                          "Wait... what? Yes.No",
		"data: and tel: as words":                       "data: and tel: as words",
		"<b>Warm</b> socks<script>alert(1)</script>":    "Warm socks alert(1)",
		"&lt;img src=x onerror=alert(1)&gt; lamp":       "lamp",
		"&amp;lt;b&amp;gt;lamp":                         "lamp",
		"[a lamp](https://evil.example/x?y=1) for them": "a lamp for them",
		"see https://evil.example/x now":                "see now",
		"see HTTP:\u200b//evil.example now":             "see now",
		"javascript:alert(1) lamp":                      "lamp",
		"www.evil.example lamp":                         "lamp",
		"buy at evil.com. Now":                          "buy at . Now",
		"купи на подарок.рф, сейчас":                    "купи на , сейчас",
		"t.me/scam lamp":                                "lamp",
		"пиши @scam_bot":                                "пиши",
		"**Bold** `code` # lamp":                        "Bold code # lamp",
		"two\nlines\x00\u202e":                          "two lines",
		"\xff\xfelamp":                                  "lamp",
		"<<b>script>x<</b>/script>":                     "script x /script",
	} {
		if got := plain(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	for _, s := range []string{"<a href='x'>y</a>", "&amp;lt;script&gt;", "[x](javascript:y)", "http://a.b", "Ёж", "h\u200bttp://x", "((http:x.com//"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := plain(s)
		if strings.ContainsAny(got, "<>\n\x00") || strings.Contains(got, "://") || strings.ContainsFunc(got, unicode.IsControl) {
			t.Errorf("%q became %q", s, got)
		}
		if again := plain(got); again != got {
			t.Errorf("%q became %q, and that %q", s, got, again)
		}
	})
}
