package eventstore

import (
	"bytes"
	"strconv"
)

// storable replaces, in place, the characters that JSON can name and Postgres can't keep in text or
// jsonb: NUL and halves of surrogate pairs become U+FFFD, as Go does with invalid UTF-8. Whoever
// takes in text refuses them; should one slip through, it must not stop read tables for ever.
func storable(j []byte) []byte {
	for rest := j; ; {
		at := bytes.IndexByte(rest, '\\')
		if at < 0 || at+1 >= len(rest) {
			return j
		}
		rest = rest[at:]
		if rest[1] != 'u' {
			rest = rest[2:]
			continue
		}
		size := 6
		switch c := escaped(rest); {
		case c >= 0xd800 && c < 0xdc00 && low(escaped(rest[6:])):
			size = 12
		case c == 0, c >= 0xd800 && c < 0xe000:
			copy(rest, `\ufffd`)
		}
		rest = rest[min(size, len(rest)):]
	}
}

func low(c int) bool { return c >= 0xdc00 && c < 0xe000 }

// escaped is the UTF-16 unit of the \uXXXX that j begins with; -1 when it begins otherwise.
func escaped(j []byte) int {
	if len(j) < 6 || j[0] != '\\' || j[1] != 'u' {
		return -1
	}
	c, err := strconv.ParseUint(string(j[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return int(c)
}
