package analytics

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"gifty/domain"
	"gifty/domain/analytics"
	"gifty/projections"
)

// KPIQuestion is which key figures are wanted.
type KPIQuestion struct {
	Day      time.Time // the last day that counts
	Days     int       // of the trend
	UpTo     *domain.Position
	Personal bool // show what people typed
}

// KPIs replays the log for the key figures of a day. All of them are funnels; see analytics.KPIFunnels.
func KPIs(ctx context.Context, e *projections.Engine, q KPIQuestion, opt projections.RebuildOptions) (analytics.KPIs, error) {
	if q.Days < 1 || q.Days > analytics.MaxKPIDays {
		return analytics.KPIs{}, domain.Invalid("days_invalid", "a trend has 1 to %d days", analytics.MaxKPIDays).On("days", "is %d", q.Days)
	}
	end := q.Day.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
	funnels, err := analytics.KPIFunnels(q.Day, acting(Schema(e.Types())), q.Personal)
	if err != nil {
		return analytics.KPIs{}, err
	}
	prepared, err := Prepare(ctx, e, Question{
		Funnels: funnels, From: end.AddDate(0, 0, -max(q.Days, 7)), To: end, UpTo: q.UpTo,
		Personal: true, // what of it may be seen KPIFunnels has settled
	})
	if err != nil {
		return analytics.KPIs{}, err
	}
	prepared.personal = q.Personal
	answer, err := prepared.Run(ctx, opt)
	if err != nil {
		return analytics.KPIs{}, err
	}
	return analytics.KPIsOf(answer.Reports, q.Day, q.Days), nil
}

// acting are the types of events that givers cause: all but the catalogue's.
func acting(schema analytics.Schema) (types []string) {
	for _, name := range slices.Sorted(maps.Keys(schema)) {
		if !strings.HasPrefix(name, "catalogue.") {
			types = append(types, name)
		}
	}
	return types
}
