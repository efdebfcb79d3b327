package catalogue

import (
	"html"
	"strings"
	"unicode"
)

const (
	// maxDirty is how much of a text is looked at, in bytes: ten times a description's limit
	// leaves room for mark-up.
	maxDirty = 200_000
	// rounds is how often a text may plausibly have been escaped on top of itself.
	rounds = 5
)

// cleanText makes plain text of what shops send: no tags, entities or control characters, and
// single spaces. Entities may hide tags and those again entities, so it runs until nothing
// changes; a text that still changes after a few rounds is an attack and loses its "&" and "<".
func cleanText(s string) string {
	if len(s) > maxDirty {
		s = strings.ToValidUTF8(s[:maxDirty], "")
	}
	if isPlain(s) {
		return s
	}
	for range rounds {
		before := s
		s = plainRound(s)
		if s == before {
			return s
		}
	}
	return plainRound(strings.NewReplacer("&", "", "<", "").Replace(s))
}

func plainRound(s string) string {
	s = strings.Map(printable, s)
	if strings.Contains(s, "<") {
		s = stripTags(s)
	}
	if strings.Contains(s, "&") {
		s = html.UnescapeString(s)
	}
	return strings.Join(strings.Fields(s), " ")
}

// printable turns controls into spaces and drops (-1) what is invisible or turns the writing direction.
func printable(r rune) rune {
	switch {
	case unicode.IsControl(r):
		return ' '
	case r == '\u00ad', r == '\u200b', r == '\ufeff', '\u202a' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069':
		return -1
	}
	return r
}

// isPlain tells that a text has nothing to clean, which is so for most and costs little to see.
func isPlain(s string) bool {
	space := true // the text's edge counts: nothing may begin or end with a space
	for _, r := range s {
		switch {
		case r == ' ':
			if space {
				return false
			}
			space = true
			continue
		case r < ' ', r == '<', r == '&', r == 0x7f:
			return false
		// Among Latin, Greek, Cyrillic and their neighbours, all beyond U+00AD is printable and no space.
		case r > 0x7f && (r <= '\u00ad' || r >= '\u1680') && (printable(r) != r || unicode.IsSpace(r)):
			return false
		}
		space = false
	}
	return !space || s == ""
}

// stripTags drops HTML mark-up. Tags that only style leave no gap, any other leaves a space, and
// comments, scripts and style sheets go with their content. A "<" that opens no tag stays.
func stripTags(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	tail := len(s) - strings.LastIndexByte(s, '>') // bytes from the last ">" on: where fewer are left, no tag can end
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 || len(s)-i < tail {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i:]
		if !opensTag(s) {
			b.WriteByte('<')
			s = s[1:]
			continue
		}
		end := tagEnd(s)
		name := tagName(s)
		if !styles(name) {
			b.WriteByte(' ')
		}
		closing := s[1] == '/'
		s = s[end:]
		if !closing && (name == "script" || name == "style") {
			s = skipTo(s, "</"+name)
		}
	}
}

// opensTag tells "<p", "</p", "<!--" from "I <3 you". s begins with "<" and holds a ">".
func opensTag(s string) bool {
	c := s[1]
	if c == '/' {
		c = s[2] // there is a third byte: the ">" that s holds, if nothing else
	}
	return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '!' || c == '?'
}

// tagEnd is the index behind the tag or comment that s begins with. s holds a ">".
func tagEnd(s string) int {
	if strings.HasPrefix(s, "<!--") {
		if i := strings.Index(s[4:], "-->"); i >= 0 {
			return 4 + i + len("-->")
		}
		return len(s) // as browsers do: an open comment swallows the rest
	}
	quote := byte(0)
	for i := range len(s) {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && s[i-1] == '=':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return strings.IndexByte(s, '>') + 1 // a quote that never closes was none
}

func tagName(s string) string {
	s = strings.TrimPrefix(s[1:], "/")
	end := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.ToLower(s[:max(end, 0)])
}

func styles(tag string) bool {
	switch tag {
	case "a", "abbr", "b", "em", "font", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u":
		return true
	}
	return false
}

// skipTo drops everything before the first closing, which is in lower case; all of s without one.
func skipTo(s, closing string) string {
	for i := range len(s) - len(closing) + 1 {
		if s[i] == '<' && strings.EqualFold(s[i:i+len(closing)], closing) {
			return s[i:]
		}
	}
	return ""
}
