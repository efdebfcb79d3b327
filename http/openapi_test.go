package http

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
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
		t.Errorf("the description has changed; if that is meant, run with -update and look at the difference\n%s", got)
	}
}
