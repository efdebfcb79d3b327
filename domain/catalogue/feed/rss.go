package feed

import "gifty/domain/catalogue"

// rss is RSS 2.0 as Google Merchant Center takes it: items in a channel, g: elements for what
// RSS has no name for.
func rss() dialect {
	var channel string
	return dialect{
		root: "rss", record: "item",
		around: func(path []*element) {
			if last := len(path) - 1; last == 2 && path[last].name == "title" {
				channel = path[last].text.String()
			}
		},
		complete: func(it *catalogue.Item, _ values) {
			if it.Merchant == "" {
				it.Merchant = channel
			}
		},
	}
}
