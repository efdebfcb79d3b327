package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"gifty/domain"
	"gifty/domain/analytics"
	"gifty/projections"
	readanalytics "gifty/projections/analytics"
	"gifty/projections/events"
)

// inquiry is what is asked about a funnel, and the answer if there is one yet.
type inquiry struct {
	asked    url.Values
	all      []analytics.Definition
	chosen   analytics.Definition
	from, to time.Time
	asOf     domain.Position // 0: now
	fields   []events.Field  // by which it can be filtered and broken down
	moments  []readanalytics.Moment

	shown  analytics.Definition // with the filter and the breakdown that were chosen
	wrong  *Failure             // why it can't be asked
	report *analytics.Report
	upTo   domain.Position
	former bool             // an earlier process counted it: this one is still at it
	job    *projections.Job // that finds the answer
}

func (c *console) funnels(r *http.Request, p *page) error {
	if c.Analyst == nil || c.Events == nil {
		return errNotAsked
	}
	if p.head == 0 {
		return p.show(p.T("funnels.title"), firstSteps(p))
	}
	q, err := c.inquire(r, p)
	if err == nil {
		err = c.answer(r.Context(), p, q)
	}
	if err != nil {
		var bad *domain.Error
		if q.chosen.Name == "" || !errors.As(err, &bad) || bad.Kind != domain.KindInvalid {
			return err
		}
		failed := c.Fail(r.Context(), err)
		q.wrong, p.status = &failed, failed.Status // it can be corrected where it was asked
	}
	if p.nothingNewer(r, q.former) {
		return nil
	}
	if q.moments, err = readanalytics.Moments(r.Context(), c.DB, p.head, 33); err != nil {
		return err
	}
	return p.show(p.T("funnels.title"), funnelsPage(p, q))
}

// inquire reads from an address what is asked.
func (c *console) inquire(r *http.Request, p *page) (*inquiry, error) {
	q := &inquiry{asked: r.URL.Query()}
	var err error
	if q.all, err = c.Analyst.Funnels(r.Context()); err != nil {
		return q, err
	}
	q.chosen, err = q.choose()
	if q.shown = q.chosen; err != nil {
		return q, err
	}
	q.fields = c.fieldsOf(q.chosen)
	bad := domain.Invalid("funnel_question_invalid", "this cannot be asked; correct what is listed")
	for name, to := range map[string]*time.Time{"from": &q.from, "to": &q.to} {
		if text := q.asked.Get(name); text != "" {
			if *to, err = moment(text); err != nil {
				bad = bad.On(name, "must be a day, such as 2026-11-22")
			}
		}
	}
	if text := q.asked.Get("as_of"); text != "" && text != q.asked.Get("head") { // left at the end, it means now
		at, err := strconv.ParseInt(text, 10, 64)
		if q.asOf = domain.Position(at); err != nil || at < 1 || q.asOf > p.head {
			bad = bad.On("as_of", "must be a position from 1 to %d", p.head)
		}
	}
	if len(bad.Fields) > 0 {
		return q, bad
	}
	return q, nil
}

// own is the text of a definition that is kept nowhere; empty: a funnel is asked that has a name.
func (q *inquiry) own() string { return strings.TrimSpace(q.asked.Get("define")) }

// choose finds the funnel. With an error it is one that can be shown meanwhile, or none.
func (q *inquiry) choose() (analytics.Definition, error) {
	if text := q.own(); text != "" {
		d, err := parse(text)
		if err != nil {
			return q.all[0], err
		}
		return d, nil
	}
	if name := q.asked.Get("funnel"); name != "" {
		return analytics.Named(q.all, name)
	}
	return q.all[0], nil
}

