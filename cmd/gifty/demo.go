package main

import (
	"context"

	"gifty/domain"
	domaincatalogue "gifty/domain/catalogue"
	"gifty/domain/catalogue/demo"
	"gifty/domain/catalogue/feed"
)

// demoSource is the name of the demo catalogue as a feed.
const demoSource = "demo"

// importDemo stores the demo catalogue.
func (a *app) importDemo(ctx context.Context) (feed.Summary, error) {
	return a.importer(demoSource).Import(newCommand(ctx), func(yield func(feed.Line, error) bool) {
		n := 0
		for item, err := range demo.Items() {
			n++
			if !yield(feed.Line{Number: n, Item: item}, err) {
				return
			}
		}
	})
}

// Stock is what becomes of an empty catalogue.
type Stock struct {
	Demo string `env:"GIFTY_DEMO" enum:"auto,never" default:"auto" help:"auto imports the demo catalogue into an empty log (${default})."`
}

func (s Stock) wantsDemo() bool { return s.Demo == "auto" }

// demoWhenEmpty gives a newcomer something to find: with nothing in the catalogue, the demo.
func (a *app) demoWhenEmpty(ctx context.Context) error {
	lacks, err := a.lacksDemo(ctx)
	if err != nil || !lacks {
		return err
	}
	a.logger.Info("the catalogue is empty; importing the demo catalogue")
	summary, err := a.importDemo(domain.WithPrincipal(ctx, domain.System))
	if err == nil {
		a.logger.Info("imported the demo catalogue; vectors are made in the background", "products", summary.New)
	}
	return err
}

// isEmpty looks for the demo's last product, since a demo may have been left half-way, and for the
// products of other sources. Streams sort by bytes; "." follows "-", and ";" follows ":".
const isEmpty = `SELECT NOT EXISTS (SELECT FROM events WHERE stream = $1)
	AND NOT EXISTS (SELECT FROM events WHERE stream > 'product-' AND stream < 'product-demo:')
	AND NOT EXISTS (SELECT FROM events WHERE stream > 'product-demo;' AND stream < 'product.')`

// lacksDemo tells whether the catalogue is empty, or holds a part of the demo and nothing else.
func (a *app) lacksDemo(ctx context.Context) (lacks bool, err error) {
	last := ""
	for item, err := range demo.Items() {
		if err != nil {
			return false, err
		}
		last = domaincatalogue.GiftID(demoSource, item)
	}
	err = a.pool.QueryRow(ctx, isEmpty, domaincatalogue.ProductStream(last)).Scan(&lacks)
	return lacks, err
}
