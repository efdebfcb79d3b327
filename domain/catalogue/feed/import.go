package feed

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/catalogue"
)

// ChunkSize is how many products one command takes.
const ChunkSize = 500

// TryTime bounds one try of a step of an import, after which its outcome counts as unknown.
const TryTime = 30 * time.Second

// Importer brings feeds of one source into the catalogue, in chunks that are a command each: what
// was stored before an error stays, and importing again goes on from there. Of products with the
// same key the first wins, whatever the distance, also across the feeds of one Importer; so the
// same feeds again append nothing. It keeps some 20 to 40 bytes a product to know that.
type Importer struct {
	Catalogue catalogue.Commands
	Source    string
	// Persist runs a step, and again while the database does not answer: a step may be run twice
	// when ctx names a command. Nil runs it once.
	Persist func(ctx context.Context, step func(context.Context) error) error
	// Chunk is how many products one command takes; 0 means ChunkSize.
	Chunk int

	seen seen
}

// Import stores a feed. The summary is right also beside an error.
//
// The command that ctx names, if any, is the whole import. Each chunk has an id that follows from
// the command's and from the chunk's place; a last command, without events, keeps the summary and
// the hash of all that was read. So the same feed under the same command gets the first answer, and
// after an error in the middle it goes on and ends with the true totals. Another feed is refused
// (domain.ErrCommandReused): under a finished command nothing is appended for it; under one that
// did not reach its end, nothing from the first chunk on that differs from what was stored.
// Records that came after the last chunk stored are not known, and so may differ.
func (i *Importer) Import(ctx context.Context, lines iter.Seq2[Line, error]) (Summary, error) {
	if i.seen == nil {
		i.seen = seen{}
	}
	r := &importing{Importer: i, command: domain.CommandFrom(ctx), content: newDigest()}
	err := r.begin(ctx)
	if err == nil {
		err = r.all(ctx, lines)
	}
	return r.summary, err
}

// importing is one feed on its way.
type importing struct {
	*Importer
	command  uuid.UUID // the whole import's; uuid.Nil: nothing is remembered of it
	finished bool      // the command was answered before: nothing may be appended for it
	content  digest
	summary  Summary

	items  []catalogue.Item // read and not stored
	chunk  int              // number of the next
	size   int              // of the next, in products
	stored bool             // the next was stored by an earlier request, with that size
	fresh  bool             // no chunk from the next on was stored by an earlier request
}

func (r *importing) begin(ctx context.Context) error {
	if err := catalogue.CheckSource(r.Source); err != nil {
		return err
	}
	if r.command != uuid.Nil {
		err := r.step(ctx, func(ctx context.Context) (err error) {
			_, r.finished, err = r.Catalogue.Log.Command(ctx, r.command)
			return err
		})
		if err != nil {
			return err
		}
	}
	return r.measure(ctx)
}

func (r *importing) all(ctx context.Context, lines iter.Seq2[Line, error]) error {
	for line, err := range lines {
		if err == nil {
			err = r.take(line)
		}
		if err != nil { // the feed can't be read on
			return errors.Join(r.breakOff(ctx), err)
		}
		for len(r.items) > 0 && len(r.items) >= r.size {
			if err := r.next(ctx); err != nil {
				return err
			}
		}
	}
	for len(r.items) > 0 {
		if err := r.next(ctx); err != nil {
			return err
		}
	}
	return r.finish(ctx)
}

func (r *importing) take(l Line) error {
	if l.Refused != nil {
		left := leftLine(l.Number, l.Refused)
		r.summary.Refused.add(left)
		return r.note(left)
	}
	if id := catalogue.GiftID(r.Source, l.Item); !r.seen.add(id) {
		left := leftLine(l.Number, domain.Invalid("duplicate", "%s stands in the feed before; the first is taken", id))
		r.summary.Duplicates.add(left)
		return r.note(left)
	}
	r.items = append(r.items, l.Item)
	return r.note(l.Item)
}

func (r *importing) note(what any) error {
	if r.command == uuid.Nil {
		return nil
	}
	return r.content.note(what)
}

// breakOff stores what came before the feed broke off. What is left may be the beginning of a chunk
// that is stored already: then nothing can be told about it.
func (r *importing) breakOff(ctx context.Context) error {
	for len(r.items) > 0 && !(r.stored && len(r.items) < r.size) {
		if err := r.next(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r *importing) step(ctx context.Context, do func(context.Context) error) error {
	try := func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, TryTime)
		defer cancel()
		return do(ctx)
	}
	if r.Persist == nil {
		return try(ctx)
	}
	return r.Persist(ctx, try)
}
