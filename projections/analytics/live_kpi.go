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

// PrepareKPI is Prepare of one of the key figures' funnels, by its name, as Answer asks it of a day, up to a
// position (kpi_not_found).
func (a *Analyst) PrepareKPI(ctx context.Context, name string, day time.Time, upTo domain.Position) (*Prepared, error) {
	funnels, err := analytics.KPIFunnels(day, acting(Schema(a.Engine.Types())), false)
	if err != nil {
		return nil, err
	}
	for _, d := range funnels {
		if d.Name != name {
			continue
		}
		return Prepare(ctx, a.Engine, Question{
			Funnels: []analytics.Definition{d}, From: trendBegins(day), UpTo: &upTo,
			Personal: true, // what of it may be seen KPIFunnels has settled
		})
	}
	return nil, domain.NotFound("kpi_not_found", "there is no key figure %q", name)
}

// trendBegins is when the longest trend up to a day begins.
func trendBegins(day time.Time) time.Time {
	return day.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-analytics.MaxKPIDays)
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
	from := trendBegins(day)
	after, err := l.engine.PositionAt(ctx, from.Add(-time.Microsecond))
	if err != nil {
		return nil, err
	}
	l.day, l.live = day, newFollower(l.engine, plan, "kpis", after, from)
	return l.live, nil
}
