package all

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/eventstore"
)

var update = flag.Bool("update", false, "add payloads of new event types to testdata/events.jsonl; old lines stay as they are")

// goldenFile keeps every payload shape that was ever stored, a line each. A log that holds one
// must be readable for ever: lines are added and never changed.
const goldenFile = "testdata/events.jsonl"

type golden struct {
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
}

func readGolden(t testing.TB) (lines []golden) {
	t.Helper()
	f, err := os.Open(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for scanner := bufio.NewScanner(f); scanner.Scan(); {
		var g golden
		if err := json.Unmarshal(scanner.Bytes(), &g); err != nil {
			t.Fatalf("%s, line %d: %v", goldenFile, len(lines)+1, err)
		}
		lines = append(lines, g)
	}
	return lines
}

func newTypes(t testing.TB) *eventstore.Types {
	t.Helper()
	types, err := Types()
	if err != nil {
		t.Fatal(err)
	}
	return types
}

func TestStoredPayloadsStayReadable(t *testing.T) {
	t.Parallel()
	types := newTypes(t)
	kept := map[string]int{}
	for i, g := range readGolden(t) {
		kept[g.Type]++
		event, err := types.Decode(g.Type, g.Payload)
		if err != nil {
			t.Errorf("line %d: %v", i+1, err)
			continue
		}
		name, payload, err := types.Encode(event)
		if err != nil || name == g.Type && canonical(t, payload) != canonical(t, g.Payload) {
			t.Errorf("line %d: %s\nis read as  %s\nand would be stored as %s, %v\n"+
				"A field that was taken away or added changes what the log says: leave it, let the new one be left out when empty, or give the event a new version.",
				i+1, g.Type, g.Payload, payload, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(types.All())) {
		switch {
		case kept[name] > 0:
		case *update:
			add(t, name, types.All()[name])
		default:
			t.Errorf("%s has no payload in %s; add it: go test ./projections/all -update", name, goldenFile)
		}
	}
}

// canonical is the JSON with sorted keys and without spaces.
func canonical(t testing.TB, j []byte) string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(j))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	sorted, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(sorted)
}

// add appends two payloads of an event: with every field filled, and with none.
func add(t *testing.T, name string, event reflect.Type) {
	t.Helper()
	f, err := os.OpenFile(goldenFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	full := reflect.New(event).Elem()
	fill(full, "")
	for _, v := range []reflect.Value{full, reflect.Zero(event)} {
		payload, err := json.Marshal(v.Interface())
		if err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(golden{name, payload})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(f, "%s\n", line)
	}
}

// fill gives a value that is not empty to v and all in it; texts say which field they are of.
func fill(v reflect.Value, name string) {
	for _, example := range []any{
		uuid.MustParse("01981b5e-8c00-7000-8000-000000000001"), time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC),
		domain.WholeAmount(1990), json.RawMessage(`{"a":[1,"b",null]}`), []byte{0xde, 0xad, 0xbe, 0xef},
	} {
		if v.Type() == reflect.TypeOf(example) {
			v.Set(reflect.ValueOf(example))
			return
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				fill(v.Field(i), tag)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), name)
		fill(v.Index(1), name)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, "key")
		fill(value, name)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString(name + " ёж <&> \"🎁\"")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint64:
		v.SetUint(7)
	default:
		panic("give an example of " + v.Type().String())
	}
}

// No payload makes decoding panic, and what was decoded once comes back the same for ever.
func FuzzDecode(f *testing.F) {
	types := newTypes(f)
	names := slices.Sorted(maps.Keys(types.All()))
	for _, g := range readGolden(f) {
		f.Add(uint8(slices.Index(names, g.Type)), []byte(g.Payload))
	}
	f.Fuzz(func(t *testing.T, which uint8, payload []byte) {
		name := names[int(which)%len(names)]
		event, err := types.Decode(name, payload)
		if err != nil {
			return
		}
		once := stored(t, types, event)
		if twice := stored(t, types, once); !reflect.DeepEqual(twice, once) {
			t.Fatalf("%s %s\nis read as %+v\nand then as %+v", name, payload, once, twice)
		}
	})
}

// stored is the event as it comes back from the log.
func stored(t *testing.T, types *eventstore.Types, event any) any {
	t.Helper()
	name, payload, err := types.Encode(event)
	if err != nil {
		t.Fatalf("%+v: %v", event, err)
	}
	back, err := types.Decode(name, payload)
	if err != nil {
		t.Fatalf("%s: %v", payload, err)
	}
	return back
}
