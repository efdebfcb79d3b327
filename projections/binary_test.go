package projections

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func TestPlainTextsAreWrittenAsJSONDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("aя \"\\<>&\u2028\ufffd\n\x7f")))).Draw(t, "text")
		for _, v := range []any{text, &text} {
			got, err := jsonOf(reflect.ValueOf(v))
			want, _ := json.Marshal(v)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%s, want %s: %v", got, want, err)
			}
		}
	})
}
