package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/schollz/progressbar/v3"

	"gifty/domain"
	domaincatalogue "gifty/domain/catalogue"
	"gifty/projections/catalogue"
)

// The embedding worker keeps every active product's present text embedded by the model in force.
// It works from what is missing, not from events: so it heals by itself after a crash, and another
// model is simply a catalogue in which every vector is missing. Of several processes with the same
// model one works at a time.
const (
	embeddingLock  = 7451613649123077736 // seed of the advisory locks, one a model
	embeddingBatch = 256
	embeddingPause = 250 * time.Millisecond
	// longestPause is the longest wait after a failure; it doubles up to that, as a service that refuses the
	// model will the next time, too.
	longestPause = time.Minute
)

// embedForEver makes the vectors of new and changed products until ctx ends.
func (a *app) embedForEver(ctx context.Context) {
	failed := retryPause
	for seen := domain.Position(0); sleep(ctx, embeddingPause); {
		head, due, err := a.textsSince(ctx, seen)
		if err == nil && due {
			due, err = a.embedMissing(ctx, func(int) {})
			due = !due // as long as another process is at it
		}
		switch {
		case err != nil && ctx.Err() == nil:
			a.logger.Warn("embedding failed; trying again", "error", err, "in", failed)
			sleep(ctx, failed)
			failed = min(2*failed, longestPause)
		case err == nil && !due:
			seen, failed = head, retryPause
		}
	}
}

// textsSince tells whether a product's text has appeared or changed after a position.
func (a *app) textsSince(ctx context.Context, after domain.Position) (head domain.Position, due bool, err error) {
	err = a.pool.QueryRow(ctx, `SELECT h.position, h.position > $1 AND EXISTS (SELECT FROM events WHERE position > $1
			AND type IN ('catalogue.product_listed.v1', 'catalogue.product_changed.v1', 'catalogue.product_restored.v1'))
		FROM log_head h`, after).Scan(&head, &due)
	return head, due, err
}

// manyMissing takes so long that a person asks what is going on.
const manyMissing = 1000

// embedAll returns when every product that can have a vector has it, drawing a bar. The work may be
// this process's or that of another.
func (a *app) embedAll(ctx context.Context, w io.Writer) error {
	return a.patiently(ctx, func(ctx context.Context) error {
		if err := a.engine.CatchUp(ctx); err != nil {
			return err
		}
		missing, err := a.unembedded(ctx)
		if err != nil || missing == 0 {
			return err
		}
		if missing > manyMissing && !drawsOn(w) {
			fmt.Fprintf(w, "making vectors of %d products, once; a second makes some hundreds\n", missing)
		}
		bar := newBar(w, int64(missing), "making vectors", progressbar.OptionSetItsString("products"), progressbar.OptionShowIts())
		defer bar.end(w)
		for {
			done, err := a.embedMissing(ctx, bar.move)
			if err != nil || done {
				return err
			}
			left, err := a.unembedded(ctx)
			if err != nil {
				return err
			}
			bar.set(missing - left)
			if !sleep(ctx, embeddingPause) {
				return ctx.Err()
			}
		}
	})
}

// unembedded counts the products that lack a vector and can have one: a title such as "!!!" can't.
func (a *app) unembedded(ctx context.Context) (int, error) {
	left, err := catalogue.CountMissing(ctx, a.pool, a.embedder.Model())
	if err != nil || left > embeddingBatch {
		return left, err
	}
	rest, err := catalogue.Missing(ctx, a.pool, a.embedder.Model(), "", embeddingBatch)
	rest = slices.DeleteFunc(rest, func(p catalogue.Unembedded) bool { return !domaincatalogue.HasWords(p.ContentText) })
	return len(rest), err
}

// embedMissing embeds what lacks a vector once the read tables show all that was imported, and
// returns when searches find it. done is false when another process is at it.
func (a *app) embedMissing(ctx context.Context, made func(products int)) (done bool, err error) {
	unlock, mine, err := a.lockEmbedding(ctx)
	if err != nil || !mine {
		return false, err
	}
	defer unlock()
	head, err := a.store.Head(ctx)
	if err != nil {
		return false, err
	}
	if err := a.engine.Wait(ctx, head, catalogue.Products.Name, catalogue.Embeddings.Name); err != nil {
		return false, err
	}
	ctx = domain.WithPrincipal(ctx, domain.Principal{Role: domain.RoleWorker})
	var last domain.Position
	for after := ""; ; {
		batch, err := catalogue.Missing(ctx, a.pool, a.embedder.Model(), after, embeddingBatch)
		if err != nil {
			return false, err
		}
		if len(batch) == 0 {
			return true, a.showVectors(ctx, last)
		}
		stored, err := a.embedBatch(ctx, batch)
		if err != nil {
			return false, err
		}
		made(len(batch))
		after, last = batch[len(batch)-1].GiftID, max(last, stored)
	}
}

// lockEmbedding keeps other processes from the same work; mine is false when one is at it.
func (a *app) lockEmbedding(ctx context.Context) (unlock func(), mine bool, err error) {
	conn, err := a.pool.Acquire(ctx)
	if err != nil {
		return nil, false, err
	}
	model := a.embedder.Model()
	key := []any{model.Name + " " + model.Version, int64(embeddingLock)}
	err = conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtextextended($1, $2))`, key...).Scan(&mine)
	if err != nil || !mine {
		conn.Release()
		return nil, false, err
	}
	return func() { // the pool would keep the lock with the connection
		defer conn.Release()
		_, err := conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock(hashtextextended($1, $2))`, key...)
		if err != nil && !conn.Conn().IsClosed() {
			a.complain("give the embedding lock back", err)
		}
	}, true, nil
}

// embedBatch finishes even when ctx ends meanwhile, once the vectors are made.
func (a *app) embedBatch(ctx context.Context, batch []catalogue.Unembedded) (domain.Position, error) {
	vectors, err := a.vectorsOf(ctx, batch)
	if err != nil || len(vectors) == 0 {
		return 0, err
	}
	ctx, release := graceful(ctx)
	defer release()
	done, err := a.catalogue.Embed(ctx, domaincatalogue.EmbedProducts{Model: a.embedder.Model(), Vectors: vectors})
	if err != nil || done.Result == 0 {
		return 0, err
	}
	a.logger.Debug("embedded products", "products", done.Result, "model", a.embedder.Model().Name)
	return done.Position, nil
}

// showVectors waits until searches see the vectors up to a position, and lets the planner know them.
func (a *app) showVectors(ctx context.Context, last domain.Position) error {
	if last == 0 {
		return nil
	}
	if err := a.engine.Wait(ctx, last, catalogue.Embeddings.Name); err != nil {
		return err
	}
	return catalogue.Analyze(ctx, a.pool)
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
