package analytics

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// KPIs are the product's key figures as of a day. A share of nothing is absent: nothing is not zero.
type KPIs struct {
	Day            time.Time `json:"day" doc:"UTC; windows of days end with it, and include it."`
	ActiveGivers   int       `json:"active_givers" doc:"Givers who did something on the day."`
	QuizzesStarted int       `json:"quizzes_started" doc:"7 days."`
	QuizCompletion *Share    `json:"quiz_completion,omitempty" doc:"Quizzes completed, of those started in 7 days."`
	ClickThrough   *Share    `json:"click_through,omitempty" doc:"Gifts clicked after they were shown, of those shown in 7 days."`
	LikeRate       *Share    `json:"like_rate,omitempty" doc:"Ideas liked after they were shown, of those shown in 7 days."`
	Coverage       Coverage  `json:"coverage"`
	Health         *Health   `json:"health,omitempty" doc:"Absent without searches and shown ideas in 3 days."`
	Trend          []KPIDay  `json:"trend" doc:"By day, oldest first. What began on a day counts there, also when it went on later."`
}

// Coverage is how well the catalogue answers, in 7 days.
type Coverage struct {
	Searches    int          `json:"searches"`
	HitRate     *Share       `json:"hit_rate,omitempty" doc:"Searches that found something."`
	MeanResults *float64     `json:"mean_results,omitempty"`
	ZeroResults []QueryCount `json:"zero_results" doc:"The ten queries that most often found nothing."`
}

// QueryCount is how often a query was asked.
type QueryCount struct {
	Query string `json:"query"`
	Count int    `json:"count"`
}

// Health is coverage and relevance in one number, 0 to 100, of 3 days.
type Health struct {
	Score     int     `json:"score" doc:"0.6 coverage + 0.4 relevance."`
	Coverage  float64 `json:"coverage" doc:"100 when 80 % of searches find something."`
	Relevance float64 `json:"relevance" doc:"100 when 25 % of shown ideas are liked."`
	Status    string  `json:"status" enum:"healthy,degraded,critical" doc:"healthy above 75, degraded above 50."`
}

// KPIDay is what happened on a day, or began on it.
type KPIDay struct {
	Day              time.Time `json:"day"`
	ActiveGivers     int       `json:"active_givers"`
	QuizzesStarted   int       `json:"quizzes_started"`
	QuizzesCompleted int       `json:"quizzes_completed"`
	GiftsShown       int       `json:"gifts_shown"`
	GiftsClicked     int       `json:"gifts_clicked"`
	IdeasShown       int       `json:"ideas_shown"`
	IdeasLiked       int       `json:"ideas_liked"`
	Searches         int       `json:"searches"`
	SearchesFound    int       `json:"searches_found"`
}

// Windows of the key figures, in days.
const (
	weekDays    = 7
	healthDays  = 3
	MaxKPIDays  = 90 // of a trend
	zeroQueries = 10
)

// KPIFunnels are the questions behind the key figures of a day, in the order that KPIsOf expects.
// acting are the types of events that givers cause. Without personal, queries that people typed are
// left out of those that found nothing; those that a generator wrote are not.
func KPIFunnels(today time.Time, acting []string, personal bool) ([]Definition, error) {
	quiz, err := ShippedNamed("quiz")
	if err != nil {
		return nil, err
	}
	match := func(types ...string) (list []Match) {
		for _, t := range types {
			list = append(list, Match{Type: t})
		}
		return list
	}
	const searched = "discovery.catalogue_searched.v1"
	var lately []string
	for n := range weekDays {
		lately = append(lately, Day.start(today).AddDate(0, 0, -n).Format(time.DateOnly))
	}
	during := Condition{Field: "@day", Is: lately}
	typed := []Condition{during, {Field: "results_count", AtMost: new(0.0)}}
	if !personal {
		typed = append(typed, Condition{Field: "context", Not: []string{"search"}})
	}
	gift := [][]string{{"recommendation_id", "hypothesis_id"}, {"gift_id", "items[].gift_id"}}
	return []Definition{
		{Name: "active-givers", Entity: "giver a day", Key: [][]string{{"@giver"}, {"@day"}}, Window: Duration(day), Every: Day,
			Steps: []Step{{"active", match(acting...)}}},
		{Name: "quiz-completion", Entity: "session", Window: Duration(weekDays * day), Every: Day, Steps: quiz.Steps[:2]},
		{Name: "click-through", Entity: "gift", Key: gift, Window: Duration(weekDays * day), Every: Day, Steps: []Step{
			{"shown", match("discovery.product_shown.v1", "recommendation.shown.v1")},
			{"clicked", match("discovery.product_clicked.v1", "recommendation.clicked.v1")},
		}},
		{Name: "like-rate", Entity: "hypothesis", Window: Duration(weekDays * day), Every: Day, Steps: []Step{
			{"shown", match("discovery.hypothesis_shown.v1")}, {"liked", match("discovery.hypothesis_liked.v1")},
		}},
		{Name: "hit-rate", Entity: "search", Window: Duration(day), Every: Day, Steps: []Step{
			{"searched", match(searched)}, {"found", []Match{{searched, []Condition{{Field: "results_count", Above: new(0.0)}}}}},
		}},
		{Name: "mean-results", Entity: "search", Window: Duration(day), Steps: []Step{{"searched", []Match{{searched, []Condition{during}}}}},
			Breakdowns: []Breakdown{{Name: "results", Field: "results_count", Top: maxTop}}},
		{Name: "zero-results", Entity: "search", Window: Duration(day), Steps: []Step{{"nothing found", []Match{{searched, typed}}}},
			Breakdowns: []Breakdown{{Name: "query", Field: "query", Top: zeroQueries}}},
	}, nil
}

