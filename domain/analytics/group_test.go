package analytics

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func someWay() *rapid.Generator[Way] {
	return rapid.Custom(func(t *rapid.T) Way {
		at := rapid.Custom(func(t *rapid.T) moment {
			return moment(rapid.SampledFrom([]int64{never, 0, rapid.Int64().Draw(t, "at")}).Draw(t, "moment"))
		})
		w := rapid.Make[Way]().Draw(t, "way")
		w.Now, w.Began, w.First, w.Times = at.Draw(t, "now"), at.Draw(t, "began"), at.Draw(t, "first"), rapid.SliceOf(at).Draw(t, "times")
		w.Values = append([]*string{}, w.Values...)
		return w
	})
}

func TestWaysAreWrittenAsTheirTagsSay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ways := rapid.SliceOf(someWay()).Draw(t, "ways")
		want, err := json.Marshal(ways)
		if err != nil {
			t.Fatal(err)
		}
		if got := Ways(ways).AppendJSON(nil); string(got) != string(want) {
			t.Errorf("%s\nwant %s", got, want)
		}
	})
	if got := string(Ways(nil).AppendJSON(nil)); got != "null" {
		t.Error(got)
	}
}

// Ways are read as they were written, and as the database gives them back: with fields in another order, and space.
func TestWaysAreReadAsTheirTagsSay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := Ways(rapid.SliceOf(someWay()).Draw(t, "ways")).AppendJSON(nil)
		var ordered any
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&ordered); err != nil {
			t.Fatal(err)
		}
		other, err := json.MarshalIndent(ordered, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{text, other} {
			readAlike(t, text)
		}
	})
}

// readAlike looks whether ways are read as encoding/json would.
func readAlike(t interface {
	Helper()
	Errorf(format string, args ...any)
}, text []byte) {
	t.Helper()
	var got Ways
	var want []Way
	err, expected := json.Unmarshal(text, &got), json.Unmarshal(text, &want)
	if (err == nil) != (expected == nil) || err == nil && !reflect.DeepEqual([]Way(got), want) {
		t.Errorf("%s\nis %+v, %v\nwant %+v, %v", text, got, err, want, expected)
	}
}

func FuzzWays(f *testing.F) {
	for _, text := range []string{
		`[]`, `null`, ` [ { } ] `, `[{"funnel": "ideas", "entity": "01a20872-d999-73e5-9c01-dedee08bbafa", "level": 2, "now": 1, "first": null, "times": [null, 3], "values": ["a", null, "\u0041"]}]`,
		`[{"FUNNEL":"x"},{"hit":1,"hit":2,"ended":true,"other":false,"returned":18446744073709551615}]`, `[{"level":256}]`, `[{"times":null,"events":-1,"values":[]}]`, `[{"events":1.5}]`, `[null]`, `[{"funnel":"a"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) { readAlike(t, text) })
}
