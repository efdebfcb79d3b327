package http

import "strconv"

// lowSurrogates is where the second halves of characters begin in UTF-16: they are U+DC00–DFFF, first
// halves are U+D800–DBFF.
const lowSurrogates = 0xdc00

// findLoneSurrogate looks for an escape such as \ud800 that is half a character: the decoder would
// put another character in its place. at is its offset in the JSON text, which must be well-formed.
func findLoneSurrogate(body []byte) (at int, found bool) {
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		switch half := surrogate(body[i:]); {
		case half == 0:
			i++ // whatever is escaped, a backslash too
		case half < lowSurrogates && surrogate(body[i+6:]) >= lowSurrogates:
			i += 11 // a pair
		default:
			return i, true
		}
	}
	return 0, false
}

// surrogate is the half character that a text begins with as an escape, 0 when it does not.
func surrogate(text []byte) uint64 {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0
	}
	half, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil || half < 0xd800 || half > 0xdfff {
		return 0
	}
	return half
}