// KPIsOf reads the key figures of a day out of the funnels' answers, with a trend of so many days.
func KPIsOf(reports []Report, today time.Time, days int) KPIs {
	today = Day.start(today)
	k := KPIs{Day: today}
	byDay := map[time.Time]*KPIDay{}
	for n := range max(days, weekDays) {
		byDay[today.AddDate(0, 0, -n)] = &KPIDay{Day: today.AddDate(0, 0, -n)}
	}
	var unused int
	for i, into := range []func(*KPIDay) [2]*int{
		func(d *KPIDay) [2]*int { return [2]*int{&d.ActiveGivers, &unused} },
		func(d *KPIDay) [2]*int { return [2]*int{&d.QuizzesStarted, &d.QuizzesCompleted} },
		func(d *KPIDay) [2]*int { return [2]*int{&d.GiftsShown, &d.GiftsClicked} },
		func(d *KPIDay) [2]*int { return [2]*int{&d.IdeasShown, &d.IdeasLiked} },
		func(d *KPIDay) [2]*int { return [2]*int{&d.Searches, &d.SearchesFound} },
	} {
		for _, p := range reports[i].Periods {
			if d := byDay[p.Start]; d != nil {
				for step, s := range p.Steps {
					*into(d)[step] = s.Count
				}
			}
		}
	}
	week, health := lately(byDay, today, weekDays), lately(byDay, today, healthDays)
	k.ActiveGivers, k.QuizzesStarted = byDay[today].ActiveGivers, week.QuizzesStarted
	k.QuizCompletion, k.ClickThrough = known(week.QuizzesCompleted, week.QuizzesStarted), known(week.GiftsClicked, week.GiftsShown)
	k.LikeRate = known(week.IdeasLiked, week.IdeasShown)
	k.Coverage = Coverage{Searches: week.Searches, HitRate: known(week.SearchesFound, week.Searches), MeanResults: mean(reports[5]), ZeroResults: []QueryCount{}}
	for _, g := range reports[6].Breakdowns[0].Groups {
		if g.Value != other {
			k.Coverage.ZeroResults = append(k.Coverage.ZeroResults, QueryCount{g.Value, g.Steps[0].Count})
		}
	}
	k.Health = healthOf(known(health.SearchesFound, health.Searches), known(health.IdeasLiked, health.IdeasShown))
	for n := range days {
		k.Trend = append(k.Trend, *byDay[today.AddDate(0, 0, -n)])
	}
	slices.Reverse(k.Trend)
	return k
}

// lately sums up the last days.
func lately(byDay map[time.Time]*KPIDay, today time.Time, days int) (sum KPIDay) {
	for n := range days {
		d := byDay[today.AddDate(0, 0, -n)]
		sum.QuizzesStarted, sum.QuizzesCompleted = sum.QuizzesStarted+d.QuizzesStarted, sum.QuizzesCompleted+d.QuizzesCompleted
		sum.GiftsShown, sum.GiftsClicked = sum.GiftsShown+d.GiftsShown, sum.GiftsClicked+d.GiftsClicked
		sum.IdeasShown, sum.IdeasLiked = sum.IdeasShown+d.IdeasShown, sum.IdeasLiked+d.IdeasLiked
		sum.Searches, sum.SearchesFound = sum.Searches+d.Searches, sum.SearchesFound+d.SearchesFound
	}
	return sum
}

func known(part, whole int) *Share {
	if whole == 0 {
		return nil
	}
	s := ShareOf(part, whole)
	return &s
}

// mean is of a breakdown's values, which are numbers.
func mean(r Report) *float64 {
	sum, n := 0.0, 0
	for _, g := range r.Breakdowns[0].Groups {
		if v, err := strconv.ParseFloat(strings.TrimSpace(g.Value), 64); err == nil {
			sum, n = sum+v*float64(g.Steps[0].Count), n+g.Steps[0].Count
		}
	}
	if n == 0 {
		return nil
	}
	sum /= float64(n)
	return &sum
}

func healthOf(hits, likes *Share) *Health {
	if hits == nil || likes == nil {
		return nil
	}
	h := Health{Coverage: min(100, 100*hits.Rate/0.8), Relevance: min(100, 100*likes.Rate/0.25), Status: "critical"}
	h.Score = int(math.Round(0.6*h.Coverage + 0.4*h.Relevance))
	switch {
	case h.Score > 75:
		h.Status = "healthy"
	case h.Score > 50:
		h.Status = "degraded"
	}
	return &h
}
