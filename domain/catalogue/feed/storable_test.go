package feed_test

import (
	"strings"
	"testing"

	"gifty/domain/catalogue/feed"
)

// NUL and half a character are refused with their line in every format, wherever they stand, and
// the product behind them is read.
func TestWhatNoTextCanHoldIsRefused(t *testing.T) {
	broken := map[feed.Format]map[string]string{
		feed.JSONL: {`\u0000`: "1 text_not_storable", `\ud83c`: "1 text_not_storable", "\x00": "1 line_malformed", "\xed\xa0\xbc": "1 text_not_utf8"},
		feed.CSV:   {"\x00": "2 text_not_storable %s", "\xed\xa0\xbc": "2 text_not_utf8 %s"},
		feed.TSV:   {"\x00": "2 text_not_storable %s", "\xed\xa0\xbc": "2 text_not_utf8 %s"},
		feed.RSS:   {"\x00": "4 text_not_utf8 title", "\xed\xa0\xbc": "4 text_not_utf8 title", "&#0;": "4 record_malformed", "&#xD83C;": "4 text_not_utf8 title"},
		feed.YML:   {"\x00": "7 text_not_utf8 title", "\xed\xa0\xbc": "7 text_not_utf8 title", "&#0;": "7 record_malformed", "&#xD83C;": "7 text_not_utf8 title"},
	}
	feeds := map[feed.Format]string{
		feed.JSONL: `{"id":"1","title":"A TITLE","note":"NOTE","url":"https://shop.test/1"}` + "\n" + goodLine,
		feed.CSV:   "id,title,note,url\n1,A TITLE,NOTE,https://shop.test/1\n7,Good,,https://shop.test/7\n",
		feed.TSV:   "id\ttitle\tnote\turl\n1\tA TITLE\tNOTE\thttps://shop.test/1\n7\tGood\t\thttps://shop.test/7\n",
		feed.RSS:   rssFeed("<item><g:id>1</g:id><title>A TITLE</title><note>NOTE</note><link>https://shop.test/1</link></item>" + goodItem),
		feed.YML:   ymlFeed(`<offer id="1"><name>A TITLE</name><note>NOTE</note><url>https://shop.test/1</url></offer>` + goodOffer),
	}
	for f, text := range feeds {
		for _, place := range []string{"TITLE", "NOTE"} {
			for bad, want := range broken[f] {
				items, refusals, end := read(t, f, strings.Replace(text, place, "x"+bad+"y", 1), feed.Options{})
				want = strings.Replace(want, "%s", strings.ToLower(place), 1)
				if end != "" || len(items) != 1 || len(refusals) != 1 || refusals[0] != want {
					t.Errorf("%s, %q in the %s: %v refused, want %s; products %v %s", f, bad, strings.ToLower(place), refusals, want, briefs(items), end)
				}
			}
		}
	}
}
