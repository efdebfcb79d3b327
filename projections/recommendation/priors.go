package recommendation

import (
	"context"

	"gifty/domain/recommend"
	"gifty/projections"
)

// taken is how often products of a category met recipients of a relation and age, and how often well.
type taken struct {
	Relation *string `json:"relation"`
	Age      *int    `json:"age" personal:"id"` // so a row is one recipient's
	Category string  `json:"category"`
	Met      int64   `json:"met"`
	Good     int64   `json:"good"`
}

const readTaken = `SELECT c.relation, c.age, p.category, count(*) AS met,
		count(*) FILTER (WHERE r.reaction IS DISTINCT FROM 'dislike' AND (r.reaction IS NOT NULL OR r.purchased_at IS NOT NULL)) AS good
	FROM recipient_reactions r
	JOIN recipients c ON c.id = r.recipient_id
	JOIN products p ON p.gift_id = r.gift_id AND p.category IS NOT NULL
	GROUP BY 1, 2, 3`

// ReadPriors counts how people of each relation and age took to each category: a like, a shortlisting or a
// purchase is good; of what was met otherwise so much is bad that the kind of person is even over all
// categories, for most of what anybody sees is let pass. It reads everybody's reactions, so that whoever is
// erased counts no more: keep the answer for a while.
func ReadPriors(ctx context.Context, db projections.Querier) (recommend.Priors, error) {
	rows, err := projections.Select[taken](ctx, db, readTaken)
	if err != nil {
		return nil, err
	}
	counts, all := recommend.Priors{}, map[recommend.PriorKey]recommend.Counts{}
	for _, row := range rows {
		key := recommend.PriorOf(orEmpty(row.Relation), row.Age, row.Category)
		good, other := float64(row.Good), float64(row.Met-row.Good)
		counts[key] = recommend.Counts{Good: counts[key].Good + good, Bad: counts[key].Bad + other}
		key.Category = ""
		all[key] = recommend.Counts{Good: all[key].Good + good, Bad: all[key].Bad + other}
	}
	for key, c := range counts {
		if of := all[recommend.PriorKey{Relation: key.Relation, Segment: key.Segment}]; of.Bad > 0 {
			c.Bad *= of.Good / of.Bad
			counts[key] = c
		}
	}
	return counts, nil
}
