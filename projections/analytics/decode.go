package analytics

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gifty/domain/analytics"
	"gifty/eventstore"
)

// batch is a stretch of events as funnels see them.
type batch struct {
	events []analytics.Event // their memory is used again
	n      int
	early  []bool // by event: it occurred before what is asked about, so only what it tells of others counts
	last   int64  // microseconds: the latest in it
}

// decoder makes batches. One goroutine's.
type decoder struct {
	kinds  map[string]*kind
	origin *picker
	opener eventstore.Decoder
	opens  bool // something personal is asked about
	free   chan *batch
	from   int64 // microseconds, inclusive
	to     int64 // exclusive
}

// kind is how a type of event is taken apart.
type kind struct {
	index   int
	payload *picker
	fields  []source
	origin  bool // something of the metadata is needed
	opens   bool // something personal is
}

// source is where a field comes from: the payload (by the picker's field), or one that every event has.
type source struct {
	picked int
	common string
}

// originPaths are what is taken out of the metadata.
const (
	originActor = iota
	originCorrelation
)

func newDecoder(types *eventstore.Types, p *analytics.Plan, free chan *batch, from, to int64) *decoder {
	schema := Schema(types)
	d := &decoder{opener: eventstore.Decoder{Types: types}, kinds: map[string]*kind{}, origin: newPicker([]string{"actor", "correlation_id"}), free: free, from: from, to: to}
	for i, name := range p.Types() {
		k := &kind{index: i}
		var paths []string
		for _, path := range p.Fields(i) {
			if strings.HasPrefix(path, "@") {
				k.fields = append(k.fields, source{common: path})
				k.origin = k.origin || path != fieldStream && path != fieldDay
				continue
			}
			k.opens = k.opens || schema[name][path].Personal
			k.fields = append(k.fields, source{picked: len(paths)})
			paths = append(paths, path)
		}
		k.payload = newPicker(paths)
		d.kinds[name], d.opens = k, d.opens || k.opens
	}
	return d
}

func (d *decoder) decode(ctx context.Context, raw []eventstore.RawEvent) (*batch, error) {
	if d.opens {
		if err := d.opener.Load(ctx, raw); err != nil {
			return nil, err
		}
	}
	b := d.take()
	for _, r := range raw {
		micros := r.OccurredAt.UnixMicro()
		if micros >= d.to {
			continue
		}
		b.last = max(b.last, micros)
		if b.n == len(b.events) {
			b.events, b.early = append(b.events, analytics.Event{}), append(b.early, false)
		}
		b.early[b.n] = micros < d.from
		if err := d.event(&b.events[b.n], d.kinds[r.Type], r, micros); err != nil {
			return nil, fmt.Errorf("event %d: %w", r.Position, err)
		}
		b.n++
	}
	return b, nil
}

func (d *decoder) take() *batch {
	select {
	case b := <-d.free:
		b.n = 0
		return b
	default:
		return &batch{}
	}
}

func (d *decoder) event(e *analytics.Event, k *kind, r eventstore.RawEvent, micros int64) error {
	e.Begin(k.index, micros)
	payload, err := r.Payload(), error(nil)
	if k.opens {
		if payload, err = d.opener.Opened(r); err != nil {
			return err
		}
	}
	picked, err := k.payload.pick(payload)
	if err != nil {
		return err
	}
	var origin [][]string
	if k.origin {
		if origin, err = d.origin.pick(r.Metadata()); err != nil {
			return err
		}
	}
	for _, f := range k.fields {
		switch f.common {
		case "":
			for _, v := range picked[f.picked] {
				e.Value(v)
			}
		case fieldDay:
			e.Value(r.OccurredAt.UTC().Format(time.DateOnly))
		case fieldStream:
			e.Value(r.Stream)
		case fieldCorrelation:
			addFirst(e, origin[originCorrelation])
		case fieldActor:
			addFirst(e, origin[originActor])
		case fieldGiver:
			if actor := origin[originActor]; len(actor) > 0 {
				if id, ok := strings.CutPrefix(actor[0], giverActor); ok {
					e.Value(id)
				}
			}
		}
		e.End()
	}
	return nil
}

func addFirst(e *analytics.Event, values []string) {
	if len(values) > 0 {
		e.Value(values[0])
	}
}
