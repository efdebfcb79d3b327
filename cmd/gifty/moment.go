package main

import (
	"fmt"
	"reflect"
	"time"

	"github.com/alecthomas/kong"
)

// parseMoment reads a moment, RFC 3339, or the beginning of a day, UTC.
func parseMoment(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t, err = time.Parse(time.DateOnly, text)
	}
	if err != nil {
		err = fmt.Errorf("must be a moment, such as 2026-11-01T15:04:05Z, or a day, such as 2026-11-01, but is %.50q", text)
	}
	return t, err
}

// decodeMoment has flags that are moments read by parseMoment; the parser names the flag.
func decodeMoment(d *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := d.Scan.PopValueInto("time", &text); err != nil {
		return err
	}
	t, err := parseMoment(text)
	target.Set(reflect.ValueOf(t))
	return err
}
