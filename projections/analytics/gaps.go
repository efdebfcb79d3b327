package analytics

import (
	"context"
	"errors"
	"strconv"
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

// readDemands groups what was asked by its text. An idea is met when one of its queries is. A search without
// a similarity that found something was by words alone: nobody knows.
const readDemands = `WITH asked AS (
		SELECT coalesce(hypothesis_id, id) AS what, search_context = 'search' AS typed,
			max(CASE WHEN search_context = 'search' THEN search_query ELSE hypothesis_title END) AS text,
			max(coalesce(top_similarity, CASE WHEN results_count = 0 THEN 0 END)) AS best, max(created_at) AS at, max(place) AS place
		FROM search_logs WHERE created_at >= $1 AND embedding_model = $2 AND ($3 OR search_context <> 'search')
		GROUP BY 1, 2
	), unmet AS (
		SELECT min(text) AS text, count(*) FILTER (WHERE NOT typed) AS ideas, count(*) FILTER (WHERE typed) AS searches, avg(best) AS best,
			max(at) AS at, (array_agg(place ORDER BY place DESC))[1:5] AS places
		FROM asked WHERE best < $4 AND trim(text) <> '' GROUP BY lower(trim(text))
	)
	SELECT coalesce(text, '') AS text, coalesce(ideas, 0) AS ideas, coalesce(searches, 0) AS searches, coalesce(best, 0)::float8 AS best, coalesce(at, 'epoch') AS at,
		coalesce(places, '{}') AS places, known.asked, sum(coalesce(ideas + searches, 0)) OVER ()::bigint AS unmet, count(text) OVER () AS texts
	FROM (SELECT count(*) AS asked FROM asked WHERE best IS NOT NULL) AS known LEFT JOIN unmet ON true
	ORDER BY ideas + searches DESC, lower(text) COLLATE "C" LIMIT $5`

type demandRow struct {
	Text     string    `json:"text"`
	Ideas    int       `json:"ideas"`
	Searches int       `json:"searches"`
	Best     float64   `json:"best"`
	At       time.Time `json:"at"`
	Places   []int64   `json:"places"`
	Asked    int       `json:"asked"`
	Unmet    int       `json:"unmet"`
	Texts    int       `json:"texts"`
}

// Gaps says what was asked of the catalogue that it has nothing near for, as far as the read table of
// searches knows. Similarities of different models do not compare: only searches by this embedder count.
func Gaps(ctx context.Context, db projections.Querier, e catalogue.Embedder, q GapQuestion) (gaps analytics.Gaps, err error) {
	if !(q.Below > 0 && q.Below <= 1) {
		return gaps, domain.Invalid("below_invalid", "a similarity is more than 0 and at most 1").On("below", "is %g", q.Below)
	}
	rows, err := projections.Select[demandRow](ctx, db, readDemands, q.Since, e.Model().Name, q.Personal, q.Below, clustered)
	if err != nil {
		return gaps, err
	}
	gaps = analytics.Gaps{Since: q.Since.UTC(), Below: q.Below, Clusters: []analytics.Gap{}}
	var demands []analytics.Demand
	for _, r := range rows {
		gaps.Asked, gaps.Unmet, gaps.Left = r.Asked, analytics.ShareOf(r.Unmet, r.Asked), max(0, r.Texts-clustered)
		if r.Text == "" {
			continue
		}
		d := analytics.Demand{Text: r.Text, Ideas: r.Ideas, Searches: r.Searches, Best: r.Best, Last: r.At}
		for _, p := range r.Places {
			d.Examples = append(d.Examples, strconv.FormatInt(p, 10))
		}
		if d.Vector, err = vectorOf(ctx, e, r.Text); err != nil {
			return gaps, err
		}
		demands = append(demands, d)
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
