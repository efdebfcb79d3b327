package main

import (
	"fmt"
	"regexp"
)

// plain says in a person's words what a flag must be, where its parser speaks of types.
func plain(text string) string {
	for _, r := range []struct{ of, to string }{
		{`expected a valid \d+ bit u?int but got ("[^"]*")`, "must be a whole number, such as 10, not $1"},
		{`expected a float but got ("[^"]*")(?: \(string\))?`, "must be a number, such as 0.5, not $1"},
		{`invalid UUID (?:length: \d+|format)`, "must be an id as lists and answers show it, such as 01a205ed-cc5c-7de5-a538-ac4386df3234"},
		{`slog: level string ("[^"]*"): unknown name`, "must be DEBUG, INFO, WARN or ERROR, not $1"},
	} {
		text = regexp.MustCompile(r.of).ReplaceAllString(text, r.to)
	}
	return text
}

// counted is a number of things, one of which has this name.
func counted(n int, name string) string {
	if n == 1 {
		return "1 " + name
	}
	return fmt.Sprintf("%d %ss", n, name)
}
