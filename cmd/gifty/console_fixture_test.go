package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/domain/catalogue/demo"
	"gifty/domain/catalogue/feed"
	"gifty/domain/configuration"
	domaindiscovery "gifty/domain/discovery"
	domainrecipient "gifty/domain/recipient"
	"gifty/domain/recommend"
	"gifty/domain/recommend/simulate"
	domainrecommendation "gifty/domain/recommendation"
	"gifty/eventstore"
	"gifty/projections"
	"gifty/projections/all/alltest"
	"gifty/projections/recommendation"
)

// past is the whole product in this process, with some days of made-up use behind it: pages and
// reactions by the simulator, ideas, dialogues and searches by the same commands as people's.
type past struct {
	*app
	clock *clock
	token string // of an admin
}

// clock says when events occur: each some seconds after the one before.
type clock struct {
	now   atomic.Pointer[time.Time]
	reads atomic.Int64
}

func (c *clock) set(t time.Time) { c.now.Store(&t); c.reads.Store(0) }

func (c *clock) read() time.Time {
	return c.now.Load().UTC().Add(time.Duration(c.reads.Add(1)) * 2 * time.Second)
}

// configOf is the settings as a command line gives them.
func configOf(t testing.TB, args ...string) Config {
	t.Helper()
	config, err := parsed(args...)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func parsed(args ...string) (Config, error) {
	var cli commands
	parser, err := kong.New(&cli)
	if err == nil {
		_, err = parser.Parse(append([]string{"serve"}, args...))
	}
	return cli.Config, err
}

// newPast makes up so many days in which so many givers look for gifts, until now.
func newPast(t testing.TB, days, givers int) *past {
	t.Helper()
	p := &past{clock: &clock{}}
	begin := time.Now().AddDate(0, 0, -days).Add(-3 * time.Hour)
	p.clock.set(begin)
	config := configOf(t, "--database-url="+alltest.Tables.URL(t), "--embedder=hash", "--data="+t.TempDir(), "--llm=none")
	logger := slog.New(slog.DiscardHandler)
	var err error
	p.app, err = start(t.Context(), config, logger, func(a *app) error {
		if err := a.follow(t.Context(), projections.Options{}); err != nil {
			return err
		}
		a.store = eventstore.Open(a.pool, a.engine.Types(), eventstore.Options{Logger: logger, Now: p.clock.read})
		own := a.store
		a.onClose(func(context.Context) { own.Close() })
		a.catalogue.Log = a.store
		if err := a.access(environment()); err != nil {
			return err
		}
		if a.accounts, err = a.accountCommands(environment()); err != nil {
			return err
		}
		return a.wire(t.Context())
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	ctx := domain.WithPrincipal(t.Context(), domain.System)
	made, err := p.accounts.IssueServiceToken(ctx, account.IssueServiceToken{Name: "admin", Scopes: []account.Scope{account.Admin}, Giver: domain.LocalGiver.Giver})
	if err != nil {
		t.Fatal(err)
	}
	p.token = made.Secret
	if err := p.importSome(ctx); err != nil {
		t.Fatal(err)
	}
	if err := p.embedAll(ctx, io.Discard); err != nil {
		t.Fatal(err)
	}
	p.publish(domain.WithPrincipal(t.Context(), domain.System), t)
	working, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() { p.react(working, 4, time.Minute) })
	t.Cleanup(func() { stop(); all.Wait() })
	p.live(t, begin, days, givers)
	return p
}

// importSome stores every third product of the demo catalogue: enough to find something of everything.
func (p *past) importSome(ctx context.Context) error {
	_, err := p.importer(demoSource).Import(newCommand(ctx), func(yield func(feed.Line, error) bool) {
		n := 0
		for item, err := range demo.Items() {
			if n++; n%3 == 0 && !yield(feed.Line{Number: n, Item: item}, err) {
				return
			}
		}
	})
	return err
}

func (p *past) live(t testing.TB, begin time.Time, days, givers int) {
	t.Helper()
	serving := recommend.DefaultPolicy()
	w := &simulation{
		cmd: simulateCommand{Givers: givers, Seed: 7, Pages: days, Gifts: 6, Currency: "RUB", Language: "ru"},
		app: p.app, ranking: recommendation.Ranking{Policies: []recommend.Policy{serving}}, truth: serving,
	}
	var err error
	w.ranker, err = recommendation.NewRecommender(p.finder, recommendation.RecommenderOptions{Ideas: p.rules, Ranking: w.ranking, Now: p.clock.read})
	if err != nil {
		t.Fatal(err)
	}
	w.commands = p.recommendations
	w.commands.Recommender = w.ranker
	w.begin()
	chance := rand.New(rand.NewPCG(1, 2))
	for day := range days + 1 {
		now := begin.AddDate(0, 0, day)
		p.clock.set(now)
		w.now = now
		if err := p.engine.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		var out []*visitor
		for i := range w.visitors {
			if chance.IntN(100) <= 30+60*day/(days+1) || day == days {
				out = append(out, &w.visitors[i])
			}
		}
		for _, step := range []func(context.Context, *visitor, int) error{p.introduce(w), w.serve, w.respond} {
			if err := p.together(t.Context(), out, day+1, step); err != nil {
				t.Fatal(err)
			}
		}
		p.converse(t, chance, day)
	}
	if err := p.engine.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// introduce has givers who come for the first time describe somebody.
func (p *past) introduce(w *simulation) func(context.Context, *visitor, int) error {
	return func(ctx context.Context, v *visitor, _ int) error {
		if v.recipient != uuid.Nil {
			return nil
		}
		return w.introduce(domain.WithPrincipal(ctx, v.principal), v)
	}
}

// together has visitors do something at once, once the read tables show all that was done before.
func (p *past) together(ctx context.Context, visitors []*visitor, day int, do func(context.Context, *visitor, int) error) error {
	if err := p.engine.CatchUp(ctx); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, v := range visitors {
		group.Go(func() error { return do(ctx, v, day) })
	}
	return group.Wait()
}

// converse is quizzes, ideas and searches of the local giver on a day.
func (p *past) converse(t testing.TB, chance *rand.Rand, day int) {
	t.Helper()
	ctx := domain.WithPrincipal(t.Context(), domain.LocalGiver)
	quizzes, asking := errgroup.WithContext(ctx)
	for n := range 2 + chance.IntN(3) {
		own := rand.New(rand.NewPCG(uint64(day), uint64(n)))
		quizzes.Go(func() error { return p.quiz(asking, own, simulate.New(11, uint64(100*day+n))) })
	}
	if err := quizzes.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"набор для рыбалки", "тёплый плед", "квадрокоптер для подводной съёмки", "board game"}[:1+chance.IntN(4)] {
		found := chance.IntN(12)
		search := domaindiscovery.Search{Query: text, ResultsCount: found, EngineVersion: "hybrid_v1", EmbeddingModel: "hash"}
		if _, err := p.discovery.LogSearch(ctx, domaindiscovery.LogSearch{SessionID: fmt.Sprint("web-", day), Search: search}); err != nil {
			t.Fatal(err)
		}
	}
	age := 20 + chance.IntN(50)
	started, err := p.discovery.Start(ctx, domaindiscovery.StartDiscovery{Quiz: domaindiscovery.Quiz{
		Age: &age, Relationship: "friend", Interests: domaindiscovery.Words{"coffee", "fishing"}, Language: "ru",
	}})
	if err != nil {
		t.Fatal(err, started)
	}
}

// quiz is ideas asked for, and what is done with the first of them.
func (p *past) quiz(ctx context.Context, chance *rand.Rand, who simulate.Giver) error {
	budget := who.Budget
	made, err := p.discovery.Generate(ctx, domaindiscovery.GenerateHypotheses{Count: 3, Quiz: domaindiscovery.Quiz{
		Age: &who.Age, Gender: who.Gender, Relationship: who.Relation, Occasion: who.Occasion, Interests: who.Interests, Budget: &budget, Currency: "RUB", Language: "ru",
	}})
	if err != nil {
		return err
	}
	if _, err := p.recommendations.Recommend(ctx, domainrecommendation.Recommend{
		SessionID: made.Result.SessionID, Limit: 5,
		Brief: domainrecommendation.Brief{Age: &who.Age, Relation: who.Relation, Interests: who.Interests, Language: "ru"},
	}); err != nil {
		return err
	}
	recipient, err := p.recipients.Create(ctx, domainrecipient.CreateRecipient{Profile: domainrecipient.Profile{Age: &who.Age, Interests: who.Interests}})
	if err != nil {
		return err
	}
	for _, id := range made.Result.HypothesisID {
		if _, err := p.discovery.Record(ctx, domaindiscovery.RecordInteraction{
			RecipientID: recipient.Result.RecipientID, SessionID: made.Result.SessionID, Action: domaindiscovery.ActionView,
			TargetType: domaindiscovery.TargetHypothesis, TargetID: id.String(),
		}); err != nil {
			return err
		}
		likes := []domaindiscovery.Reaction{domaindiscovery.Like, domaindiscovery.Dislike, domaindiscovery.Shortlist}
		if at := chance.IntN(6); at < len(likes) {
			if _, err := p.discovery.React(ctx, domaindiscovery.ReactToHypothesis{HypothesisID: id, Reaction: likes[at]}); err != nil {
				return err
			}
		}
	}
	return nil
}

// publish makes two versions of the rules of dialogues.
func (p *past) publish(ctx context.Context, t testing.TB) {
	t.Helper()
	shipped, err := p.configuration.Current(ctx, domaindiscovery.RulesModule)
	if err != nil {
		t.Fatal(err)
	}
	var rules map[string]any
	if err := json.Unmarshal(shipped.Config, &rules); err != nil {
		t.Fatal(err)
	}
	for _, ideas := range []int{4, 5} {
		rules["ideas_per_topic"] = ideas
		text, err := json.Marshal(rules)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.configuration.Publish(ctx, configuration.Publish{
			Module: domaindiscovery.RulesModule, Activate: true, Revision: configuration.Revision{Config: text, Note: fmt.Sprintf("%d ideas a topic, to see whether more are liked", ideas)},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
