package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// What is committed is what the .templ files say.
func TestPagesAreFresh(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", console, "*.templ"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		want, err := generated(file)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(generatedName(file)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run `make pages` (%v)", generatedName(file), err)
		}
	}
}
