package domain_test

import (
	"encoding/json"
	"strings"
	"testing"

	"gifty/domain"
)

func TestCheckEscapes(t *testing.T) {
	for text, want := range map[string]string{
		`"plain"`: "", `"\\u0000"`: "", `"\n\u00e9\"\\\\"`: "", `"\ud83c\udf81"`: "", `"\uD83C\uDF81\ud83c\udf81"`: "", "": "",
		`"\u0000"`: `\u0000 at byte 2`, `"\\\u0000"`: `\u0000 at byte 4`, `"\ud83c"`: `\ud83c at byte 2`, `"\ud83c\ud83c\udf81"`: `\ud83c at byte 2`,
		`"\udf81\ud83c"`: `\udf81 at byte 2`, `"\ud83cx\udf81"`: `\ud83c at byte 2`, `"\ud83c\u0041"`: `\ud83c at byte 2`,
	} {
		err := domain.CheckEscapes([]byte(text))
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

// What the check lets through is decoded without a replacement, and nothing else is refused.
func FuzzCheckEscapes(f *testing.F) {
	f.Add(`"\u0000\ud83c\udf81"`)
	f.Add(`"\\u0000\ud83c"`)
	f.Fuzz(func(t *testing.T, text string) {
		var decoded string
		if strings.Contains(strings.ToLower(text), "fffd") || strings.ContainsRune(text, '\ufffd') || json.Unmarshal([]byte(text), &decoded) != nil {
			return
		}
		if err := domain.CheckEscapes([]byte(text)); (err != nil) != strings.ContainsAny(decoded, "\x00\ufffd") {
			t.Fatalf("%s is decoded as %q, and the check says %v", text, decoded, err)
		}
	})
}
