package http

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"gifty/domain/catalogue"
	"gifty/domain/catalogue/demo"
	"gifty/domain/recipient"
	"gifty/projections"
)

// update writes the golden file anew: go test ./http -run OpenAPI -update
var update = flag.Bool("update", false, "write golden files anew")

func TestOpenAPIStaysWhatClientsKnow(t *testing.T) {
	t.Parallel()
	got, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "openapi.json")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the description has changed; if that is meant, run with -update and look at the difference in %s", golden)
	}
}

func operations() []*huma.Operation {
	var all []*huma.Operation
	for _, path := range newAPI(Config{}).huma.OpenAPI().Paths {
		for _, op := range []*huma.Operation{path.Get, path.Post, path.Put, path.Patch, path.Delete} {
			if op != nil {
				all = append(all, op)
			}
		}
	}
	return all
}

func TestOperationsAreDescribed(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile(`^[a-z]+(-[a-z]+)+$`)
	for _, op := range operations() {
		if !name.MatchString(op.OperationID) || op.Summary == "" || len(op.Tags) != 1 || op.Responses["500"] == nil {
			t.Errorf("%s %s is not described: %+v", op.Method, op.Path, op)
		}
		for _, p := range op.Parameters {
			if p.Description == "" && p.In != "path" {
				t.Errorf("%s: what is %s?", op.OperationID, p.Name)
			}
		}
		if op.RequestBody != nil && !bytes.Contains(firstExample(t, op), []byte(`"`)) {
			t.Errorf("%s has no example", op.OperationID)
		}
	}
}

// What the documentation tries out must be there on a fresh install: the demo catalogue's gifts.
func TestExamplesNameGiftsThatExist(t *testing.T) {
	t.Parallel()
	description, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for item, err := range demo.Items() {
		if err != nil {
			t.Fatal(err)
		}
		there[catalogue.GiftID("demo", item)] = true
	}
	examples := regexp.MustCompile(`"demo:[^"]*"`).FindAllString(string(description), -1)
	for _, quoted := range examples {
		if !there[strings.Trim(quoted, `"`)] {
			t.Errorf("there is no gift %s", quoted)
		}
	}
	if len(examples) == 0 {
		t.Error("no example names a gift")
	}
}

func firstExample(t *testing.T, op *huma.Operation) []byte {
	for _, media := range op.RequestBody.Content {
		if media.Example != nil {
			b, err := media.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
	}
	return nil
}

// Limits stand in tags, which can't name the domain's constants.
func TestLimitsAreTheDomains(t *testing.T) {
	t.Parallel()
	a := newAPI(Config{})
	components := a.huma.OpenAPI().Components.Schemas.Map()
	for _, name := range []string{"NewRecipient", "RecipientPatch"} {
		if got := *components[name].Properties["age"].Maximum; got != recipient.MaxAge {
			t.Errorf("%s: age to %g", name, got)
		}
	}
	if got := *components["ImportJSON"].Properties["items"].MaxItems; got != catalogue.MaxImport {
		t.Errorf("imports of %d items", got)
	}
	for _, p := range a.huma.OpenAPI().Paths["/v1/recipients"].Get.Parameters {
		if p.Name == "limit" && (*p.Schema.Maximum != projections.MaxLimit || p.Schema.Default != projections.DefaultLimit) {
			t.Errorf("pages of %v to %v", p.Schema.Default, *p.Schema.Maximum)
		}
	}
}
