package main

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"strings"

	"github.com/a-h/templ"
	"github.com/a-h/templ/generator"
	"github.com/a-h/templ/parser/v2"
)

// writePages writes the Go beside each .templ file of a folder.
func writePages(folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.templ"))
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := generated(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(generatedName(file), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func generatedName(file string) string { return strings.TrimSuffix(file, ".templ") + "_templ.go" }

// generated is the Go of a .templ file, as `templ generate` writes it.
func generated(file string) ([]byte, error) {
	parsed, err := parser.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var b bytes.Buffer
	if _, err := generator.Generate(parsed, &b, generator.WithVersion(templ.Version()), generator.WithFileName(filepath.Base(file))); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return format.Source(b.Bytes())
}
