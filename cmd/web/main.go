// Command web makes what the console's pages are built of: Go out of .templ files, and one script and
// one style sheet out of ours and of packages that were fetched before.
//
//	go run ./cmd/web pages
//	go run ./cmd/web bundle PACKAGES INTO
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "web:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "pages":
		return writePages(console)
	case len(args) == 3 && args[0] == "bundle":
		return bundle(console+"/web", args[1], args[2])
	}
	return errors.New("say pages, or bundle PACKAGES INTO, in the repository's folder")
}

// console is where the pages' sources are, from the repository's folder.
const console = "http/console"
