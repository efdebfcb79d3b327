package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"gifty/domain"
	"gifty/domain/analytics"
	"gifty/projections"
	readanalytics "gifty/projections/analytics"
	"gifty/projections/events"
)

// behind is a figure and the events that it is made of.
type behind struct {
	asked      url.Values
	definition analytics.Definition
	figure     analytics.Figure
	upTo       domain.Position

	found *readanalytics.Behind
	job   *projections.Job // that finds them
	items []events.Entry
	older domain.Position // the events before it are on the next page; 0: there is none
}

// tracing is a figure of one funnel's answer up to a position: for the same one the same events are found.
type tracing struct {
	readanalytics.Question
	KPI    string           `json:",omitempty"`
	Day    time.Time        `json:",omitzero"`
	Figure analytics.Figure // never empty, so that no question about a funnel looks the same
}

func (c *console) behind(r *http.Request, p *page) error {
	if c.Analyst == nil || c.Events == nil {
		return errNotAsked
	}
	b := behind{asked: r.URL.Query()}
	t, err := b.read(c, r, p)
	if err != nil {
		return err
	}
	found, job, err := ask(r.Context(), c.answers, t, func() (finding[readanalytics.Behind], error) {
		prepared, err := c.prepare(r.Context(), t)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, opt projections.RebuildOptions) (readanalytics.Behind, error) {
			return prepared.Behind(ctx, t.Figure, opt)
		}, nil
	})
	if err != nil {
		return err
	}
	if b.job = job; job == nil {
		b.found = &found
		if err := b.turn(r.Context(), c); err != nil {
			return err
		}
	}
	return p.show(p.T("behind.title"), behindPage(p, b))
}

// read reads from an address which figure it is.
func (b *behind) read(c *console, r *http.Request, p *page) (t tracing, err error) {
	b.figure = analytics.Figure{Step: 1, Breakdown: b.asked.Get("in"), Value: b.asked.Get("value"), Stopped: b.asked.Has("stopped")}
	bad := domain.Invalid("figure_invalid", "this is no figure; correct what is listed")
	if text := b.asked.Get("step"); text != "" {
		if b.figure.Step, err = strconv.Atoi(text); err != nil {
			bad = bad.On("step", "must be the number of a step")
		}
	}
	for name, to := range map[string]*time.Time{"began": &b.figure.From, "until": &b.figure.To, "cohort": &b.figure.Cohort, "day": &t.Day} {
		if text := b.asked.Get(name); text != "" {
			if *to, err = moment(text); err != nil {
				bad = bad.On(name, "must be a day, such as 2026-11-22")
			}
		}
	}
	if text := b.asked.Get("back"); text != "" {
		if b.figure.Back, err = strconv.Atoi(text); err != nil {
			bad = bad.On("back", "must be the number of a period")
		}
	}
	if len(bad.Fields) > 0 {
		return t, bad
	}
	t.Figure, t.KPI = b.figure, b.asked.Get("kpi")
	q, err := c.inquire(r, p)
	if err != nil {
		return t, err
	}
	if b.upTo = q.asOf; b.upTo == 0 {
		b.upTo = p.head
	}
	t.UpTo = &b.upTo
	if t.KPI != "" {
		prepared, err := c.prepare(r.Context(), t)
		if err == nil {
			b.definition = prepared.Definition()
		}
		return t, err
	}
	b.definition, _, err = q.definition(c.Events)
	t.Funnels, t.From, t.To = []analytics.Definition{b.definition}, q.from, q.to
	return t, err
}

func (c *console) prepare(ctx context.Context, t tracing) (*readanalytics.Prepared, error) {
	if t.KPI != "" {
		return c.Analyst.PrepareKPI(ctx, t.KPI, t.Day, *t.UpTo)
	}
	return c.Analyst.Prepare(ctx, t.Question)
}

// turn reads a page of the events.
func (b *behind) turn(ctx context.Context, c *console) (err error) {
	list := b.found.Positions
	if before, err := strconv.ParseInt(b.asked.Get("before"), 10, 64); err == nil {
		end, _ := slices.BinarySearch(list, domain.Position(before))
		list = list[:end]
	}
	if len(list) > eventsAPage {
		list = list[len(list)-eventsAPage:]
		b.older = list[0]
	}
	b.items, err = c.at(ctx, list)
	return err
}

// at reads the events at some positions, the latest first.
func (c *console) at(ctx context.Context, positions []domain.Position) ([]events.Entry, error) {
	if len(positions) == 0 {
		return nil, nil
	}
	return c.collect(ctx, events.Request{Filter: events.Filter{Positions: positions, UpTo: slices.Max(positions), After: slices.Min(positions) - 1, Newest: true}})
}

// source is the page that the figure is on.
func (b *behind) source() templ.SafeURL {
	switch b.asked.Get("kpi") {
	case "":
		q := url.Values{}
		for _, name := range asking() {
			if v := b.asked.Get(name); v != "" {
				q.Set(name, v)
			}
		}
		return address(Path+"/funnels", q)
	case "hit-rate", "zero-results":
		return domainURL("/catalogue")
	}
	return domainURL("/")
}

// name is what the figure is of: a key figure or a funnel.
func (b *behind) name(p *page) string {
	if kpi := b.asked.Get("kpi"); kpi != "" {
		return p.T("behind.kpi." + kpi)
	}
	return p.Or("funnel."+b.definition.Name+".title", b.definition.Title)
}

// behind is the address of the events behind a key figure of a day: those who reached a step, of the ways
// that began from one day to another.
func (k figures) behind(kpi string, step int, from, to time.Time, more ...string) templ.SafeURL {
	q := url.Values{
		"kpi": {kpi}, "step": {strconv.Itoa(step)}, "began": {from.Format(time.DateOnly)}, "until": {to.Format(time.DateOnly)},
		"day": {k.Day.Format(time.DateOnly)}, "as_of": {plain(k.upTo)},
	}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return address(Path+"/behind", q)
}

// unanswered is the address of the events behind a query that found nothing in the last days.
func (k figures) unanswered(query string) templ.SafeURL {
	from, to := k.lately(daysOfWeek)
	return k.behind("zero-results", 1, from, to, "in", "query", "value", query)
}

// behindHealth is the address of the events behind a part of the health score.
func (k figures) behindHealth(kpi string) templ.SafeURL {
	from, to := k.lately(daysOfHealth)
	return k.behind(kpi, 2, from, to)
}

// gap is the page of the events behind a gap of the catalogue.
func (c *console) gap(r *http.Request, p *page) error {
	gaps, known, err := c.gaps.get(r.Context())
	if err != nil {
		return err
	}
	i := -1
	if known {
		i = slices.IndexFunc(gaps.Clusters, func(g analytics.Gap) bool { return g.Title == r.PathValue("title") })
	}
	if i < 0 {
		return domain.NotFound("gap_not_found", "there is no such gap any more; go back to the catalogue's page")
	}
	var positions []domain.Position
	for _, at := range gaps.Clusters[i].Places {
		positions = append(positions, domain.Position(at))
	}
	items, err := c.at(r.Context(), positions)
	if err != nil {
		return err
	}
	return p.show(p.T("gaps.one"), gapPage(p, gaps.Clusters[i], items))
}
