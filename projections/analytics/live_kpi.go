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
// what people typed. A new day begins anew. The last answer outlives the process; Former has it.
type LiveKPIs struct {
	engine *projections.Engine
	keeper *keeper

	mu   sync.Mutex
	day  time.Time
	live *follower // of that day
}

func newLiveKPIs(e *projections.Engine) *LiveKPIs {
	return &LiveKPIs{engine: e, keeper: &keeper{engine: e, question: "kpis", version: KeptKPIs, spoiling: erasing(e.Types())}}
}

// Answer is the key figures of a day as of the log's end, and where that is.
func (l *LiveKPIs) Answer(ctx context.Context, day time.Time) (k analytics.KPIs, upTo domain.Position, err error) {
	day = day.UTC().Truncate(24 * time.Hour)
	live, err := l.of(ctx, day)
	if err != nil {
		return k, 0, err
	}
	answer, err := live.Answer(ctx)
	if err != nil {
		return k, 0, err
	}
	k = analytics.KPIsOf(answer.Reports, day, analytics.MaxKPIDays)
	return k, answer.UpTo, l.keeper.keep(ctx, answer.UpTo, k)
}

// Former is the last answer of this process or of one before it, without counting: the key figures of its
// day, and up to where the log was counted. known is false when there is none.
func (l *LiveKPIs) Former(ctx context.Context) (k analytics.KPIs, upTo domain.Position, known bool, err error) {
	upTo, known, err = l.keeper.former(ctx, &k)
	return k, upTo, known, err
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
	l.keeper.anew()
	l.day, l.live = day, newFollower(l.engine, plan, "kpis", after, from)
	return l.live, nil
}
