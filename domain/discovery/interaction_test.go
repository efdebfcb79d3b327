package discovery

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestStorableMetadata(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{}`:                                     true,
		`{"a":[{"b":-1.5e300}],"c":"x"}`:         true,
		`{"a":1e301}`:                            false,
		`{"a":[{"b":1e-999999}]}`:                false,
		`{"a":1E+99999999999999999999}`:          false,
		`{"a":` + strings.Repeat("9", 301) + `}`: false,
		`[]`:                                     false, `null`: false, `1`: false, `{`: false,
	} {
		if got := storable(json.RawMessage(text)); got != want {
			t.Errorf("%.40s: %t", text, got)
		}
	}
}
