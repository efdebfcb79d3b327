package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// bundle makes console.js, console.css and the fonts that it names in the folder into, from sources
// and the packages that cmd/deps/web.sh has fetched; with the packages' licences, since what is
// bundled goes wherever the program goes.
func bundle(sources, packages, into string) error {
	if _, err := os.Stat(filepath.Join(packages, "packages")); err != nil {
		fmt.Fprintln(os.Stderr, "web: nothing is bundled, since the packages are not there")
		return nil
	}
	if err := removeOld(into); err != nil {
		return err
	}
	absolute, err := filepath.Abs(packages)
	if err != nil {
		return err
	}
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{filepath.Join(sources, "console.js"), filepath.Join(sources, "console.css")},
		Outdir:      into, Bundle: true, Write: true,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
		Target: api.ES2022, Format: api.FormatIIFE, Charset: api.CharsetUTF8, LegalComments: api.LegalCommentsNone,
		NodePaths:  []string{absolute},
		Loader:     map[string]api.Loader{".woff2": api.LoaderFile},
		AssetNames: "[name]-[hash]", LogLevel: api.LogLevelWarning,
		LogOverride: map[string]api.LogLevel{"direct-eval": api.LogLevelSilent}, // htmx has one, and its configuration forbids it
	})
	var all error
	for _, e := range result.Errors {
		all = errors.Join(all, errors.New(e.Text))
	}
	if all != nil {
		return all
	}
	return licences(absolute, filepath.Join(into, "licences.txt"))
}

// removeOld removes what an earlier bundle has left: names of fonts change with them.
func removeOld(into string) error {
	files, err := filepath.Glob(filepath.Join(into, "[^.]*"))
	for _, file := range files {
		err = errors.Join(err, os.Remove(file))
	}
	return err
}

func licences(packages, into string) error {
	files, err := filepath.Glob(filepath.Join(packages, "*", "LICENSE"))
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s\n\n%s\n\n", filepath.Base(filepath.Dir(file)), strings.TrimSpace(string(text)))
	}
	return os.WriteFile(into, []byte(b.String()), 0o644)
}