// fieldsOf are the fields of a funnel's events that hold something short that may be seen.
func (c *console) fieldsOf(d analytics.Definition) (list []events.Field) {
	for _, step := range d.Steps {
		for _, m := range step.Events {
			for _, f := range c.Events.Fields(m.Type) {
				if f.Kind == events.Any || len(f.Personal) > 0 || strings.HasSuffix(f.Path, "_id") || strings.Contains(f.Path, "[]") {
					continue
				}
				if !slices.ContainsFunc(list, func(o events.Field) bool { return o.Path == f.Path }) {
					list = append(list, f)
				}
			}
		}
	}
	slices.SortFunc(list, func(a, b events.Field) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// shipped is the answers of the funnels that come with the product.
type shipped struct {
	readanalytics.Answer
	former bool // an earlier process counted them
}

func (c *console) shipped(ctx context.Context) (shipped, error) {
	answer, err := c.Analyst.Live(ctx)
	return shipped{Answer: answer}, err
}

func (c *console) formerShipped(ctx context.Context) (shipped, bool, error) {
	answer, known, err := c.Analyst.Former(ctx)
	return shipped{answer, true}, known, err
}

// answer finds what is asked: at once where it is kept up to date, else by reading the log.
func (c *console) answer(ctx context.Context, p *page, q *inquiry) error {
	d, changed, err := q.definition(c.Events)
	if err != nil {
		return err
	}
	if changed {
		q.shown = d
	}
	if !changed && q.own() == "" && q.asOf == 0 && q.from.IsZero() && q.to.IsZero() {
		live, known, err := c.live.get(ctx)
		if err != nil || !known {
			return err
		}
		if i := slices.IndexFunc(live.Reports, func(r analytics.Report) bool { return r.Funnel == d.Name }); i >= 0 {
			q.report, q.upTo, q.former = &live.Reports[i], live.UpTo, live.former
			return nil
		}
	}
	q.upTo = p.head
	if q.asOf > 0 {
		q.upTo = q.asOf
	}
	question := readanalytics.Question{Funnels: []analytics.Definition{d}, From: q.from, To: q.to, UpTo: &q.upTo}
	answer, job, err := ask(ctx, c.answers, question, func() (finding[readanalytics.Answer], error) {
		prepared, err := c.Analyst.Prepare(ctx, question)
		if err != nil {
			return nil, err
		}
		return prepared.Run, nil
	})
	if err != nil || job != nil {
		q.job = job
		return err
	}
	q.report = &answer.Reports[0]
	return nil
}

// definition is the funnel with the filter and the breakdown that were chosen.
func (q *inquiry) definition(log EventLog) (d analytics.Definition, changed bool, err error) {
	d = q.chosen
	if by := q.by(); by != "" && !slices.ContainsFunc(d.Breakdowns, func(b analytics.Breakdown) bool { return b.Name == by }) {
		d.Breakdowns = append(slices.Clip(d.Breakdowns), analytics.Breakdown{Name: by, Field: by, Top: 12})
		changed = true
	}
	where := q.asked.Get("where")
	if where == "" {
		return d, changed, nil
	}
	var first []analytics.Match
	for _, m := range d.Steps[0].Events {
		if slices.ContainsFunc(log.Fields(m.Type), func(f events.Field) bool { return f.Path == where }) {
			m.Where = append(slices.Clip(m.Where), analytics.Condition{Field: where, Is: strings.Split(q.asked.Get("is"), ",")})
			first = append(first, m)
		}
	}
	if len(first) == 0 {
		return d, false, domain.Invalid("funnel_question_invalid", "this cannot be asked; correct what is listed").On("where", "the events of the first step have no field %q", where)
	}
	d.Steps = slices.Clone(d.Steps)
	d.Steps[0].Events = first
	return d, true, nil
}

// by is the breakdown that is shown: the first of the funnel's own unless another is chosen.
func (q *inquiry) by() string {
	if by := q.asked.Get("by"); by != "" {
		return by
	}
	if len(q.chosen.Breakdowns) > 0 {
		return q.chosen.Breakdowns[0].Name
	}
	return ""
}

// breakdown is the one that is shown.
func (q *inquiry) breakdown() *analytics.BreakdownReport {
	for i := range q.report.Breakdowns {
		if q.report.Breakdowns[i].Name == q.by() {
			return &q.report.Breakdowns[i]
		}
	}
	return nil
}

// asking are the names in an address that say what is asked of a funnel, but for up to where.
func asking() []string { return []string{"funnel", "define", "from", "to", "where", "is", "by"} }

// address is of a page about the same question up to the same position.
func (q *inquiry) address(path string, more ...string) templ.SafeURL {
	values := url.Values{}
	for _, name := range asking() {
		if v := q.asked.Get(name); v != "" {
			values.Set(name, v)
		}
	}
	if q.upTo > 0 {
		values.Set("as_of", plain(q.upTo))
	}
	for i := 0; i+1 < len(more); i += 2 {
		values.Set(more[i], more[i+1])
	}
	return address(Path+path, values)
}

// again is the address that asks the same up to the same position.
func (q *inquiry) again() templ.SafeURL { return q.address("/funnels") }

// behind is the address of the events behind a figure: those who reached a step, from 0; -1 is all there are.
func (q *inquiry) behind(step int, more ...string) templ.SafeURL {
	return q.address("/behind", append(more, "step", strconv.Itoa(step+1))...)
}

// cohort is the address of the events behind a cell of the retention: of all who began in a period, or of those who
// were there in its period of a number, from 1.
func (q *inquiry) cohort(start time.Time, back int) templ.SafeURL {
	return q.behind(0, "cohort", start.Format(time.DateOnly), "back", strconv.Itoa(back))
}

// through is the funnel by period: who began and who got through.
func (q *inquiry) through(p *page) chart {
	began := series{Name: p.T("funnels.began")}
	share := series{Name: p.T("funnels.through")}
	c := chart{ID: "periods", Title: p.T("funnels.periods"), Note: p.T("funnels.periods.note"), Kind: "line"}
	for _, period := range q.report.Periods {
		c.Days = append(c.Days, period.Start)
		last := period.Steps[len(period.Steps)-1]
		began.Values = append(began.Values, float64(period.Steps[0].Count))
		share.Values = append(share.Values, float64(last.Count))
		during := []string{"began", period.Start.Format(time.DateOnly), "until", q.chosen.Every.Next(period.Start).Format(time.DateOnly)}
		began.Links, share.Links = append(began.Links, q.behind(0, during...)), append(share.Links, q.behind(len(period.Steps)-1, during...))
	}
	c.Series = []series{began, share}
	return c
}

// longest is how many periods the oldest cohorts can be followed.
func (q *inquiry) longest() (n int) {
	for _, c := range q.report.Retention {
		n = max(n, len(c.Returned))
	}
	return n
}

// heat is a share in steps from 0 to 5, for the ground that it stands on.
func heat(part, whole int) int { return (5*part + whole - 1) / max(whole, 1) }

// width is a share as SVG has a length.
func width(share float64) string { return strconv.FormatFloat(100*share, 'f', 2, 64) + "%" }

// tick names a moment of the log: by its day, or by the time where all lie within two.
func (p *page) tick(all []readanalytics.Moment, at time.Time) string {
	if all[len(all)-1].OccurredAt.Sub(all[0].OccurredAt) < 48*time.Hour {
		return p.Clock(at)
	}
	return p.Day(at)
}
