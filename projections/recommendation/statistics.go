package recommendation

import (
	"context"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/erasure"
	"gifty/domain/recipient"
	"gifty/domain/recommend"
	"gifty/domain/recommendation"
	"gifty/projections"
)

// Statistics is what one person's feedback teaches of the features' weights. A person is a row, so
// that whoever goes takes what they taught along, exactly.
type Statistics struct {
	Subject         uuid.UUID  `json:"subject" db:"pk" doc:"the recipient, or the giver of pages for nobody in particular"`
	GiverID         uuid.UUID  `json:"giver_id"`
	RecipientID     *uuid.UUID `json:"recipient_id"`
	FeaturesVersion int        `json:"features_version"`
	N               int64      `json:"n" doc:"gifts of which anything became"`
	XX              []int64    `json:"xx" doc:"upper triangle of the sum of x·xᵀ by rows, intercept first, in millionths"`
	XR              []int64    `json:"xr" doc:"sum of x·reward, in millionths"`
	projections.Stamps
}

// statisticsVersion grows with what the fold means, but for the features, which have their own.
const statisticsVersion = 2

// RankingStatistics is what Bayesian linear regression learns the features' weights from. Every gift
// on a page counts once it is seen, followed, judged or bought, with the reward of the strongest that
// became of it; what changes later replaces what was counted before.
var RankingStatistics = projections.Table[Statistics]{
	Name: "ranking_statistics", Version: 100*statisticsVersion + recommend.FeaturesVersion,
	Doc: "Sufficient statistics of the feedback on recommended gifts, by person.",
	Fold: projections.Fold(
		learn(func(e recommendation.Shown) recommendation.Origin { return e.Origin },
			func(s *Statistics, e recommendation.Shown) {
				for _, mark := range e.Items {
					s.learn(mark, func(f *recommendation.Fate) { f.Shown = true })
				}
			}),
		learn(func(e recommendation.Clicked) recommendation.Origin { return e.Origin },
			func(s *Statistics, e recommendation.Clicked) {
				s.learn(e.Mark, func(f *recommendation.Fate) { f.Clicked = true })
			}),
		learn(func(e recommendation.Reacted) recommendation.Origin { return e.Origin },
			func(s *Statistics, e recommendation.Reacted) {
				s.learn(e.Mark, func(f *recommendation.Fate) { f.Reaction = e.Reaction })
			}),
		learn(func(e recommendation.Purchased) recommendation.Origin { return e.Origin },
			func(s *Statistics, e recommendation.Purchased) {
				s.learn(e.Mark, func(f *recommendation.Fate) { f.Purchased = true })
			}),
		projections.RemoveEach[Statistics]("recipient_id", func(e recipient.Deleted, _ domain.Meta) uuid.UUID { return e.RecipientID }),
		projections.RemoveEach[Statistics]("giver_id", func(e erasure.GiverErased, _ domain.Meta) uuid.UUID { return e.GiverID }),
	),
	Indexes: []string{`CREATE INDEX ON {table} (giver_id)`, `CREATE INDEX ON {table} (recipient_id)`},
}

// learn folds feedback into its person's row. What was served with features of another meaning
// teaches nothing.
func learn[E any](from func(E) recommendation.Origin, apply func(*Statistics, E)) projections.Rule[Statistics] {
	return projections.OnMany(
		func(e E, _ domain.Meta) []Statistics {
			o := from(e)
			if o.FeaturesVersion != recommend.FeaturesVersion {
				return nil
			}
			row := Statistics{Subject: o.GiverID, GiverID: o.GiverID, RecipientID: o.RecipientID, FeaturesVersion: o.FeaturesVersion}
			if o.RecipientID != nil {
				row.Subject = *o.RecipientID
			}
			return []Statistics{row}
		},
		func(s *Statistics, e E, _ domain.Meta) { apply(s, e) })
}

// learn replaces what a gift taught by what it teaches since this became of it.
func (s *Statistics) learn(mark recommendation.Mark, became func(*recommendation.Fate)) {
	fate := mark.Was
	became(&fate)
	values := inOrder(mark.Values)
	sum, err := s.statistics().Sub(observed(values, mark.Was))
	if err == nil {
		sum, err = sum.Add(observed(values, fate))
	}
	if err == nil { // always: both are of the table's version
		s.N, s.XX, s.XR = sum.N, sum.XX, sum.XR
	}
}

func (s *Statistics) statistics() recommend.Statistics {
	if len(s.XX) == 0 {
		return recommend.Statistics{}
	}
	return recommend.Statistics{Version: s.FeaturesVersion, N: s.N, XX: s.XX, XR: s.XR}
}

// inOrder is values as the statistics take them.
func inOrder(values []recommendation.Value) []float64 {
	byName := map[string]float64{}
	for _, v := range values {
		byName[v.Name] = v.Value
	}
	names := recommend.FeatureNames()
	ordered := make([]float64, len(names))
	for i, name := range names {
		ordered[i] = byName[name]
	}
	return ordered
}

// observed is what a gift with this fate teaches: nothing, as long as nothing is known of it.
func observed(values []float64, f recommendation.Fate) recommend.Statistics {
	kind, known := strongest(f)
	if !known {
		return recommend.Statistics{}
	}
	return recommend.Observe(values, kind.Reward())
}

// strongest is the kind that counts, in the order of Reaction.Strongest.
func strongest(f recommendation.Fate) (recommend.ReactionKind, bool) {
	judged := f.Reaction != "" && f.Reaction != recommendation.NoReaction
	switch {
	case f.Reaction == recommendation.Dislike:
		return recommend.Disliked, true
	case f.Purchased:
		return recommend.Purchased, true
	case judged:
		return recommend.ReactionKind(f.Reaction), true
	case f.Clicked:
		return recommend.Clicked, true
	}
	return recommend.Shown, f.Shown
}

// StatisticsOf reads what one person's feedback taught; nothing of somebody unknown.
func StatisticsOf(ctx context.Context, db projections.Querier, subject uuid.UUID) (recommend.Statistics, error) {
	row, _, err := projections.First[Statistics](ctx, db, `SELECT * FROM ranking_statistics WHERE subject = $1`, subject)
	return row.statistics(), err
}

const readTotal = `SELECT coalesce(max(features_version), 0) AS features_version, coalesce(sum(n), 0)::bigint AS n,
		coalesce((SELECT jsonb_agg(x ORDER BY i) FROM (
			SELECT i, sum(v::bigint) AS x FROM ranking_statistics, jsonb_array_elements_text(xx) WITH ORDINALITY AS e(v, i) GROUP BY i) s), '[]') AS xx,
		coalesce((SELECT jsonb_agg(x ORDER BY i) FROM (
			SELECT i, sum(v::bigint) AS x FROM ranking_statistics, jsonb_array_elements_text(xr) WITH ORDINALITY AS e(v, i) GROUP BY i) s), '[]') AS xr
	FROM ranking_statistics`

// TotalStatistics adds up what everybody's feedback taught. It reads the whole table: keep the
// answer for a while.
func TotalStatistics(ctx context.Context, db projections.Querier) (recommend.Statistics, error) {
	row, _, err := projections.First[Statistics](ctx, db, readTotal)
	return row.statistics(), err
}
