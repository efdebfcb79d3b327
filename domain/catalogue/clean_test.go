package catalogue

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestCleanURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://shop.test/1":                                      "https://shop.test/1",
		"https://shop.test/1#reviews":                              "https://shop.test/1",
		"https://shop.test/1?":                                     "https://shop.test/1",
		"https://shop.test/1?utm_source=a&id=5&UTM_Medium=b#x":     "https://shop.test/1?id=5",
		"https://shop.test/1?b=2&a=1&yclid=1&gclid=2&fbclid=3":     "https://shop.test/1?b=2&a=1",
		"https://shop.test/1?asid=1&_openstat=2&utm_term=3&z":      "https://shop.test/1",
		"https://shop.test/1?a=&b&c=3&&=5":                         "https://shop.test/1?c=3&=5",
		"https://shop.test/1?utm%5Fsource=a&q=%D1%8F+b&Q=1":        "https://shop.test/1?q=%D1%8F+b&Q=1",
		"https://shop.test/1?utm_source_x=1&my_utm_source=2&utm=3": "https://shop.test/1?utm_source_x=1&my_utm_source=2&utm=3",
		"https://магазин.test/я?utm_campaign=x":                    "https://магазин.test/я",
		"https://shop.test/%zz?utm_source=a#b":                     "https://shop.test/%zz?utm_source=a#b",
		"https://shop.test/1?a=b?c=d":                              "https://shop.test/1?a=b?c=d",
		"":                                                         "",
	} {
		if got := CleanURL(raw); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
}

func TestASourcesOwnParametersReplaceTheUsual(t *testing.T) {
	const raw = "https://shop.test/1?utm_source=a&Ref=b&id=5"
	if got, want := CleanURL(raw, "ref"), "https://shop.test/1?utm_source=a&id=5"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := CleanURL(raw, []string{}...); got != raw {
		t.Errorf("got %s, want %s", got, raw)
	}
}

func TestCleaningAURLTwiceIsCleaningItOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := CleanURL(rapid.StringMatching(`https?://[a-z]{1,5}/[a-z?&=#%2_]{0,20}(utm_source=[a-z]{0,2}&?){0,2}[a-z?&=#]{0,9}`).Draw(t, "url"))
		if twice := CleanURL(once); twice != once {
			t.Fatalf("once %s, twice %s", once, twice)
		}
	})
}

func TestGiftID(t *testing.T) {
	it := Item{ProductURL: "https://shop.test/1?utm_source=a&ref=b"}
	if got, want := GiftID("shop", it), "shop:https://shop.test/1?ref=b"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := GiftID("shop", it, "ref"), "shop:https://shop.test/1?utm_source=a"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	it.ID = "5"
	if got, want := GiftID("shop", it), "shop:5"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestContentText(t *testing.T) {
	if got, want := ContentText(" Mug ", "", "\tBlue\n", "Shop"), "Mug Blue Shop"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := ContentText("я", strings.Repeat("я", 5000), "", ""); utf8.RuneCountInString(got) != 4000 || !utf8.ValidString(got) {
		t.Errorf("got %d characters", utf8.RuneCountInString(got))
	}
}

func TestContentHash(t *testing.T) {
	// sha256sum of "Mug|https://i.test/1.jpg"
	const want = "9c6eb630ea7de9665fce17155cda350f29f58d99148a1cef3e8ed5556f46bc15"
	if got := ContentHash("Mug", "https://i.test/1.jpg"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCleanText(t *testing.T) {
	for in, want := range map[string]string{
		"":                             "",
		" \t\n ":                       "",
		"plain":                        "plain",
		"  two\u00a0 \u2003words\r\n":  "two words",
		"I <3 you & me":                "I <3 you & me",
		"a < b > c":                    "a < b > c",
		"R&D, AT&T":                    "R&D, AT&T",
		"un<b>break</b>able":           "unbreakable",
		"one<br>two<p class='x'>three": "one two three",
		`<a title="x > y">z</a>`:       "z",
		`<a title="open>z</a>`:         "z",
		"x<!-- y > <b> -->z":           "x z",
		"x<!-- open <b>":               "x",
		"<style>b{}</style>x<SCRIPT>y</b></Script >z": "x z",
		"<script>never closed <b>":                    "",
		"&lt;b&gt;x&lt;/b&gt; &amp;lt;i&amp;gt;y":     "x y",
		"&laquo;я&raquo; &#8364; &nbsp;":              "«я» €",
		"<\u200bb>x":                                  "x",
		"soft\u00adhyphen \u202ereversed\u202c":       "softhyphen reversed",
		"a\x00b\x07c\u0085d":                          "a b c d",
		"👩\u200d🚀 stays whole":                        "👩\u200d🚀 stays whole",
		"cut off <a href=\"http://x":                  "cut off <a href=\"http://x",
	} {
		if got := cleanText(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// What is escaped over and over, or opens tags without end, must neither slip through nor take for ever.
func TestCleanTextOfAnAttack(t *testing.T) {
	for _, unit := range []string{"&amp;", "amp;", "<a ", "<a =\"", "<!--", "<!--a>", "<script>", "< ", "&lt;", "<", ">", "</"} {
		for _, in := range []string{"&" + strings.Repeat(unit, 100_000), strings.Repeat(unit, 100_000) + ">", "&lt;" + strings.Repeat(unit, 100_000)} {
			got := cleanText(in)
			if again := cleanText(got); again != got {
				t.Errorf("%q…: cleaning again changes %.50q to %.50q", in[:10], got, again)
			}
		}
	}
}

func FuzzCleanText(f *testing.F) {
	f.Add("<b>x</b> &amp;lt; <!-- -->")
	f.Add("<script>a</script><a href='>'>")
	f.Fuzz(func(t *testing.T, in string) {
		if !utf8.ValidString(in) {
			return // refused before it is cleaned
		}
		got := cleanText(in)
		if again := cleanText(got); again != got || !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\n\r\t") {
			t.Fatalf("%q gives %q, and then %q", in, got, again)
		}
	})
}
