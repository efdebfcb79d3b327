package eventstore

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"
)

type inner struct {
	Said string `json:"said,omitempty" personal:"who"`
	Size int    `json:"size"`
}

type plain struct {
	Said string `json:"said"`
	Name string `json:"name"`
}

// told is personal at every depth.
type told struct {
	Who   uuid.UUID        `json:"who"`
	Name  string           `json:"name" personal:"who"`
	Words []string         `json:"words" personal:"who"`
	Any   json.RawMessage  `json:"any,omitempty" personal:"who"`
	Plain json.RawMessage  `json:"plain,omitempty"`
	In    *inner           `json:"in"`
	List  []inner          `json:"list"`
	Map   map[string]plain `json:"map"`
}

func personalOfTold(t testing.TB) *personal {
	t.Helper()
	p, err := personalIn(reflect.TypeFor[told]())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Whatever a payload holds: no piece begins or ends within a value, and what is left of the payload when
// each is null is the same event without what is personal.
func FuzzPieces(f *testing.F) {
	p := personalOfTold(f)
	for _, seed := range []string{
		`{}`, `{"name":"x"}`, `{"name":"a \"quoted\" \\","words":["a]","b}"],"any":{"name":[1,{"x":"}"}]},"plain":{"name":"mine"}}`,
		`{"in":{"said":"s","size":1},"list":[{"size":2},{"said":"\\\\","size":3}],"map":{"name":{"said":"m"},"\"said":{"said":"n"}}}`,
		`{"in":null,"list":null,"any":"\\\"","plain":[[["name"]],-1.5e3,true]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, j []byte) {
		p.pieces(j) // of anything: it ends, and takes nothing from elsewhere
		var event told
		if json.Unmarshal(j, &event) != nil {
			return
		}
		payload, err := json.Marshal(event)
		if err != nil {
			return
		}
		var rest strings.Builder
		from := 0
		for _, at := range p.pieces(payload) {
			if !json.Valid(payload[at.from:at.to]) {
				t.Fatalf("%s: the piece %q is no value", payload, payload[at.from:at.to])
			}
			rest.Write(payload[from:at.from])
			rest.WriteString(cutOut)
			from = at.to
		}
		rest.Write(payload[from:])
		var got told
		if err := json.Unmarshal([]byte(rest.String()), &got); err != nil {
			t.Fatalf("%s is left of %s: %v", rest.String(), payload, err)
		}
		if want := without(event); asJSON(t, got) != asJSON(t, want) {
			t.Errorf("%s leaves\n%s, want\n%s", payload, asJSON(t, got), asJSON(t, want))
		}
	})
}

func asJSON(t *testing.T, event told) string {
	t.Helper()
	j, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return string(j)
}

// without is the event with nothing that is personal and tells something.
func without(e told) told {
	e.Name = ""
	if len(e.Words) > 0 {
		e.Words = nil
	}
	if len(e.Any) > 0 && !blank(compact(e.Any)) {
		e.Any = json.RawMessage("null")
	}
	if e.In != nil {
		e.In = &inner{Size: e.In.Size}
	}
	for i := range e.List {
		e.List[i].Said = ""
	}
	return e
}

func compact(j json.RawMessage) []byte {
	out, err := json.Marshal(j)
	if err != nil {
		return j
	}
	return out
}
