package feed

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"slices"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/catalogue"
)

// next stores the next chunk: as many products as an earlier request of the same command had in it,
// else all in hand.
func (r *importing) next(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	n := min(r.size, len(r.items))
	if r.stored && n < r.size || r.finished && !r.stored {
		return domain.ErrCommandReused // the feed ends before, or goes on after, the one first sent
	}
	err := r.store(ctx, n)
	if r.stored || !errors.Is(err, domain.ErrCommandReused) {
		return err
	}
	// An earlier request, cut off in the middle of this chunk, stored its part of it just now.
	r.fresh = false
	if again := r.measure(ctx); again != nil {
		return again
	}
	if r.stored && r.size < n {
		return r.next(ctx)
	}
	return err
}

func (r *importing) store(ctx context.Context, n int) error {
	var out domain.Outcome[catalogue.Imported]
	named := ctx
	if r.command != uuid.Nil {
		named = domain.WithCommand(ctx, r.chunkID())
	}
	err := r.step(named, func(ctx context.Context) (err error) {
		out, err = r.Catalogue.Import(ctx, catalogue.ImportProducts{Source: r.Source, Items: r.items[:n]})
		return err
	})
	if err != nil {
		return err
	}
	r.summary.add(out)
	r.items = slices.Delete(r.items, 0, n)
	r.chunk++
	return r.measure(ctx)
}

// measure finds out how long the next chunk is. A feed that broke off left a short one, and the same
// products must meet the same command again.
func (r *importing) measure(ctx context.Context) error {
	r.size, r.stored = r.Chunk, false
	if r.size == 0 {
		r.size = ChunkSize
	}
	if r.command == uuid.Nil || r.fresh {
		return nil
	}
	var known domain.StoredCommand
	err := r.step(ctx, func(ctx context.Context) (err error) {
		known, r.stored, err = r.Catalogue.Log.Command(ctx, r.chunkID())
		return err
	})
	if err != nil || !r.stored {
		r.fresh = err == nil
		return err
	}
	var counts catalogue.Imported
	if err := json.Unmarshal(known.Result, &counts); err != nil {
		return fmt.Errorf("decode stored chunk: %w", err)
	}
	r.size = counts.Total() // a chunk holds no product twice
	return nil
}

func (r *importing) chunkID() uuid.UUID {
	return uuid.NewSHA1(r.command, fmt.Appendf(nil, "chunk %d", r.chunk))
}

// finish keeps the summary under the command's own id, or gives the one kept there for the same feed.
func (r *importing) finish(ctx context.Context) error {
	switch {
	case r.command == uuid.Nil:
		return nil
	case r.stored: // the feed ends before the one first sent
		return domain.ErrCommandReused
	}
	request := struct {
		Source  string
		Content []byte
	}{r.Source, r.content.Sum(nil)}
	return r.step(ctx, func(ctx context.Context) error {
		out, err := domain.Execute(ctx, r.Catalogue.Log, "import-feed", request, func(context.Context) (domain.Decision[Summary], error) {
			return domain.Decision[Summary]{Result: r.summary}, nil
		})
		if err == nil {
			r.summary, r.summary.Repeated = out.Result, out.Repeated
		}
		return err
	})
}

// digest is the hash of all that was read of a feed: products as they are offered, and what was
// left out with its lines. It is the same however the feed is packed or encoded.
type digest struct{ hash.Hash }

func newDigest() digest { return digest{sha256.New()} }

func (d digest) note(what any) error {
	b, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	_, err = d.Write(append(b, '\n'))
	return err
}
