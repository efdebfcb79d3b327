package console

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"gifty/domain/analytics"
	readanalytics "gifty/projections/analytics"
)

// catalogue is what the page of this name shows: how well the catalogue answers.
type catalogue struct {
	overview
	gaps   *analytics.Gaps // nil: not known yet
	failed bool            // nor will they be soon
}

// Gaps are of so many days, and of what nothing is as similar to as this.
const (
	gapDays   = 30
	gapBelow  = 0.4
	gapsShown = 20
)

func (c *console) lacking(ctx context.Context) (analytics.Gaps, error) {
	return c.Analyst.Gaps(ctx, readanalytics.GapQuestion{Since: c.Now().AddDate(0, 0, -gapDays), Below: gapBelow})
}

func (c *console) catalogue(r *http.Request, p *page) error {
	if p.head == 0 {
		return p.show(p.T("catalogue.title"), firstSteps(p))
	}
	k, known, err := c.counted(r.Context())
	if err != nil {
		return err
	}
	if !known {
		return p.show(p.T("catalogue.title"), counting(p, p.T("catalogue.title")))
	}
	if p.nothingNewer(r, k.former) {
		return nil
	}
	days, err := strconv.Atoi(r.URL.Query().Get("days"))
	if err != nil || !slices.Contains(spans(), days) {
		days = 30
	}
	shown := catalogue{overview: overview{figures: k, days: days}}
	gaps, known, err := c.gaps.get(r.Context())
	if err != nil {
		c.Fail(r.Context(), err) // for the log: the rest of the page is worth having
		shown.failed = true
	}
	if known {
		shown.gaps = &gaps
	}
	return p.show(p.T("catalogue.title"), cataloguePage(p, shown))
}

// cards are the figures of coverage.
func (k catalogue) cards(p *page) []card {
	week, tomorrow := k.lately(daysOfWeek)
	now, before := k.week(0), k.week(1)
	cards := []card{
		{Label: p.T("catalogue.searches"), Value: p.Int(int64(now.Searches)), Note: p.T("overview.week"), Link: k.behind("hit-rate", 1, week, tomorrow), Count: now.Searches,
			Spark: k.line(func(d analytics.KPIDay) float64 { return float64(d.Searches) })},
		{Label: p.T("kpi.hits"), Value: p.Share(k.Coverage.HitRate), Note: p.Range(k.Coverage.HitRate), Link: k.behind("hit-rate", 2, week, tomorrow), Count: now.SearchesFound,
			Spark: k.line(func(d analytics.KPIDay) float64 { return ratio(d.SearchesFound, d.Searches) })},
		{Label: p.T("catalogue.mean"), Value: noValue, Note: p.T("overview.week"), Link: k.behind("hit-rate", 1, week, tomorrow), Count: now.Searches},
		{Label: p.T("catalogue.nothing"), Value: p.Int(int64(now.Searches - now.SearchesFound)), Note: p.T("overview.week"), Link: k.behind("hit-rate", 1, week, tomorrow, "stopped", "1"), Count: now.Searches - now.SearchesFound,
			Spark: k.line(func(d analytics.KPIDay) float64 { return float64(d.Searches - d.SearchesFound) })},
	}
	if k.Coverage.MeanResults != nil {
		cards[2].Value = p.Float(*k.Coverage.MeanResults, 1)
	}
	cards[0].compare(p, float64(now.Searches), float64(before.Searches), false)
	cards[1].compare(p, ratio(now.SearchesFound, now.Searches), ratio(before.SearchesFound, before.Searches), true)
	return cards
}

func (k catalogue) charts(p *page) []chart {
	made, found, rate := series{Name: p.T("series.searches")}, series{Name: p.T("series.found")}, series{Name: p.T("kpi.hits"), Share: true}
	var days []time.Time
	for _, d := range k.trend() {
		days = append(days, d.Day)
		link := func(step int) templ.SafeURL { return k.behind("hit-rate", step, d.Day, d.Day.AddDate(0, 0, 1)) }
		made.Values, made.Links = append(made.Values, float64(d.Searches)), append(made.Links, link(1))
		found.Values, found.Links = append(found.Values, float64(d.SearchesFound)), append(found.Links, link(2))
		rate.Values, rate.Links = append(rate.Values, ratio(d.SearchesFound, d.Searches)), append(rate.Links, link(2))
	}
	return []chart{
		{ID: "searches", Title: p.T("catalogue.by-day"), Note: p.T("catalogue.by-day.note"), Kind: "line", Days: days, Series: []series{made, found}},
		{ID: "hit-rate", Title: p.T("kpi.hits"), Note: p.T("catalogue.rate.note"), Kind: "line", Days: days, Series: []series{rate}},
	}
}
