package console

import (
	"context"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"gifty/domain"
	"gifty/domain/analytics"
	"gifty/projections"
)

// figures are the key figures and up to where the log was counted.
type figures struct {
	analytics.KPIs
	upTo   domain.Position
	former bool // what an earlier process counted: this one is still at it
}

func (c *console) figures(ctx context.Context) (figures, error) {
	k, upTo, err := c.Analyst.LiveKPIs(ctx, c.Now())
	return figures{KPIs: k, upTo: upTo}, err
}

func (c *console) formerFigures(ctx context.Context) (figures, bool, error) {
	k, upTo, known, err := c.Analyst.FormerKPIs(ctx)
	return figures{k, upTo, true}, known, err
}

var errNotAsked = domain.Unavailable("log_not_asked", "this server does not ask its log")

// counted is the key figures for a page, if they are there yet.
func (c *console) counted(ctx context.Context) (figures, bool, error) {
	if c.Analyst == nil {
		return figures{}, false, errNotAsked
	}
	return c.kpis.get(ctx)
}

// countingOnID is of the element that asks again while figures are an earlier process's.
const countingOnID = "counting-on"

func wholePage() templ.Attributes { return templ.Attributes{"hx-target": "#content"} }

// nothingNewer tells whether a page that shows such figures would get the same again, and if so leaves it as it is.
func (p *page) nothingNewer(r *http.Request, former bool) bool {
	same := former && r.Header.Get("HX-Trigger") == countingOnID
	if same {
		p.status = http.StatusNoContent
	}
	return same
}

func spans() []int { return []int{7, 30, 90} }

func (c *console) overview(r *http.Request, p *page) error {
	if p.head == 0 {
		return p.show(p.T("overview.title"), firstSteps(p))
	}
	k, known, err := c.counted(r.Context())
	if err != nil {
		return err
	}
	if !known {
		return p.show(p.T("overview.title"), counting(p, p.T("overview.title")))
	}
	if p.nothingNewer(r, k.former) {
		return nil
	}
	tables, err := c.Engine.Status(r.Context())
	if err != nil {
		return err
	}
	days, err := strconv.Atoi(r.URL.Query().Get("days"))
	if err != nil || !slices.Contains(spans(), days) {
		days = 30
	}
	o := overview{figures: k, days: days, tables: summed(tables)}
	return p.show(p.T("overview.title"), overviewPage(p, o))
}

// overview is what the page of this name shows.
type overview struct {
	figures
	days   int
	tables tableSum
}

// tableSum is how the read tables are, in a line.
type tableSum struct {
	live, unwell int
	lag          float64 // seconds, the worst
}

func summed(list []projections.Status) (sum tableSum) {
	for _, s := range list {
		switch {
		case s.Active && s.State == "live":
			sum.live++
			sum.lag = max(sum.lag, s.LagSeconds)
		case s.State == "stopped" || s.State == "failed":
			sum.unwell++
		}
	}
	return sum
}

// trend is the last days of the trend.
func (o overview) trend() []analytics.KPIDay { return o.Trend[max(0, len(o.Trend)-o.days):] }

// card is a key figure.
type card struct {
	Label, Value, Note string
	Change             string // against the week before
	Better             int    // of the change: 1 better, -1 worse, 0 neither
	Link               templ.SafeURL
	Count              int // how many are behind it
	Spark              []float64
}

const (
	daysOfWeek     = 7
	daysOfHealth   = 3
	percentPerUnit = 100
)

// spans of days that end with the figures' own.
func (k figures) lately(days int) (from, to time.Time) {
	return k.Day.AddDate(0, 0, 1-days), k.Day.AddDate(0, 0, 1)
}

func (o overview) cards(p *page) []card {
	today := o.Day
	week, tomorrow := o.lately(daysOfWeek)
	before, now := o.week(1), o.week(0)
	of := func(part, whole int) string { return p.T("overview.of", p.Int(int64(part)), p.Int(int64(whole))) }
	cards := []card{
		{Label: p.T("kpi.active"), Value: p.Int(int64(o.ActiveGivers)), Note: o.lastDay(p), Link: o.behind("active-givers", 1, today, tomorrow), Count: o.ActiveGivers,
			Spark: o.line(func(d analytics.KPIDay) float64 { return float64(d.ActiveGivers) })},
		{Label: p.T("kpi.quizzes"), Value: p.Int(int64(o.QuizzesStarted)), Note: p.T("overview.week"), Link: o.behind("quiz-completion", 1, week, tomorrow), Count: now.QuizzesStarted,
			Spark: o.line(func(d analytics.KPIDay) float64 { return float64(d.QuizzesStarted) })},
		{Label: p.T("kpi.completion"), Value: p.Share(o.QuizCompletion), Note: of(now.QuizzesCompleted, now.QuizzesStarted), Link: o.behind("quiz-completion", 2, week, tomorrow), Count: now.QuizzesCompleted,
			Spark: o.line(func(d analytics.KPIDay) float64 { return ratio(d.QuizzesCompleted, d.QuizzesStarted) })},
		{Label: p.T("kpi.clicks"), Value: p.Share(o.ClickThrough), Note: of(now.GiftsClicked, now.GiftsShown), Link: o.behind("click-through", 2, week, tomorrow), Count: now.GiftsClicked,
			Spark: o.line(func(d analytics.KPIDay) float64 { return ratio(d.GiftsClicked, d.GiftsShown) })},
		{Label: p.T("kpi.likes"), Value: p.Share(o.LikeRate), Note: of(now.IdeasLiked, now.IdeasShown), Link: o.behind("like-rate", 2, week, tomorrow), Count: now.IdeasLiked,
			Spark: o.line(func(d analytics.KPIDay) float64 { return ratio(d.IdeasLiked, d.IdeasShown) })},
		{Label: p.T("kpi.hits"), Value: p.Share(o.Coverage.HitRate), Note: of(now.SearchesFound, now.Searches), Link: o.behind("hit-rate", 2, week, tomorrow), Count: now.SearchesFound,
			Spark: o.line(func(d analytics.KPIDay) float64 { return ratio(d.SearchesFound, d.Searches) })},
	}
	cards[1].compare(p, float64(now.QuizzesStarted), float64(before.QuizzesStarted), false)
	cards[2].compare(p, ratio(now.QuizzesCompleted, now.QuizzesStarted), ratio(before.QuizzesCompleted, before.QuizzesStarted), true)
	cards[3].compare(p, ratio(now.GiftsClicked, now.GiftsShown), ratio(before.GiftsClicked, before.GiftsShown), true)
	cards[4].compare(p, ratio(now.IdeasLiked, now.IdeasShown), ratio(before.IdeasLiked, before.IdeasShown), true)
	cards[5].compare(p, ratio(now.SearchesFound, now.Searches), ratio(before.SearchesFound, before.Searches), true)
	return cards
}

