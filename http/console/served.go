package console

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"gifty/domain/account"
	"gifty/domain/recommendation"
	"gifty/projections"
	products "gifty/projections/catalogue"
	recommendations "gifty/projections/recommendation"
)

// served is a page of gifts as it was served, why it was so, and what became of it.
type served struct {
	row     recommendations.Recommendation
	page    recommendation.Recommended
	fates   map[string]recommendations.Item
	dropped []drop
	near    []recommendation.Candidate // of those that were left out, the best
	titles  map[string]string          // of near, as the catalogue has them now
	total   int
}

// drop is why candidates were left out, and how many.
type drop struct {
	why   string
	count int
}

// nearMost is how many of those left out are shown.
const nearMost = 8

func (c *console) maySee(ctx context.Context) bool {
	return c.May(ctx, account.AnalystPersonal) == nil
}

func (c *console) served(ctx context.Context, id string) (*served, error) {
	key, err := uuid.Parse(id)
	if err != nil {
		return nil, recommendation.ErrNotFound
	}
	s := &served{fates: map[string]recommendations.Item{}}
	if s.row, err = recommendations.Find(ctx, c.DB, key); err != nil {
		return nil, err
	}
	text, err := s.row.Page(ctx, c.Blobs)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &s.page); err != nil {
		return nil, err
	}
	items, err := recommendations.ItemsOf(ctx, c.DB, key)
	if err != nil {
		return nil, err
	}
	for _, item := range items {
		s.fates[item.GiftID] = item
	}
	considered, err := s.row.Considered(ctx, c.Blobs)
	if err != nil {
		return nil, err
	}
	s.consider(considered.Candidates)
	if err := s.name(ctx, c.DB); err != nil {
		return nil, err
	}
	if s.page.Notice != nil {
		s.page.Notice.Text = c.personal(ctx, s.page.Notice.Text)
	}
	for i := range s.page.Items {
		item := &s.page.Items[i]
		item.Reason = c.personal(ctx, item.Reason)
		slices.SortFunc(item.Features, func(a, b recommendation.Feature) int {
			return cmp.Compare(math.Abs(b.Contribution), math.Abs(a.Contribution))
		})
	}
	return s, nil
}

// consider sums up what the page was chosen from.
func (s *served) consider(all []recommendation.Candidate) {
	counts := map[string]int{}
	s.total = len(all)
	for _, candidate := range all {
		if candidate.Position > 0 {
			continue
		}
		counts[cmp.Or(candidate.Dropped, "outranked")]++
		if len(candidate.Values) > 0 {
			s.near = append(s.near, candidate)
		}
	}
	for why, n := range counts {
		s.dropped = append(s.dropped, drop{why, n})
	}
	slices.SortFunc(s.dropped, func(a, b drop) int { return cmp.Or(b.count-a.count, cmp.Compare(a.why, b.why)) })
	slices.SortFunc(s.near, func(a, b recommendation.Candidate) int { return cmp.Compare(b.Score, a.Score) })
	s.near = s.near[:min(len(s.near), nearMost)]
}

// name looks up what is shown of those that were left out.
func (s *served) name(ctx context.Context, db projections.Querier) error {
	ids := make([]string, len(s.near))
	for i, n := range s.near {
		ids[i] = n.GiftID
	}
	found, err := products.ByID(ctx, db, ids)
	s.titles = map[string]string{}
	for _, p := range found {
		s.titles[p.GiftID] = p.Title
	}
	return err
}

// reach is the largest contribution on the page, by which bars are scaled.
func (s *served) reach() float64 {
	most := 0.0
	for _, item := range s.page.Items {
		for _, f := range item.Features {
			most = max(most, math.Abs(f.Contribution))
		}
	}
	return max(most, 1e-9)
}

// leading are the features that say most about a gift.
func leading(item recommendation.Item) []recommendation.Feature {
	const enough = 6
	return item.Features[:min(len(item.Features), enough)]
}

// signed is a contribution with its sign.
func (w *words) signed(f float64) string {
	if f < 0 {
		return "−" + w.Float(-f, 3)
	}
	return "+" + w.Float(f, 3)
}

// measured is a similarity, or that it was not measured.
func (w *words) measured(similarity *float64) string {
	if similarity == nil {
		return noValue
	}
	return w.Float(*similarity, 3)
}

// from is where a bar begins that goes left of the middle for what speaks against, and right for what
// speaks for; long is how long it is.
func from(contribution, reach float64) string {
	if contribution >= 0 {
		return "50%"
	}
	return strconv.FormatFloat(50+50*contribution/reach, 'f', 2, 64) + "%"
}

func long(contribution, reach float64) string {
	return strconv.FormatFloat(50*math.Abs(contribution)/reach, 'f', 2, 64) + "%"
}
