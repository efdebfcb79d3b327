package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"gifty/domain"
	domaindiscovery "gifty/domain/discovery"
	"gifty/eventstore"
	"gifty/http/client/giver"
	"gifty/projections/discovery"
)

// A dialogue through the API, in both languages, waited for and followed by turns. The server is killed while
// it works, another goes on, and the log tells all of it.
func TestADialogueOutlivesItsServerAndCanBeReadAsAStory(t *testing.T) {
	t.Parallel()
	t.Run("demo", func(t *testing.T) {
		t.Parallel()
		dialogues(t, stocked(t, ""), "demo", russian(), english())
	})
	t.Run("real catalogue", func(t *testing.T) {
		t.Parallel()
		dialogues(t, stocked(t, shared(t, "data/products-ru.jsonl")), "products-ru", russian())
	})
}

func russian() *talk {
	return &talk{language: "ru", currency: "RUB", budget: 5000, wide: "спорт", branch: "бег", more: "марафон", topic: "кофе"}
}

func english() *talk {
	return &talk{language: "en", currency: "EUR", budget: 60, wide: "sport", branch: "running", more: "marathon", topic: "coffee"}
}

// dialogues has these talks on a database, of whose source something must be found.
func dialogues(t *testing.T, database, source string, talks ...*talk) {
	t.Helper()
	p := at(t, database, "GIFTY_DEMO=never", "GIFTY_LISTEN=127.0.0.1:0", "GIFTY_LOG_LEVEL=ERROR", "GIFTY_STEP_LEASE=300ms", "GIFTY_EMBED=false")
	run, api := p.goesOn(t)
	together(t, talks, func(k *talk) (err error) {
		if k.giver, err = giver.New(t.Context(), api); err == nil {
			err = k.begin(t.Context())
		}
		return err
	})
	run.signal(t, syscall.SIGKILL)
	run.code()
	run, api = p.goesOn(t)
	together(t, talks, func(k *talk) error {
		k.giver = k.giver.At(api)
		return k.end(t.Context())
	})
	run.signal(t, syscall.SIGTERM)
	run.done(t)
	for _, k := range talks {
		k.read(t, p)
		if found := fmt.Sprint(k.seen.Tracks); !strings.Contains(found, "{"+source+":") {
			t.Errorf("nothing is of %s: %s", source, found)
		}
	}
	a, err := openEngine(t.Context(), configOf(t, "--database-url="+database, "--key="+sharedKey(), "--data="+t.TempDir()), silent)
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	for _, k := range talks {
		k.refold(t, a)
	}
}

// goesOn starts a server, and tells where it is.
func (p place) goesOn(t *testing.T) (run program, api string) {
	t.Helper()
	run = p.begin(t, nil, "serve")
	run.until(t, func() bool { return servedAt.MatchString(run.out.String()) })
	found := servedAt.FindStringSubmatch(run.out.String())
	if found == nil {
		t.Fatal(run.err.String())
	}
	return run, strings.TrimSuffix(found[1], "/")
}

