package analytics

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

func TestWaysAreWrittenAsTheirTagsSay(t *testing.T) {
	t.Parallel()
	some := rapid.Custom(func(t *rapid.T) Way {
		at := rapid.Custom(func(t *rapid.T) moment {
			return moment(rapid.SampledFrom([]int64{never, 0, rapid.Int64().Draw(t, "at")}).Draw(t, "moment"))
		})
		w := rapid.Make[Way]().Draw(t, "way")
		w.Now, w.Began, w.First, w.Times = at.Draw(t, "now"), at.Draw(t, "began"), at.Draw(t, "first"), rapid.SliceOf(at).Draw(t, "times")
		w.Values = append([]*string{}, w.Values...)
		return w
	})
	rapid.Check(t, func(t *rapid.T) {
		ways := rapid.SliceOf(some).Draw(t, "ways")
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
