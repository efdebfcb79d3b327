package analytics

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"gifty/domain"
	"gifty/domain/analytics"
	"gifty/domain/catalogue"
	"gifty/projections"
)

// GapQuestion is which gaps of the catalogue are wanted.
type GapQuestion struct {
	Since    time.Time // searches from then on count
	Below    float64   // 0–1: what nothing is as similar to is unmet
	Personal bool      // what people typed counts, too, and is shown
}

const (
	// clustered is how many texts are made vectors of and compared.
	clustered = 500
	// alikeGaps is the cosine from which two demands are one gap.
	alikeGaps = 0.5
)

// readAsked is what was asked, an idea or what somebody typed a row. An idea is met when one of its queries
// is. A search without a similarity that found something was by words alone: nobody knows. The texts are
// sealed, so what is alike in them is found here and not by the database; all of an idea's are the same.
const readAsked = `SELECT search_context = 'search' AS typed, min(CASE WHEN search_context = 'search' THEN search_query ELSE hypothesis_title END) AS text,
		max(coalesce(top_similarity, CASE WHEN results_count = 0 THEN 0 END)) AS best, max(created_at) AS at, max(place) AS place
	FROM search_logs WHERE created_at >= $1 AND embedding_model = $2 AND ($3 OR search_context <> 'search')
	GROUP BY coalesce(hypothesis_id, id), 1 HAVING max(top_similarity) IS NOT NULL OR NOT bool_or(results_count > 0)
	ORDER BY place DESC`

type askedRow struct {
	Typed bool      `json:"typed"`
	Text  *string   `json:"text" personal:"recipient_id,giver_id"`
	Best  float64   `json:"best"`
	At    time.Time `json:"at"`
	Place int64     `json:"place"`
}

// gapExamples is how many searches a demand names.
const gapExamples = 5

// demandsIn groups what was asked, the latest first, and not met by its text, the most frequent first.
func demandsIn(rows []askedRow, below float64) (demands []analytics.Demand, unmet int) {
	byText := map[string]*analytics.Demand{}
	for _, r := range rows {
		if r.Best >= below || r.Text == nil || strings.TrimSpace(*r.Text) == "" {
			continue
		}
		unmet++
		key := strings.ToLower(strings.TrimSpace(*r.Text))
		d := byText[key]
		if d == nil {
			d = &analytics.Demand{Text: *r.Text, Last: r.At}
			byText[key] = d
		}
		d.Text, d.Best = min(d.Text, *r.Text), d.Best+r.Best
		if r.Typed {
			d.Searches++
		} else {
			d.Ideas++
		}
		if r.At.After(d.Last) {
			d.Last = r.At
		}
		d.Places = append(d.Places, r.Place)
		if len(d.Examples) < gapExamples {
			d.Examples = append(d.Examples, strconv.FormatInt(r.Place, 10))
		}
	}
	for _, d := range byText {
		d.Best /= float64(d.Ideas + d.Searches)
		demands = append(demands, *d)
	}
	slices.SortFunc(demands, func(a, b analytics.Demand) int {
		return cmp.Or(cmp.Compare(b.Ideas+b.Searches, a.Ideas+a.Searches), strings.Compare(strings.ToLower(a.Text), strings.ToLower(b.Text)))
	})
	return demands, unmet
}

// Gaps says what was asked of the catalogue that it has nothing near for, as far as the read table of
// searches knows. Similarities of different models do not compare: only searches by this embedder count.
func Gaps(ctx context.Context, db projections.Querier, e catalogue.Embedder, q GapQuestion) (gaps analytics.Gaps, err error) {
	if !(q.Below > 0 && q.Below <= 1) {
		return gaps, domain.Invalid("below_invalid", "a similarity is more than 0 and at most 1").On("below", "is %g", q.Below)
	}
	rows, err := projections.Select[askedRow](ctx, db, readAsked, q.Since, e.Model().Name, q.Personal)
	if err != nil {
		return gaps, err
	}
	demands, unmet := demandsIn(rows, q.Below)
	gaps = analytics.Gaps{
		Since: q.Since.UTC(), Below: q.Below, Clusters: []analytics.Gap{},
		Asked: len(rows), Unmet: analytics.ShareOf(unmet, len(rows)), Left: max(0, len(demands)-clustered),
	}
	demands = demands[:min(len(demands), clustered)]
	for i := range demands {
		if demands[i].Vector, err = vectorOf(ctx, e, demands[i].Text); err != nil {
			return gaps, err
		}
	}
	gaps.Clusters = append(gaps.Clusters, analytics.ClusterGaps(demands, alikeGaps)...)
	return gaps, nil
}

func vectorOf(ctx context.Context, e catalogue.Embedder, text string) ([]float32, error) {
	if !catalogue.HasWords(text) {
		return nil, nil
	}
	vectors, err := e.Embed(ctx, []string{text})
	if errors.Is(err, catalogue.ErrTextWithoutWords) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return vectors[0], nil
}