func together(t *testing.T, talks []*talk, do func(*talk) error) {
	t.Helper()
	var all errgroup.Group
	for _, k := range talks {
		all.Go(func() error { return do(k) })
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
}

// talk is a dialogue, and what is said in it.
type talk struct {
	language                  domaindiscovery.Language
	currency                  string
	budget                    int64
	wide, branch, more, topic string

	giver *giver.Client
	since giver.Reached
	seen  giver.View
	acts  int
}

// start begins a dialogue of which nothing is known but the age: it asks.
func (k *talk) start(ctx context.Context) (err error) {
	quiz := domaindiscovery.Quiz{Age: new(34), Relationship: "friend", Budget: &k.budget, Currency: k.currency, Language: k.language}
	if k.since, err = k.giver.Start(ctx, quiz); err != nil {
		return err
	}
	if err := k.follow(ctx); err != nil {
		return err
	}
	if k.seen.CurrentProbe == nil {
		return fmt.Errorf("nothing is asked: %+v", k.seen)
	}
	return nil
}

// does acts and sees what follows, by waiting for it or by the stream.
func (k *talk) does(ctx context.Context, path string, body map[string]any) (err error) {
	k.acts++
	wait := time.Duration(k.acts%2) * 20 * time.Second
	if k.since, err = k.giver.Act(ctx, k.since.SessionID, path, body, wait); err != nil {
		return err
	}
	if k.since.Discovery != nil {
		k.seen = *k.since.Discovery
		return nil
	}
	return k.follow(ctx)
}

// follow reads the stream until nothing is being worked on.
func (k *talk) follow(ctx context.Context) error {
	for v, err := range k.giver.Follow(ctx, k.since) {
		if err != nil {
			return err
		}
		if k.seen = v; v.State != "working" {
			return nil
		}
	}
	return errors.New("the stream has ended too early")
}

func (k *talk) track(topic string) giver.Track {
	i := slices.IndexFunc(k.seen.Tracks, func(t giver.Track) bool { return t.Topic == topic })
	if i < 0 {
		return giver.Track{}
	}
	return k.seen.Tracks[i]
}

// begin is the dialogue's first part. It leaves while the server works.
func (k *talk) begin(ctx context.Context) error {
	if err := k.start(ctx); err != nil {
		return err
	}
	if err := k.does(ctx, "/probe/skip", map[string]any{}); err != nil {
		return err
	}
	if k.seen.CurrentProbe != nil {
		return fmt.Errorf("a question that was skipped waits: %+v", k.seen)
	}
	if err := k.start(ctx); err != nil { // anew
		return err
	}
	if err := k.does(ctx, "/probe/answer", map[string]any{"probe_id": k.seen.CurrentProbe.ProbeID, "answer": k.wide}); err != nil {
		return err
	}
	wide := k.track(k.wide)
	if wide.Question == nil || len(wide.Question.Options) < 3 {
		return fmt.Errorf("a wide topic does not ask: %+v", k.seen)
	}
	for _, act := range []act{
		{"/tracks/" + wide.TopicID.String() + "/branch", map[string]any{"branch": k.branch}},
		{"/tracks/" + wide.TopicID.String() + "/refine", map[string]any{"refinement": k.more}},
		{"/pivot", map[string]any{"topic": k.topic}},
		{"/tracks/" + wide.TopicID.String() + "/select", map[string]any{}},
		{"/topics/suggest", map[string]any{}},
	} {
		if err := k.does(ctx, act.path, act.body); err != nil {
			return err
		}
	}
	if len(k.track(k.wide).Hypotheses) == 0 || len(k.track(k.topic).Hypotheses) < 2 || len(k.seen.TopicHints) < 3 {
		return fmt.Errorf("ideas or hints are missing: %+v", k.seen)
	}
	var err error
	k.since, err = k.giver.Act(ctx, k.since.SessionID, "/tracks/"+k.track(k.topic).TopicID.String()+"/more", map[string]any{}, 0)
	return err
}

type act struct {
	path string
	body map[string]any
}

// end is the rest, with another server.
func (k *talk) end(ctx context.Context) error {
	before := k.track(k.topic).Hypotheses
	if err := k.follow(ctx); err != nil {
		return err
	}
	ideas := k.track(k.topic).Hypotheses
	if len(ideas) <= len(before) || ideas[0].ID != before[0].ID {
		return fmt.Errorf("%d ideas of before, and then %+v", len(before), ideas)
	}
	idea := func(i int, what string) act {
		return act{"/hypotheses/" + ideas[i].ID.String() + "/" + what, map[string]any{}}
	}
	gift, err := k.gift(ideas)
	if err != nil {
		return err
	}
	for _, act := range []act{
		idea(0, "like"), idea(0, "unlike"), idea(1, "dislike"), idea(1, "undislike"), idea(1, "shortlist"),
		{"/pivot", map[string]any{"need": domaindiscovery.GapPermission}}, {"/shortlist", gift}, {"/choice", gift},
	} {
		if err := k.does(ctx, act.path, act.body); err != nil {
			return err
		}
	}
	if k.seen.State != "ended" || k.seen.Chosen == nil {
		return fmt.Errorf("the choice has not ended it: %+v", k.seen)
	}
	return nil
}

func (k *talk) gift(ideas []giver.Hypothesis) (map[string]any, error) {
	for _, h := range ideas {
		if len(h.Products) > 0 {
			return map[string]any{"hypothesis_id": h.ID, "gift_id": h.Products[0].GiftID}, nil
		}
	}
	return nil, fmt.Errorf("no idea has a product: %+v", ideas)
}

// read reads the whole history as an analyst does, in its order.
func (k *talk) read(t *testing.T, p place) {
	t.Helper()
	stream := domaindiscovery.SessionStream(k.since.SessionID)
	told := p.run(t, "events", "--stream", stream, "--personal").out.String()
	rest := told
	title := k.track(k.topic).Hypotheses[0].Title
	for _, want := range []string{
		"session started", "probe asked", "answer " + k.wide, "topic (name " + k.wide + ")", "track questioned", "branch " + k.branch, "refinement " + k.more,
		"pivot taken             topic " + k.topic, title, "track selected          topic " + k.wide, "topic hints suggested",
		title + "”, reaction like", title + "”, reaction none", "reaction dislike", "reaction none", "reaction shortlist",
		"need the_permission", "gift shortlisted", "gift selected",
	} {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Errorf("%q does not follow in\n%s", want, told)
			break
		}
		rest = after
	}
	if requested, taken := strings.Count(told, "step requested"), strings.Count(told, "step taken"); requested != taken || requested < 7 {
		t.Errorf("%d steps, %d taken:\n%s", requested, taken, told)
	}
	if masked := p.run(t, "events", "--stream", stream).out.String(); strings.Contains(masked, title) || strings.Contains(masked, k.more) {
		t.Errorf("what is personal is told:\n%s", masked)
	}
}

// refold compares what clients are shown with what the log says.
func (k *talk) refold(t *testing.T, a *app) {
	t.Helper()
	id := k.since.SessionID
	log := eventstore.Open(a.pool, a.engine.Types(), eventstore.Options{})
	defer log.Close()
	var s domaindiscovery.Session
	if err := domain.LoadOne(t.Context(), log, domaindiscovery.SessionStream(id), &s); err != nil {
		t.Fatal(err)
	}
	row, err := discovery.GetSession(t.Context(), a.read, s.GiverID, id)
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(s.Dialogue)
	got, err2 := json.Marshal(row.Dialogue)
	empty := strings.NewReplacer("[]", "null") // which tables keep alike
	if err := errors.Join(err, err2); err != nil || empty.Replace(string(got)) != empty.Replace(string(want)) {
		t.Errorf("%v: the table has\n%s\nand the log\n%s", err, got, want)
	}
}
