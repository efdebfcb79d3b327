package main

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	domaincatalogue "gifty/domain/catalogue"
	"gifty/projections/catalogue"
)

// The embedding worker keeps every active product's present text embedded by the model in force.
// It works from what is missing, not from events: so it heals by itself after a crash, and another
// model is simply a catalogue in which every vector is missing. Of several processes one works.
const (
	embeddingLock  = 7451613649123077736 // advisory lock of whoever works
	embeddingBatch = 256
	embeddingPause = 250 * time.Millisecond
	standbyPause   = time.Second
)

// embedForEver runs the worker until ctx ends.
func (a *app) embedForEver(ctx context.Context) {
	for ctx.Err() == nil {
		if err := a.embedWhileLocked(ctx); err != nil && ctx.Err() == nil {
			a.logger.Warn("embedding failed; trying again", "error", err)
		}
		sleep(ctx, standbyPause)
	}
}

func (a *app) embedWhileLocked(ctx context.Context) error {
	conn, err := a.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	var mine bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, embeddingLock).Scan(&mine); err != nil || !mine {
		return err
	}
	defer func() { // the pool would keep the lock with the connection
		_, err := conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, embeddingLock)
		if err != nil && !conn.Conn().IsClosed() {
			a.complain("give the embedding lock back", err)
		}
	}()
	var seen domain.Position
	for first := true; ; first = false {
		head, due, err := textsSince(ctx, conn, seen)
		if err != nil {
			return err
		}
		if due || first {
			if err := a.embedMissing(ctx); err != nil {
				return err
			}
		}
		seen = head
		if !sleep(ctx, embeddingPause) {
			return ctx.Err()
		}
	}
}

// textsSince tells whether a product's text has appeared or changed after a position.
func textsSince(ctx context.Context, conn *pgxpool.Conn, after domain.Position) (head domain.Position, due bool, err error) {
	err = conn.QueryRow(ctx, `SELECT h.position, h.position > $1 AND EXISTS (SELECT FROM events WHERE position > $1
			AND type IN ('catalogue.product_listed.v1', 'catalogue.product_changed.v1', 'catalogue.product_restored.v1'))
		FROM log_head h`, after).Scan(&head, &due)
	return head, due, err
}

// embedMissing embeds what lacks a vector once the read tables show all that was imported.
func (a *app) embedMissing(ctx context.Context) error {
	head, err := a.store.Head(ctx)
	if err != nil {
		return err
	}
	if err := a.engine.Wait(ctx, head, catalogue.Products.Name, catalogue.Embeddings.Name); err != nil {
		return err
	}
	ctx = domain.WithPrincipal(ctx, domain.Principal{Role: domain.RoleWorker})
	for after, made := "", 0; ; {
		batch, err := catalogue.Missing(ctx, a.pool, a.embedder.Model(), after, embeddingBatch)
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			if made > 0 {
				err = catalogue.Analyze(ctx, a.pool)
			}
			return err
		}
		vectors, err := a.vectorsOf(ctx, batch)
		if err != nil {
			return err
		}
		done, err := a.catalogue.Embed(ctx, domaincatalogue.EmbedProducts{Model: a.embedder.Model(), Vectors: vectors})
		if err != nil {
			return err
		}
		a.logger.Debug("embedded products", "products", done.Result, "model", a.embedder.Model().Name)
		after, made = batch[len(batch)-1].GiftID, made+done.Result
	}
}

// vectorsOf embeds a batch; a product without a word that the model knows is left out, and found
// by its words alone.
func (a *app) vectorsOf(ctx context.Context, batch []catalogue.Unembedded) ([]domaincatalogue.ProductVector, error) {
	texts := make([]string, len(batch))
	for i, p := range batch {
		texts[i] = p.ContentText
	}
	vectors, err := a.embedder.Embed(ctx, texts)
	var known *domain.Error
	if len(batch) > 1 && errors.As(err, &known) && known.Kind == domain.KindInvalid {
		half := len(batch) / 2
		one, err := a.vectorsOf(ctx, batch[:half])
		if err != nil {
			return nil, err
		}
		other, err := a.vectorsOf(ctx, batch[half:])
		return append(one, other...), err
	}
	if errors.As(err, &known) && known.Kind == domain.KindInvalid {
		a.logger.Debug("a product can't be embedded", "gift_id", batch[0].GiftID, "error", err)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := make([]domaincatalogue.ProductVector, len(batch))
	for i, p := range batch {
		out[i] = domaincatalogue.ProductVector{GiftID: p.GiftID, ContentHash: p.ContentHash, Vector: vectors[i]}
	}
	return out, nil
}

// sleep waits, and tells whether ctx is still going on.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
