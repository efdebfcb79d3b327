package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"gifty/domain"
	"gifty/domain/recommend"
	domainrecommendation "gifty/domain/recommendation"
	"gifty/projections/recommendation"
)

type simulateCommand struct {
	Givers      int    `default:"100" placeholder:"N" help:"How many givers, 1 to 100000 (${default})."`
	Seed        uint64 `default:"1" placeholder:"N" help:"Who they are, and what chance does; the same again changes nothing where it has been (${default})."`
	Pages       int    `default:"3" placeholder:"N" help:"Each giver gets, one after another, 1 to 100 (${default})."`
	Gifts       int    `default:"10" placeholder:"N" help:"A page at most, 1 to 50 (${default})."`
	Policy      string `placeholder:"FILE" help:"The policy that serves, as JSON; when left out the ranking in force, or what --policies names, an experiment too."`
	Truth       string `placeholder:"FILE" help:"A policy of which to tell what it would truly earn where the other serves."`
	Draws       int    `default:"10" placeholder:"N" help:"Pages of that policy to draw for each that is served, 1 to 1000 (${default})."`
	FirstGifts  int    `name:"first" placeholder:"N" help:"Count the true value of the first N gifts of a page alone (0: all)."`
	Concurrency int    `default:"4" placeholder:"N" help:"Givers at a time, 1 to 64; no result depends on it (${default})."`
	Currency    string `default:"RUB" placeholder:"CODE" help:"Of their budgets (${default})."`
	Language    string `default:"ru" enum:"ru,en" placeholder:"CODE" help:"Of their pages: ru or en (${default})."`
	JSON        bool   `name:"json" help:"Print JSON."`
	Stock
}

// Help says what is not to be overlooked.
func (simulateCommand) Help() string {
	return "The givers go through the same commands as people: their recipients, pages and reactions are events in the log, and the ranking learns from them. Use a database made for it."
}

// Validate refuses what can't be simulated.
func (cmd simulateCommand) Validate() error {
	for _, n := range []struct {
		flag       string
		n, low, up int
	}{
		{"givers", cmd.Givers, 1, 100_000}, {"pages", cmd.Pages, 1, 100}, {"gifts", cmd.Gifts, 1, domainrecommendation.MaxLimit},
		{"draws", cmd.Draws, 1, 1000}, {"first", cmd.FirstGifts, 0, domainrecommendation.MaxLimit}, {"concurrency", cmd.Concurrency, 1, 64},
	} {
		if n.n < n.low || n.n > n.up {
			return domain.Invalid(n.flag+"_invalid", "--%s must be %d to %d", n.flag, n.low, n.up)
		}
	}
	if !currencyCode.MatchString(cmd.Currency) {
		return domain.Invalid("currency_invalid", "--currency must be a three-letter ISO 4217 code such as RUB or EUR")
	}
	return nil
}

// policyFiles are the policies that files name.
type policyFiles struct {
	serving *recommend.Policy // nil: the ranking in force serves
	truth   *recommend.Policy // nil: the first that serves
}

// files reads the policies that files name.
func (cmd simulateCommand) files() (files policyFiles, err error) {
	for _, f := range []struct {
		name string
		into **recommend.Policy
	}{{cmd.Policy, &files.serving}, {cmd.Truth, &files.truth}} {
		if f.name == "" {
			continue
		}
		p, err := readPolicy(f.name)
		if err != nil {
			return files, err
		}
		*f.into = &p
	}
	return files, nil
}

// among are the policies that serve, those in force where no file names one, and the one whose truth is told.
func (f policyFiles) among(inForce recommendation.Ranking) (ranking recommendation.Ranking, truth recommend.Policy, err error) {
	ranking = inForce
	if f.serving != nil {
		ranking = recommendation.Ranking{Policies: []recommend.Policy{*f.serving}}
	}
	truth = ranking.Policies[0]
	if f.truth != nil {
		truth = *f.truth
	}
	for _, p := range ranking.Policies {
		if truth.Name == p.Name && truth != p {
			return ranking, truth, domain.Invalid("policy_name_used", "the policy of --truth and one that serves are both named %s; name one of them otherwise", truth.Name)
		}
	}
	ranking.Policies = append(slices.Clone(ranking.Policies), truth)
	return ranking, truth, nil
}

// Run lets the givers go through their pages.
func (cmd simulateCommand) Run(ctx context.Context, config Config, c console) error {
	files, err := cmd.files()
	if err != nil {
		return err
	}
	a, err := openToSearch(ctx, config, cmd.Stock, c)
	if err != nil {
		return err
	}
	defer a.close()
	inForce, err := config.rankingIn(ctx, a.store)
	if err != nil {
		return err
	}
	ranking, truth, err := files.among(inForce)
	if err != nil {
		return err
	}
	w := &simulation{cmd: cmd, app: a, ranking: ranking, truth: truth, now: time.Now()}
	options := recommendation.RecommenderOptions{
		Ideas: a.rules, Ranking: ranking,
		Now: func() time.Time { return w.now },
	}
	if w.ranker, err = recommendation.NewRecommender(a.finder, options); err != nil {
		return err
	}
	w.commands = a.recommendations
	w.commands.Recommender = w.ranker
	if err := w.run(ctx, c); err != nil {
		return err
	}
	result := w.result()
	if cmd.JSON {
		return printJSON(c.out, result)
	}
	result.print(c.out)
	return nil
}

