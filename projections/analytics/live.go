package analytics

import (
	"context"
	"time"

	"gifty/domain"
	"gifty/domain/analytics"
	"gifty/projections"
)

// Live gives the answers of the funnels that come with the product from the table FunnelWays. Between
// answers it keeps what it has read, so that the next one reads what has changed since. The last answer outlives
// the process; Former has it.
type Live struct {
	engine *projections.Engine
	db     projections.Querier
	plan   *analytics.Plan
	keeper *keeper
	turn   chan struct{} // holds one token: whose turn it is

	fold   *analytics.Fold
	upTo   domain.Position // read so far
	until  time.Time       // the latest event's
	answer *Answer         // as of upTo; nil: not counted yet
}

// NewLive begins with nothing. The database is that of the engine.
func NewLive(e *projections.Engine, db projections.Querier) (*Live, error) {
	plan, err := shippedPlan(e.Types())
	if err != nil {
		return nil, err
	}
	l := &Live{engine: e, db: db, plan: plan, turn: make(chan struct{}, 1), keeper: &keeper{engine: e, question: "funnels", version: KeptFunnels}}
	l.forget()
	l.turn <- struct{}{}
	return l, nil
}

// Answer is the funnels' answers as of the log's end, once the table shows that.
func (l *Live) Answer(ctx context.Context) (Answer, error) {
	select {
	case <-l.turn:
		defer func() { l.turn <- struct{}{} }()
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
	head, err := l.engine.Head(ctx)
	if err == nil {
		err = l.engine.Wait(ctx, head, FunnelWays.Name)
	}
	if err == nil {
		err = l.read(ctx, head)
	}
	if err != nil {
		return Answer{}, err
	}
	if l.answer == nil {
		l.answer = &Answer{UpTo: l.upTo, Reports: l.fold.Reports(l.until)}
	}
	return *l.answer, l.keeper.keep(ctx, l.upTo, l.answer)
}

// Former is the last answer of this process or of one before it, without reading the table. known is false when
// there is none.
func (l *Live) Former(ctx context.Context) (answer Answer, known bool, err error) {
	_, known, err = l.keeper.former(ctx, &answer)
	return answer, known, err
}

// read takes in what has changed. The checkpoint may lie before head, by events that no funnel needs.
func (l *Live) read(ctx context.Context, head domain.Position) error {
	rows, err := waysSince(ctx, l.db, l.upTo)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return domain.Unavailable("funnels_unbuilt", "the funnels' table has not been built yet; retry in a moment")
	}
	position := max(head, rows[0].Position)
	if position < l.upTo { // the log was restored to an earlier state
		l.forget()
		return l.read(ctx, head)
	}
	if position > l.upTo {
		l.answer = nil
	}
	for _, r := range rows {
		if r.Kind == "" {
			continue
		}
		group, err := r.group()
		if err != nil {
			return err
		}
		l.fold.Restore(analytics.GroupKey{Kind: r.Kind, ID: r.ID}, group)
		if r.Until.After(l.until) {
			l.until = r.Until
		}
	}
	l.upTo = position
	return nil
}

func (l *Live) forget() {
	l.fold, l.upTo, l.until, l.answer = analytics.NewFold(l.plan), 0, time.Time{}, nil
}
