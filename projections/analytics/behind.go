package analytics

import (
	"context"
	"math"

	"gifty/domain"
	"gifty/domain/analytics"
	"gifty/eventstore"
	"gifty/projections"
)

// Behind is what a figure is made of.
type Behind struct {
	Entities  int               // as many as the figure says
	Events    int               // that brought them to the step; one may be about several entities
	Positions []domain.Position // of these events, in the log's order; of too many the latest MostBehind
}

// MostBehind is how many positions are told.
const MostBehind = 10_000

// Behind reads the log for the events that make a figure of the answer, as a job. The question must be of one
// funnel that has the figure's step and breakdown (figure_unknown).
func (p *Prepared) Behind(ctx context.Context, figure analytics.Figure, opt projections.RebuildOptions) (b Behind, err error) {
	if err := analytics.CheckFigure(p.plan, figure); err != nil {
		return b, err
	}
	tracer, free := analytics.NewTracer(p.plan, figure), make(chan *batch, 256)
	from, to := p.bounds()
	_, err = projections.RunReplay(ctx, p.engine, projections.Replay[traced]{
		Kind: "funnel", Names: p.names(), After: p.after, UpTo: p.upTo, Types: p.plan.Types(),
		Decoder: func() func(context.Context, []eventstore.RawEvent) (traced, error) {
			d := newDecoder(p.engine.Types(), p.plan, free, from, to)
			return func(ctx context.Context, raw []eventstore.RawEvent) (traced, error) {
				b, err := d.decode(ctx, raw)
				return traced{b, positionsBefore(raw, to)}, err
			}
		},
		Fold: func(t traced) error {
			for i := range t.n {
				if t.early[i] {
					tracer.Learn(&t.events[i])
					continue
				}
				tracer.Add(&t.events[i], t.positions[i])
			}
			return nil
		},
		Held:   tracer.Held,
		Result: func() (any, error) { return nil, nil },
	}, opt)
	if err != nil {
		return b, err
	}
	positions, entities := tracer.Positions()
	b = Behind{Entities: entities, Events: len(positions)}
	for _, at := range positions[max(0, len(positions)-MostBehind):] {
		b.Positions = append(b.Positions, domain.Position(at))
	}
	return b, nil
}

// traced is a batch with its events' positions.
type traced struct {
	*batch
	positions []int64
}

// positionsBefore are those of the events that a decoder takes: those that occurred before a moment.
func positionsBefore(raw []eventstore.RawEvent, to int64) (positions []int64) {
	for _, r := range raw {
		if r.OccurredAt.UnixMicro() < to {
			positions = append(positions, int64(r.Position))
		}
	}
	return positions
}

// Definition is the funnel, where there is one alone.
func (p *Prepared) Definition() analytics.Definition { return p.plan.Definitions()[0] }

// bounds are the question's moments, microseconds: from inclusive, to exclusive.
func (p *Prepared) bounds() (from, to int64) {
	from, to = math.MinInt64, math.MaxInt64
	if !p.question.From.IsZero() {
		from = p.question.From.UnixMicro()
	}
	if !p.question.To.IsZero() {
		to = p.question.To.UnixMicro()
	}
	return from, to
}
