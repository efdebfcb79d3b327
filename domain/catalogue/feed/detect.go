package feed

import (
	"path/filepath"
	"strings"
)

// Detect tells a feed's format from the first kilobytes of its text, uncompressed, and from its
// file's name. The text decides where it can: shops name XML anything. ".gz" is ignored.
func Detect(name string, head []byte) (Format, bool) {
	start := strings.ReplaceAll(string(head), "\x00", "") // without NULs, UTF-16 looks like ASCII
	for _, mark := range []string{"\ufeff", "\xff\xfe", "\xfe\xff"} {
		start = strings.TrimPrefix(start, mark)
	}
	start = strings.TrimLeft(start, " \t\r\n")
	switch {
	case strings.HasPrefix(start, "<"):
		return detectXML(start)
	case strings.HasPrefix(start, "{"):
		return JSONL, true
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".gz")
	switch filepath.Ext(name) {
	case ".jsonl", ".ndjson":
		return JSONL, true
	case ".csv":
		return CSV, true
	case ".tsv", ".tab":
		return TSV, true
	}
	return detectTable(start)
}

func detectXML(start string) (Format, bool) {
	yml, rss := strings.Index(start, "<yml_catalog"), strings.Index(start, "<rss")
	switch {
	case yml >= 0 && (rss < 0 || yml < rss):
		return YML, true
	case rss >= 0:
		return RSS, true
	}
	return "", false
}

// detectTable looks for a header that names at least a title and a URL.
func detectTable(start string) (Format, bool) {
	header, _, _ := strings.Cut(start, "\n")
	for _, f := range []struct {
		comma  string
		format Format
	}{{"\t", TSV}, {",", CSV}, {";", CSV}} {
		var found [fieldCount]bool
		for cell := range strings.SplitSeq(header, f.comma) {
			field, _ := role(strings.Trim(cell, "\"\r "))
			found[field] = true
		}
		if found[fieldTitle] && found[fieldLink] {
			return f.format, true
		}
	}
	return "", false
}
