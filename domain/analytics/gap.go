package analytics

import (
	"cmp"
	"slices"
	"time"
)

// Gaps is what was asked of the catalogue and what it has nothing near for.
type Gaps struct {
	Since    time.Time `json:"since"`
	Below    float64   `json:"below" doc:"What nothing is as similar to as this, by the cosine of the best product, is unmet."`
	Asked    int       `json:"asked" doc:"Ideas that were searched for, and people's searches."`
	Unmet    Share     `json:"unmet" doc:"Of those asked."`
	Left     int       `json:"left" doc:"Unmet texts that are in no gap: of too many the most frequent are clustered."`
	Clusters []Gap     `json:"gaps" doc:"What was asked for most first."`
}

// Gap is unmet demands of one meaning.
type Gap struct {
	Title    string    `json:"title" doc:"The most frequent text of it."`
	Ideas    int       `json:"ideas"`
	Searches int       `json:"searches"`
	Best     float64   `json:"best_similarity" doc:"The mean of what came nearest to each."`
	Texts    []string  `json:"texts" doc:"The most frequent ones, most first."`
	Examples []string  `json:"examples" doc:"Log positions of searches behind it, the latest first."`
	Last     time.Time `json:"last_at"`
	Places   []int64   `json:"-"` // of all of them: a log position an idea or search
}

// Demand is one text that was asked for and not met.
type Demand struct {
	Text     string
	Ideas    int
	Searches int
	Best     float64 // the mean of the best products' cosines
	Examples []string
	Last     time.Time
	Places   []int64   // log positions, one an idea or search
	Vector   []float32 // of unit length; nil: no words that mean anything
}

func (d Demand) count() int { return d.Ideas + d.Searches }

// Limits of a gap's lists.
const (
	gapTexts    = 5
	gapExamples = 5
)

// ClusterGaps puts demands together whose meaning is like that of a more frequent one: the cosine is alike or
// more. The most frequent lead, equally frequent ones by their text, so that the same demands always make the
// same gaps, in whatever order they come.
func ClusterGaps(demands []Demand, alike float64) []Gap {
	demands = slices.Clone(demands)
	slices.SortFunc(demands, func(a, b Demand) int { return cmp.Or(b.count()-a.count(), cmp.Compare(a.Text, b.Text)) })
	var leaders []Demand
	var members [][]Demand
	for _, d := range demands {
		best, at := alike, -1
		for i, l := range leaders {
			if c := cosine(d.Vector, l.Vector); c >= best && (c > best || at < 0) {
				best, at = c, i
			}
		}
		if at < 0 {
			leaders, members = append(leaders, d), append(members, nil)
			at = len(leaders) - 1
		}
		members[at] = append(members[at], d)
	}
	gaps := make([]Gap, len(members))
	for i, list := range members {
		gaps[i] = gapOf(list)
	}
	slices.SortStableFunc(gaps, func(a, b Gap) int {
		return cmp.Or(b.Ideas+b.Searches-a.Ideas-a.Searches, cmp.Compare(a.Title, b.Title))
	})
	return gaps
}

func gapOf(list []Demand) Gap {
	g := Gap{Title: list[0].Text, Texts: []string{}, Examples: []string{}}
	byTime := slices.Clone(list)
	slices.SortStableFunc(byTime, func(a, b Demand) int { return b.Last.Compare(a.Last) })
	g.Last = byTime[0].Last
	for _, d := range list {
		g.Ideas, g.Searches, g.Best = g.Ideas+d.Ideas, g.Searches+d.Searches, g.Best+d.Best*float64(d.count())
		g.Places = append(g.Places, d.Places...)
		if len(g.Texts) < gapTexts {
			g.Texts = append(g.Texts, d.Text)
		}
	}
	g.Best /= float64(g.Ideas + g.Searches)
	for _, d := range byTime {
		g.Examples = append(g.Examples, d.Examples[:min(len(d.Examples), gapExamples-len(g.Examples))]...)
	}
	return g
}

func cosine(a, b []float32) (sum float64) {
	if len(a) != len(b) {
		return 0
	}
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
