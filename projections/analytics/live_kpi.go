package analytics

import (
	"context"
	"sync"
	"time"

	"gifty/domain"
	"gifty/domain/analytics"
	"gifty/projections"
)

// LiveKPIs keeps the key figures of today with the longest trend there is, and brings them up to date
// when somebody asks. They are what KPIs answers for as many days, without
// what people typed. A new day begins anew.
type LiveKPIs struct {
	engine *projections.Engine

	mu   sync.Mutex
	day  time.Time
	live *follower // of that day
}

// Answer is the key figures of a day as of the log's end, and where that is.
func (l *LiveKPIs) Answer(ctx context.Context, day time.Time) (analytics.KPIs, domain.Position, error) {
	live, err := l.of(ctx, day.UTC().Truncate(24*time.Hour))
	if err != nil {
		return analytics.KPIs{}, 0, err
	}
	answer, err := live.Answer(ctx)
	if err != nil {
		return analytics.KPIs{}, 0, err
	}
	return analytics.KPIsOf(answer.Reports, day, analytics.MaxKPIDays), answer.UpTo, nil
}

func (l *LiveKPIs) of(ctx context.Context, day time.Time) (*follower, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.live != nil && l.day.Equal(day) {
		return l.live, nil
	}
	schema := Schema(l.engine.Types())
	funnels, err := analytics.KPIFunnels(day, acting(schema), false)
	if err != nil {
		return nil, err
	}
	plan, err := analytics.NewPlan(schema, analytics.Permission{Personal: true}, funnels...)
	if err != nil {
		return nil, err
	}
	from := day.AddDate(0, 0, 1-analytics.MaxKPIDays)
	after, err := l.engine.PositionAt(ctx, from.Add(-time.Microsecond))
	if err != nil {
		return nil, err
	}
	l.day, l.live = day, newFollower(l.engine, plan, "kpis", after, from)
	return l.live, nil
}
