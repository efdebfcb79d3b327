package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"gifty/domain"
	"gifty/domain/evaluate"
	"gifty/projections/recommendation"
)

// evaluateRanking compares rankers on what was chosen from the pages that were served.
type evaluateRanking struct {
	Ranking bool    `help:"Compare popularity, words only, vectors only and ours on what was chosen later, by the log."`
	Split   float64 `default:"0.8" placeholder:"SHARE" help:"Of the choices, in the order of time, that the rankers may learn from (${default})."`
}

func (cmd evaluateRanking) validate() error {
	if !(cmd.Split > 0 && cmd.Split < 1) {
		return domain.Invalid("split_invalid", "--split must lie between 0 and 1")
	}
	return nil
}

// rankingLength is the k of the figures.
const rankingLength = 10

// compared is what is printed.
type compared struct {
	Split  time.Time        `json:"split"`
	Past   int              `json:"past"`
	Future int              `json:"future"`
	Shelf  int              `json:"shelf"`
	K      int              `json:"k"`
	Scores []evaluate.Score `json:"scores"`
}

// compare reads the log and ranks for everybody who chose something after the split.
func (cmd evaluateRanking) compare(ctx context.Context, config Config, c console) (r compared, err error) {
	a, err := open(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return r, err
	}
	defer a.close()
	history, err := recommendation.ReadHistory(ctx, a.store)
	if err != nil {
		return r, err
	}
	split := evaluate.SplitShare(history.Interactions, cmd.Split)
	if len(split.Future) > 0 {
		r.Split = split.Future[0].At
		split.Future = history.Fresh(split.Future, r.Split)
	}
	r.Past, r.Future, r.K = len(split.Past), len(split.Future), rankingLength
	if r.Past == 0 || r.Future == 0 {
		return r, domain.Invalid("split_empty", "rankers can't be compared: of the log's %d choices there must be some before and some after the split; there are %d and %d of gifts that were new by then",
			len(history.Interactions), r.Past, r.Future)
	}
	if err := a.engine.CatchUp(ctx); err != nil {
		return r, err
	}
	ranking, err := config.rankingIn(ctx, a.store)
	if err != nil {
		return r, err
	}
	ranker, err := recommendation.NewRecommender(a.finder, recommendation.RecommenderOptions{Ideas: a.rules, Ranking: ranking})
	if err != nil {
		return r, err
	}
	comparison, err := recommendation.Compare(ctx, ranker, history, r.Split)
	if err != nil {
		return r, err
	}
	rankers, bar := comparison.Rankers(ctx, split.Past), newBar(c.err, -1, "rankings")
	defer bar.end(c.err)
	for i, ranker := range rankers {
		rankers[i].Rank = func(who string, at time.Time, k int) ([]string, error) {
			bar.move(1)
			return ranker.Rank(who, at, k)
		}
	}
	r.Shelf = len(comparison.Shelf)
	r.Scores, err = evaluate.Compare(split, comparison.Shelf, rankers, rankingLength)
	return r, err
}

func (r compared) print(w io.Writer) {
	fmt.Fprintf(w, "learnt from %d choices before %s; asked for %d from then on, of gifts that were new; %d products\n\n", r.Past, r.Split.Format(time.RFC3339), r.Future, r.Shelf)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "ranker\tcases\tNDCG@%d\thit rate\tMRR\tcoverage\tdiversity\tnovelty\t\n", r.K)
	for _, s := range r.Scores {
		fmt.Fprintf(t, "%s\t%d\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.2f\t\n", s.Ranker, s.Cases, s.NDCG, s.HitRate, s.MRR, s.Coverage, s.Diversity, s.Novelty)
	}
	_ = t.Flush() // run tells what could not be written
	fmt.Fprintln(w, "\nnote: people could choose only what they were shown, which favours the ranker that served")
}
