package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"gifty/domain"
	domaindiscovery "gifty/domain/discovery"
	"gifty/projections"
	"gifty/projections/catalogue"
)

type searchCommand struct {
	Words    []string `arg:"" help:"What to look for."`
	Age      *int     `placeholder:"YEARS" help:"Of whom it is for: what is said to be for those older or younger is left out."`
	MaxPrice string   `placeholder:"AMOUNT" help:"At most this much, in --currency (RUB)."`
	Currency string   `placeholder:"CODE" help:"Only prices in this currency: RUB, EUR …"`
	Category string   `placeholder:"NAME" help:"Only this category."`
	Merchant string   `placeholder:"NAME" help:"Only this shop."`
	Limit    int      `default:"10" help:"Products wanted."`
	JSON     bool     `name:"json" help:"Print JSON."`
	Stock
}

// Validate refuses what can't be searched for as it is called.
func (cmd searchCommand) Validate() error {
	_, err := cmd.filter()
	switch {
	case err != nil:
		return err
	case strings.TrimSpace(strings.Join(cmd.Words, "")) == "":
		return domain.Invalid("query_empty", "say what to search for")
	case cmd.Limit < 1 || cmd.Limit > projections.MaxLimit:
		return domain.Invalid("limit_invalid", "--limit must be 1 to %d", projections.MaxLimit)
	case cmd.Currency != "" && !currencyCode.MatchString(cmd.Currency):
		return domain.Invalid("currency_invalid", "--currency must be a three-letter ISO 4217 code such as RUB or EUR")
	}
	return nil
}

func (cmd searchCommand) filter() (catalogue.Filter, error) {
	f := catalogue.Filter{Currency: cmd.Currency, Category: cmd.Category, Merchant: cmd.Merchant, Age: cmd.Age}
	if cmd.MaxPrice == "" {
		return f, nil
	}
	ceiling, err := domain.NewAmount(cmd.MaxPrice)
	if err != nil || ceiling.IsNegative() {
		return f, domain.Invalid("max_price_invalid", "--max-price must be an amount such as 1500 or 19.90")
	}
	f.MaxPrice, f.Currency = &ceiling, cmp.Or(f.Currency, "RUB")
	return f, nil
}

// Run searches the catalogue.
func (cmd searchCommand) Run(ctx context.Context, config Config, c console) error {
	filter, err := cmd.filter()
	if err != nil {
		return err
	}
	a, err := openToSearch(ctx, config, cmd.Stock, c)
	if err != nil {
		return err
	}
	defer a.close()
	ctx = domain.WithPrincipal(ctx, domain.LocalGiver)
	found, err := a.finder.Search(ctx, catalogue.SearchRequest{Text: strings.Join(cmd.Words, " "), Filter: filter, Limit: cmd.Limit})
	if err != nil {
		return err
	}
	if _, err := a.discovery.LogSearch(ctx, domaindiscovery.LogSearch{Search: found.Search}); err != nil {
		return err
	}
	if cmd.JSON {
		return printJSON(c.out, append([]catalogue.Hit{}, found.Hits...))
	}
	for _, h := range found.Hits {
		printProduct(c.out, price(h.Price, h.Currency), h.Title, h.ProductURL)
	}
	if len(found.Hits) == 0 {
		fmt.Fprintln(c.err, "Nothing in the catalogue fits.")
	}
	return nil
}

// hashing is the model that auto falls back to.
const hashing = "hash-1024"

// openToSearch is open with a catalogue in it, and with the vectors that were missing.
func openToSearch(ctx context.Context, config Config, stock Stock, c console) (*app, error) {
	a, err := open(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return nil, err
	}
	if err := a.readyToSearch(ctx, stock, c.err); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

// readyToSearch fills an empty catalogue, where it may, and makes what vectors are missing.
func (a *app) readyToSearch(ctx context.Context, stock Stock, w io.Writer) error {
	if a.config.Embedder == "auto" && a.embedder.Model().Name == hashing {
		fmt.Fprintln(w, "Searching by", a.embedderNote+".")
	}
	lacks, err := a.lacksDemo(ctx)
	if err != nil {
		return err
	}
	if lacks && stock.wantsDemo() {
		fmt.Fprintln(w, "The catalogue is empty: importing the demo catalogue.")
		if _, err := a.importDemo(domain.WithPrincipal(ctx, domain.System)); err != nil {
			return err
		}
	}
	err = a.embedAll(ctx, w)
	if isEmbedding(err) {
		fmt.Fprintf(w, "Searching by words alone: %s.\n", reason(err))
		return nil
	}
	return err
}
