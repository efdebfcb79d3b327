package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/eventstore/pgtest"
)

// shops are databases with a catalogue, by feed: what several tests sell is imported once.
var shops sync.Map

// stocked is a database of the test's own with the demo catalogue, found by words alone; with a feed, it has
// that, too, and all their vectors.
func stocked(t *testing.T, feed string) string {
	t.Helper()
	shop, _ := shops.LoadOrStore(feed, &pgtest.Template{Prepare: func(ctx context.Context, pool *pgxpool.Pool) error {
		config, err := parsed("--database-url="+pool.Config().ConnString(), "--embedder=hash", "--key="+sharedKey(), "--data="+os.TempDir(), "--log-level=WARN")
		if err != nil {
			return err
		}
		cmd := importCommand{Demo: true, Format: "auto", Currency: "RUB", NoEmbed: feed == ""}
		if feed != "" {
			cmd.Files = []string{feed}
		}
		nobody := console{out: io.Discard, err: io.Discard}
		if err := cmd.Run(ctx, config, nobody); err != nil || feed == "" {
			return err
		}
		// An index of all vectors at once costs a fraction of one that they go into one by one, behind the tests' backs.
		return rebuildCommand{Names: []string{"product_embeddings"}}.Run(ctx, config, nobody)
	}})
	return shop.(*pgtest.Template).URL(t)
}

var silent = slog.New(slog.DiscardHandler)