// run goes round by round: everybody gets a page, then everybody responds, then the read tables catch
// up. So no page depends on who was faster.
func (w *simulation) run(ctx context.Context, c console) error {
	w.begin()
	bar := newBar(c.err, int64(w.cmd.Givers*w.cmd.Pages), "simulated pages")
	defer bar.end(c.err)
	steps := []func(context.Context, *visitor, int) error{w.serve, w.respond}
	for round := range w.cmd.Pages {
		w.now = w.now.Add(betweenRounds)
		for _, step := range steps {
			if err := w.app.engine.CatchUp(ctx); err != nil {
				return err
			}
			group, ctx := errgroup.WithContext(ctx)
			group.SetLimit(w.cmd.Concurrency)
			for i := range w.visitors {
				group.Go(func() error { return step(ctx, &w.visitors[i], round) })
			}
			if err := group.Wait(); err != nil {
				return err
			}
		}
		bar.move(w.cmd.Givers)
	}
	return w.app.engine.CatchUp(ctx)
}

// betweenRounds is by how much a round is later than the one before, so that the ranker reads anew what it
// has been taught.
const betweenRounds = time.Minute

// simulated is what is printed.
type simulated struct {
	Seed   uint64 `json:"seed"`
	Policy string `json:"policy"`
	funnel
	// RewardPerPage is what the givers' reactions were worth, as evaluate has it; ExpectedPerPage what
	// they were to be expected to be worth by the givers' preferences.
	RewardPerPage   float64 `json:"reward_per_page"`
	ExpectedPerPage float64 `json:"expected_per_page"`
	Truth           *truth  `json:"truth,omitempty"`
}

// truth is what a policy truly earns a page.
type truth struct {
	Policy string  `json:"policy"`
	Value  float64 `json:"value"`
	Error  float64 `json:"standard_error"` // for having drawn finitely many pages, by givers
	Drawn  int     `json:"drawn"`          // pages
}

func (w *simulation) result() simulated {
	r := simulated{Seed: w.cmd.Seed, Policy: servedBy(w.ranking)}
	var sum, expected, drawn, squares float64
	var values []float64
	for _, v := range w.visitors {
		r.funnel = r.plus(v.funnel)
		sum, expected = sum+v.reward, expected+v.expected
		if v.Pages > 0 {
			values = append(values, v.drawn/float64(v.Pages*w.cmd.Draws))
			drawn += v.drawn
		}
	}
	pages := float64(max(1, r.Pages))
	r.RewardPerPage, r.ExpectedPerPage = sum/pages, expected/pages
	if w.cmd.Truth == "" || r.Pages == 0 {
		return r
	}
	t := truth{Policy: recommendation.PolicyName(w.truth), Value: drawn / pages / float64(w.cmd.Draws), Drawn: r.Pages * w.cmd.Draws}
	for _, v := range values {
		squares += (v - t.Value) * (v - t.Value)
	}
	t.Error = math.Sqrt(squares) / float64(len(values))
	r.Truth = &t
	return r
}

// servedBy names the policy that serves, or those that an experiment divides people among.
func servedBy(r recommendation.Ranking) string {
	if r.Experiment == nil {
		return recommendation.PolicyName(r.Policies[0])
	}
	var names []string
	for _, share := range r.Experiment.Shares {
		for _, p := range r.Policies {
			if p.Name == share.Name {
				names = append(names, recommendation.PolicyName(p))
			}
		}
	}
	return strings.Join(names, ", ") + " in experiment " + r.Experiment.Name
}

func (r simulated) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "policy\t%s\nseed\t%d\ngivers\t%d\n", r.Policy, r.Seed, r.Givers)
	for _, step := range []struct {
		name  string
		n, of int
		what  string
	}{
		{"pages", r.Pages, 0, ""}, {"without gifts", r.Empty, 0, ""}, {"gifts", r.Gifts, 0, ""}, {"shown", r.Shown, r.Gifts, "the gifts"},
		{"clicked", r.Clicked, r.Shown, "those shown"}, {"liked", r.Liked, r.Shown, "those shown"},
		{"disliked", r.Disliked, r.Shown, "those shown"}, {"purchased", r.Purchased, r.Shown, "those shown"},
	} {
		share := ""
		if step.what != "" {
			share = fmt.Sprintf("%.3g %% of %s", 100*float64(step.n)/float64(cmp.Or(step.of, 1)), step.what)
		}
		fmt.Fprintf(t, "%s\t%d\t%s\n", step.name, step.n, share)
	}
	fmt.Fprintf(t, "reward a page\t%.5g\texpected by their preferences: %.5g\n", r.RewardPerPage, r.ExpectedPerPage)
	if r.Truth != nil {
		fmt.Fprintf(t, "true value of %s\t%.5g\t± %.2g, of %d pages drawn\n", r.Truth.Policy, r.Truth.Value, 1.96*r.Truth.Error, r.Truth.Drawn)
	}
	_ = t.Flush() // run tells what could not be written
}
