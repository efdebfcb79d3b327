package evaluate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"gifty/domain"
)

// Interaction is somebody choosing something.
type Interaction struct {
	Who   string // for whom things are ranked: a recipient, a session, a giver
	Item  string
	At    time.Time
	Grade float64 // how much it says, more than 0: 1 for a click, more for a purchase
}

// Split is what rankers may learn from, and what they are asked afterwards.
type Split struct{ Past, Future []Interaction }

// SplitAt divides interactions by a moment: what is to be predicted must lie after all that is known.
func SplitAt(all []Interaction, moment time.Time) (s Split) {
	for _, i := range all {
		if i.At.Before(moment) {
			s.Past = append(s.Past, i)
			continue
		}
		s.Future = append(s.Future, i)
	}
	return s
}

// SplitShare divides at the moment by which a share of the interactions, 0 to 1, had happened. Those at
// that very moment are to be predicted.
func SplitShare(all []Interaction, share float64) Split {
	if len(all) == 0 {
		return Split{}
	}
	sorted := slices.SortedStableFunc(slices.Values(all), func(a, b Interaction) int { return a.At.Compare(b.At) })
	at := min(max(int(share*float64(len(sorted))), 0), len(sorted)-1)
	return SplitAt(sorted, sorted[at].At)
}

// Ranker ranks for somebody as it would have done at a moment: the best k items, best first, each once.
type Ranker struct {
	Name string
	Rank func(who string, at time.Time, k int) ([]string, error)
}

// Popularity ranks for everybody what was chosen most before, by name where that is equal: the baseline
// that costs nothing.
func Popularity(past []Interaction) Ranker {
	sums := map[string]float64{}
	for _, i := range past {
		sums[i.Item] += i.Grade
	}
	ranked := slices.SortedFunc(maps.Keys(sums), func(a, b string) int {
		return cmp.Or(cmp.Compare(sums[b], sums[a]), cmp.Compare(a, b))
	})
	return Ranker{"popularity", func(_ string, _ time.Time, k int) ([]string, error) { return first(ranked, k), nil }}
}

// Score is how a ranker did: means over those who chose something in the split's future. See NDCG, Hit,
// ReciprocalRank, Coverage, Diversity and Novelty for the ranges.
type Score struct {
	Ranker    string  `json:"ranker"`
	Cases     int     `json:"cases"`
	NDCG      float64 `json:"ndcg"`
	HitRate   float64 `json:"hit_rate"`
	MRR       float64 `json:"mrr"`
	Coverage  float64 `json:"coverage"`
	Diversity float64 `json:"diversity"`
	Novelty   float64 `json:"novelty"`
}

// question is what somebody chose in the future: the ranking asked for at the first choice's moment.
type question struct {
	who    string
	at     time.Time
	grades map[string]float64
}

// questions are in the order of time, then name. The highest grade of an item counts.
func (s Split) questions() []question {
	all := map[string]*question{}
	for _, i := range s.Future {
		q, ok := all[i.Who]
		if !ok {
			q = &question{i.Who, i.At, map[string]float64{}}
			all[i.Who] = q
		}
		if i.At.Before(q.at) {
			q.at = i.At
		}
		q.grades[i.Item] = max(q.grades[i.Item], i.Grade)
	}
	list := make([]question, 0, len(all))
	for _, q := range all {
		list = append(list, *q)
	}
	slices.SortFunc(list, func(a, b question) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.who, b.who)) })
	return list
}

// Compare asks each ranker for k items for everybody who chose something in the split's future.
// The catalogue names every item that could be shown.
func Compare(s Split, catalogue map[string]Item, rankers []Ranker, k int) ([]Score, error) {
	questions := s.questions()
	switch {
	case k < 1:
		return nil, domain.Invalid("k_invalid", "rankings must be at least 1 long, not %d", k)
	case len(s.Past) == 0 || len(questions) == 0:
		return nil, domain.Invalid("split_empty", "there must be choices before and after the split: there are %d and %d", len(s.Past), len(s.Future))
	}
	chosen := map[string]int{}
	for _, i := range s.Past {
		chosen[i.Item]++
	}
	scores := make([]Score, len(rankers))
	for i, r := range rankers {
		rankings := make([][]string, len(questions))
		for j, q := range questions {
			ranked, err := r.Rank(q.who, q.at, k)
			if err != nil {
				return nil, fmt.Errorf("ranking by %s: %w", r.Name, err)
			}
			rankings[j] = first(ranked, k)
		}
		scores[i] = score(r.Name, questions, rankings, catalogue, chosen, k)
	}
	return scores, nil
}

func score(name string, questions []question, rankings [][]string, catalogue map[string]Item, chosen map[string]int, k int) Score {
	s := Score{Ranker: name, Cases: len(questions), Coverage: Coverage(rankings, len(catalogue))}
	each := 1 / float64(len(questions))
	for i, ranked := range rankings {
		items := make([]Item, len(ranked))
		for j, item := range ranked {
			items[j] = catalogue[item]
		}
		grades := questions[i].grades
		s.NDCG += each * NDCG(ranked, grades, k)
		s.HitRate += each * Hit(ranked, grades, k)
		s.MRR += each * ReciprocalRank(ranked, grades)
		s.Diversity += each * Diversity(items)
		s.Novelty += each * Novelty(ranked, chosen, len(catalogue))
	}
	return s
}

func descending(list []float64) {
	slices.SortFunc(list, func(a, b float64) int { return cmp.Compare(b, a) })
}
