package eventstore

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestStorable(t *testing.T) {
	cases := map[string]string{
		`"plain"`:                     `"plain"`,
		`"a\u0000b"`:                  `"a\ufffdb"`,
		`"a\\u0000b"`:                 `"a\\u0000b"`,
		`"\\\u0000\\"`:                `"\\\ufffd\\"`,
		`"\ud83d\ude00"`:              `"\ud83d\ude00"`,
		`"\ud83d"`:                    `"\ufffd"`,
		`"\ude00\ud83d\u0041"`:        `"\ufffd\ufffd\u0041"`,
		`"\uD83D\uD83D\uDE00\u00e9"`:  `"\ufffd\uD83D\uDE00\u00e9"`,
		`{"\u0000":["\"\u0000\"",1]}`: `{"\ufffd":["\"\ufffd\"",1]}`,
	}
	for in, want := range cases {
		if got := string(storable([]byte(in))); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

// Valid JSON stays valid, and reads as before but for NUL.
func FuzzStorable(f *testing.F) {
	for _, seed := range []string{`"a\u0000\\u0000"`, `"\ud83d\ude00\ud83d"`, `{"a\\":"\\\\u"}`, `"\u`, `\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out := string(storable([]byte(in)))
		if json.Valid([]byte(in)) && tokens(t, out) != strings.ReplaceAll(tokens(t, in), "\x00", "\ufffd") {
			t.Fatalf("%q became %q", in, out)
		}
	})
}

// tokens is the JSON with its strings decoded.
func tokens(t *testing.T, j string) string {
	t.Helper()
	var text strings.Builder
	d := json.NewDecoder(strings.NewReader(j))
	d.UseNumber()
	for {
		token, err := d.Token()
		if err == io.EOF {
			return text.String()
		}
		if err != nil {
			t.Fatalf("%q: %v", j, err)
		}
		fmt.Fprintf(&text, "%v|", token)
	}
}
