package main

import (
	"log/slog"
	"slices"
	"testing"

	"gifty/domain"
	domaincatalogue "gifty/domain/catalogue"
	"gifty/domain/catalogue/demo"
	"gifty/domain/catalogue/feed"
	"gifty/projections/all/alltest"
)

func TestTheDemoIsWantedUntilItIsWholeOrAnotherCatalogueIsThere(t *testing.T) {
	t.Parallel()
	all := []domaincatalogue.Item{}
	for item, err := range demo.Items() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, item)
	}
	other := slices.Clone(all[:1])
	for _, c := range []struct {
		what, source string
		items        []domaincatalogue.Item
		lacks        bool
	}{
		{"nothing", "demo", nil, true},
		{"a part of the demo", "demo", all[:feed.ChunkSize], true},
		{"a product of a feed before it", "alpha", other, false},
		{"a product of a feed after it", "лавка", other, false},
		{"the end of the demo", "demo", all[len(all)-1:], false},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			a, err := openLog(t.Context(), Config{DatabaseURL: alltest.Tables.URL(t), MaxConns: 4, Migrations: "auto", Privacy: Privacy{Key: sharedKey()}}, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			defer a.close()
			cmd := domaincatalogue.ImportProducts{Source: c.source, Items: c.items}
			if _, err := a.catalogue.Import(domain.WithPrincipal(t.Context(), domain.System), cmd); err != nil {
				t.Fatal(err)
			}
			if lacks, err := a.lacksDemo(t.Context()); err != nil || lacks != c.lacks {
				t.Errorf("lacks the demo: %t, %v", lacks, err)
			}
		})
	}
}
