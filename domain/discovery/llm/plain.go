package llm

import (
	"html"
	"regexp"
	"strings"
	"unicode"
)

// What a model's text is freed from: it is shown to people and searched for as plain words, so a
// reply that was led astray must not bring in markup or send anybody anywhere.
var (
	tag      = regexp.MustCompile(`(?s)<!--.*?-->|</?[a-zA-Z][^<>]*>`)
	link     = regexp.MustCompile(`!?\[([^\[\]]*)\]\([^()]*\)`) // Markdown; its words stay
	address  = regexp.MustCompile(`(?i)(?:[a-z][a-z0-9+.-]*:/+|:/{2,})\S*|\b(?:javascript|vbscript|data|mailto|tel|tg):\S+|\bwww\.\S*|@[\p{L}\p{N}_.]+`)
	site     = regexp.MustCompile(`(?i)(?:[\p{L}\p{N}-]+\.)+(?:com|net|org|info|biz|io|ru|su|me|co|ly|shop|store|site|online|xyz|top|app|dev|рф)(?:[/:?#]\S*|([^\p{L}\p{N}.]|\.$|\. )|$)`)
	emphasis = regexp.MustCompile("[*_`#~|\\\\]{2,}|[`<>]")
)

// plain is a text as plain words on one line, without markup, links, addresses and control characters.
// Plain text stays as it is.
func plain(s string) string {
	for range 8 { // what is taken out may leave behind what it kept apart
		before := s
		s = html.UnescapeString(s)
		s = tag.ReplaceAllString(s, " ")
		s = link.ReplaceAllString(s, "$1")
		s = address.ReplaceAllString(s, " ")
		s = site.ReplaceAllString(s, " $1")
		s = tidy(emphasis.ReplaceAllString(s, " "))
		if s == before {
			return s
		}
	}
	return "" // nobody writes so by accident
}

// tidy drops control, formatting and invalid characters, and makes every run of spaces one space.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}

// cut is the beginning of s, at most this many characters.
func cut(s string, most int) string {
	n := 0
	for i := range s {
		if n == most {
			return strings.TrimSpace(s[:i])
		}
		n++
	}
	return s
}
