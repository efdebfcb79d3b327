package http

import (
	"context"
	"time"

	"gifty/domain"
	"gifty/domain/analytics"
	readanalytics "gifty/projections/analytics"
	ideas "gifty/projections/discovery"
)

type gapInput struct {
	Since       time.Time       `query:"since" doc:"Only searches from this moment on; absent: of the last 30 days."`
	Below       float64         `query:"below" exclusiveMinimum:"0" maximum:"1" default:"0.4" doc:"What nothing is as similar to as this is unmet."`
	Personal    bool            `query:"personal" doc:"Count and show what people typed, too."`
	MinPosition domain.Position `query:"min_position" minimum:"0" doc:"Wait until the answer includes everything up to this log position, such as a command's answer names."`
}

// gapDays is how far gaps look back when nobody says.
const gapDays = 30

func (a *api) gaps(ctx context.Context, in *gapInput) (*struct{ Body analytics.Gaps }, error) {
	if a.Analyst == nil {
		return nil, errNotAsked
	}
	if err := personal(ctx, in.Personal); err != nil {
		return nil, err
	}
	if err := a.wait(ctx, in.MinPosition, ideas.SearchLogs.Name); err != nil {
		return nil, err
	}
	q := readanalytics.GapQuestion{Since: in.Since, Below: in.Below, Personal: in.Personal}
	if q.Since.IsZero() {
		q.Since = time.Now().AddDate(0, 0, -gapDays)
	}
	gaps, err := a.Analyst.Gaps(ctx, q)
	return &struct{ Body analytics.Gaps }{gaps}, err
}
