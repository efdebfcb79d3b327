package feed_test

import (
	"testing"

	"gifty/domain/catalogue/feed"
)

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		name, head string
		want       feed.Format
	}{
		{"feed.jsonl", "", feed.JSONL}, {"FEED.NDJSON.gz", "", feed.JSONL}, {"feed", "\ufeff {\"id\":1}", feed.JSONL}, {"feed.json", "{}", feed.JSONL},
		{"feed.csv", "a,b", feed.CSV}, {"feed.csv.gz", "", feed.CSV}, {"feed.tsv", "", feed.TSV},
		{"feed.txt", "id\ttitle\tlink\n", feed.TSV}, {"feed", "\"Название\";\"Ссылка\"\r\n", feed.CSV}, {"feed", "name,url", feed.CSV},
		{"feed.xml", `<?xml version="1.0"?><!DOCTYPE yml_catalog SYSTEM "shops.dtd"><yml_catalog>`, feed.YML}, {"market.yml", "\n<yml_catalog date=''>", feed.YML},
		{"feed.xml", "<!-- yml --><rss version='2.0'><title>about <yml_catalog>", feed.RSS}, {"feed.csv", "<rss>", feed.RSS},
		{"feed.xml", "\xff\xfe<\x00r\x00s\x00s\x00>\x00", feed.RSS}, {"feed.xml", "\xfe\xff\x00<\x00r\x00s\x00s", feed.RSS},
		{"feed.xml", "<html>", ""}, {"feed.json", "[{}]", ""}, {"feed.yml", "a: 1", ""}, {"feed", "", ""}, {"feed.txt", "hello, world", ""},
	} {
		f, ok := feed.Detect(c.name, []byte(c.head))
		if f != c.want || ok != (c.want != "") {
			t.Errorf("%s %q: got %q %v, want %q", c.name, c.head, f, ok, c.want)
		}
	}
}

func TestParseFormat(t *testing.T) {
	for _, f := range []feed.Format{feed.JSONL, feed.CSV, feed.TSV, feed.RSS, feed.YML} {
		if got, err := feed.ParseFormat(string(f)); got != f || err != nil {
			t.Errorf("%s: got %q, %v", f, got, err)
		}
	}
	if _, err := feed.ParseFormat("xlsx"); err == nil {
		t.Error("xlsx is no format, yet no error")
	}
}
