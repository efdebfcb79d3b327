package eventstore

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gifty/domain"
)

type (
	sized struct {
		Size string `json:"size"`
	}
	other struct{}
)

// renamed is a step that turns field from into field to.
func renamed(from, to string) func([]byte) ([]byte, error) {
	return func(p []byte) ([]byte, error) {
		if !strings.Contains(string(p), from) {
			return nil, fmt.Errorf("%s has no %s", p, from)
		}
		return []byte(strings.Replace(string(p), from, to, 1)), nil
	}
}

func TestUpcastingGoesStepByStep(t *testing.T) {
	t.Parallel()
	types, err := NewTypes(domain.Type[sized]("test.sized.v3",
		domain.Older{Name: "test.sized.v2", Upcast: renamed("length", "size")},
		domain.Older{Name: "test.measured.v1", Upcast: renamed("cm", "length")}))
	if err != nil {
		t.Fatal(err)
	}
	for name, payload := range map[string]string{
		"test.sized.v3": `{"size":"5"}`, "test.sized.v2": `{"length":"5"}`, "test.measured.v1": `{"cm":"5"}`,
	} {
		if got, err := types.Decode(name, []byte(payload)); err != nil || got != (sized{"5"}) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if name, payload, err := types.Encode(sized{"7"}); err != nil || name != "test.sized.v3" || string(payload) != `{"size":"7"}` {
		t.Errorf("encoded as %s %s, %v", name, payload, err)
	}
	names := slices.Sorted(slices.Values(types.Names(reflect.TypeFor[sized]())))
	if !slices.Equal(names, []string{"test.measured.v1", "test.sized.v2", "test.sized.v3"}) || len(types.All()) != 1 {
		t.Errorf("names %v, all %v", names, types.All())
	}
	for name, payload := range map[string]string{"test.sized.v2": `{"size":"5"}`, "test.sized.v3": `{"size":`, "test.sized.v4": `{}`} {
		if got, err := types.Decode(name, []byte(payload)); err == nil {
			t.Errorf("%s %s became %v", name, payload, got)
		}
	}
	if _, _, err := types.Encode(&sized{}); err == nil { // the register knows values
		t.Error("a pointer was encoded")
	}
}

func TestRegisteringRefuses(t *testing.T) {
	t.Parallel()
	older := func(name string) domain.Older { return domain.Older{Name: name, Upcast: renamed("", "")} }
	for name, types := range map[string][]domain.EventType{
		"a name without a version":    {domain.Type[sized]("test.sized")},
		"a version that counts not":   {domain.Type[sized]("test.sized.v0")},
		"a name without a context":    {domain.Type[sized]("sized.v1")},
		"a name in capitals":          {domain.Type[sized]("Test.Sized.v1")},
		"a struct twice":              {domain.Type[sized]("test.sized.v1"), domain.Type[sized]("test.sized.v2")},
		"a name twice":                {domain.Type[sized]("test.sized.v1"), domain.Type[other]("test.sized.v1")},
		"another struct's older name": {domain.Type[sized]("test.sized.v2", older("test.sized.v1")), domain.Type[other]("test.sized.v1")},
		"its own name as older":       {domain.Type[sized]("test.sized.v1", older("test.sized.v1"))},
		"a malformed older name":      {domain.Type[sized]("test.sized.v2", older("test.sized"))},
	} {
		if _, err := NewTypes(types...); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
