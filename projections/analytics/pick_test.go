package analytics

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
)

func TestPick(t *testing.T) {
	t.Parallel()
	paths := []string{"a", "b.c", "l[].x", "l[].y", "s[]", "n[][]"}
	p := newPicker(paths)
	for text, want := range map[string]string{
		`{}`: "[[] [] [] [] [] []]",
		`{"z":{"a":1,"b":[1,{"c":"}"}]},"a":"one","b":{"z":[],"c":true}}`:       "[[one] [true] [] [] [] []]",
		` { "a" : -1.5e3 , "b" : null , "s" : [ "x" , null , "y\"\u0451" ] } `:  "[[-1.5e3] [] [] [] [x y\"ё] []]",
		`{"l":[{"x":1,"y":"a"},{"y":"b"},{"x":{"deep":1}}],"n":[[1,2],[],[3]]}`: "[[] [] [1] [a b] [] [1 2 3]]",
		`{"a":{"x":1},"b":5,"l":"no list","s":{"t":1}}`:                         "[[] [] [] [] [] []]",
	} {
		got, err := p.pick([]byte(text))
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{``, `{`, `{"a`, `{"a":`, `{"a":"x`, `{"l":[`, `{"a" 1}`, `{"z":[1`} {
		if got, err := p.pick([]byte(text)); err == nil {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// What is JSON is read as encoding/json reads it, and what is not does no harm.
func FuzzPick(f *testing.F) {
	for _, text := range []string{`{"a":"x","b":{"c":[1,2]}}`, `{"b":{"c":"\u00e9"},"a":1.50}`, `{"a":[{"a":"]"}],"b":{"c":null}}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		picked, err := newPicker([]string{"a", "b.c"}).pick([]byte(text))
		if !json.Valid([]byte(text)) {
			return
		}
		var object struct {
			A json.RawMessage
			B struct{ C json.RawMessage }
		}
		var names map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &names) != nil || json.Unmarshal([]byte(text), &object) != nil {
			return // no object
		}
		if err != nil {
			t.Fatal(err)
		}
		for name := range names { // encoding/json takes A for a, and the last of two
			if name != "a" && name != "b" && len(name) == 1 {
				return
			}
		}
		var want string
		if json.Unmarshal(object.A, &want) == nil && len(picked[0]) == 1 && !reflect.DeepEqual(picked[0], []string{want}) && object.A[0] == '"' {
			t.Fatalf("%s: %q, want %q", text, picked[0], want)
		}
	})
}