// lastDay names the day that the figures end with: an earlier process may have counted before today.
func (o overview) lastDay(p *page) string {
	if o.former {
		return p.Date(o.Day)
	}
	return p.T("overview.today")
}

// week sums up seven days, so many weeks before the present ones.
func (o overview) week(before int) (sum analytics.KPIDay) {
	end := len(o.Trend) - before*daysOfWeek
	for _, d := range o.Trend[max(0, end-daysOfWeek):max(0, end)] {
		sum.QuizzesStarted, sum.QuizzesCompleted = sum.QuizzesStarted+d.QuizzesStarted, sum.QuizzesCompleted+d.QuizzesCompleted
		sum.GiftsShown, sum.GiftsClicked = sum.GiftsShown+d.GiftsShown, sum.GiftsClicked+d.GiftsClicked
		sum.IdeasShown, sum.IdeasLiked = sum.IdeasShown+d.IdeasShown, sum.IdeasLiked+d.IdeasLiked
		sum.Searches, sum.SearchesFound = sum.Searches+d.Searches, sum.SearchesFound+d.SearchesFound
	}
	return sum
}

// compare tells by how much a figure differs from that of the week before: shares by points, others
// by percent.
func (c *card) compare(p *page, now, before float64, share bool) {
	if math.IsNaN(now) || math.IsNaN(before) || before == 0 && !share {
		return
	}
	change, unit := percentPerUnit*(now-before), p.T("unit.points")
	if !share {
		change, unit = change/before, "%"
	}
	sign := "+"
	if change < 0 {
		sign = "−"
	}
	c.Better = int(math.Copysign(1, change))
	if math.Abs(change) < 0.05 { // what is told has one decimal
		change, c.Better, sign = 0, 0, "±"
	}
	c.Change = sign + p.Float(math.Abs(change), 1) + "\u00a0" + unit
}

func ratio(part, whole int) float64 {
	if whole == 0 {
		return math.NaN()
	}
	return float64(part) / float64(whole)
}

func (o overview) line(of func(analytics.KPIDay) float64) (values []float64) {
	for _, d := range o.trend() {
		values = append(values, of(d))
	}
	return values
}

func (o overview) charts(p *page) []chart {
	count := func(key, kpi string, step int, of func(analytics.KPIDay) int) series {
		s := series{Name: p.T(key)}
		for _, d := range o.trend() {
			s.Values = append(s.Values, float64(of(d)))
			s.Links = append(s.Links, o.behind(kpi, step, d.Day, d.Day.AddDate(0, 0, 1)))
		}
		return s
	}
	var days []time.Time
	for _, d := range o.trend() {
		days = append(days, d.Day)
	}
	return []chart{
		{ID: "active", Title: p.T("chart.active"), Note: p.T("chart.active.note"), Kind: "bars", Days: days, Series: []series{
			count("kpi.active", "active-givers", 1, func(d analytics.KPIDay) int { return d.ActiveGivers })}},
		{ID: "quizzes", Title: p.T("chart.quizzes"), Note: p.T("chart.begun"), Kind: "line", Days: days, Series: []series{
			count("series.started", "quiz-completion", 1, func(d analytics.KPIDay) int { return d.QuizzesStarted }),
			count("series.completed", "quiz-completion", 2, func(d analytics.KPIDay) int { return d.QuizzesCompleted })}},
		{ID: "gifts", Title: p.T("chart.gifts"), Note: p.T("chart.begun"), Kind: "line", Days: days, Series: []series{
			count("series.shown", "click-through", 1, func(d analytics.KPIDay) int { return d.GiftsShown }),
			count("series.clicked", "click-through", 2, func(d analytics.KPIDay) int { return d.GiftsClicked })}},
		{ID: "ideas", Title: p.T("chart.ideas"), Note: p.T("chart.begun"), Kind: "line", Days: days, Series: []series{
			count("series.shown", "like-rate", 1, func(d analytics.KPIDay) int { return d.IdeasShown }),
			count("series.liked", "like-rate", 2, func(d analytics.KPIDay) int { return d.IdeasLiked })}},
	}
}

// noneUnanswered names the text that stands in place of queries that found nothing, when none can be shown.
func noneUnanswered(k figures) string {
	switch rate := k.Coverage.HitRate; {
	case rate == nil:
		return "zero.unasked"
	case rate.Rate < 1:
		return "zero.typed"
	}
	return "zero.none"
}
