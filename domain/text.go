package domain

import (
	"bytes"
	"strconv"
	"unicode"
	"unicode/utf16"
)

// CheckEscapes refuses, in a well-formed JSON text, what Postgres can't keep: \u0000, and a half of
// a surrogate pair, for which the decoder would put U+FFFD in silence.
func CheckEscapes(text []byte) error {
	for i := 0; ; {
		skip := bytes.IndexByte(text[i:], '\\')
		if skip < 0 {
			return nil
		}
		i += skip
		code := escape(text[i:])
		switch {
		case code < 0:
			i += len(`\n`)
			continue
		case utf16.IsSurrogate(code) && utf16.DecodeRune(code, escape(text[i+escapeSize:])) != unicode.ReplacementChar:
			i += escapeSize
		case code == 0 || utf16.IsSurrogate(code):
			return Invalid("text_not_storable", "%s at byte %d stands for no character; take it out, or write the character it is part of", text[i:i+escapeSize], i+1)
		}
		i += escapeSize
	}
}

const escapeSize = len(`\u0000`)

// escape is the code that a text begins with as \uXXXX, -1 when it begins otherwise.
func escape(text []byte) rune {
	if len(text) < escapeSize || text[0] != '\\' || text[1] != 'u' {
		return -1
	}
	code, err := strconv.ParseUint(string(text[2:escapeSize]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(code)
}
