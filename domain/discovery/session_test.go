package discovery_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/domaintest"
)

func TestOpening(t *testing.T) {
	t.Parallel()
	k := newTalk(t, "tea", "wide", "nothing")
	s := k.state()
	if len(s.Tracks) != 3 || s.TopicID == nil || *s.TopicID != s.Tracks[0].TopicID || !s.Idle() || len(s.Steps) > 0 {
		t.Fatalf("%+v", s.Dialogue)
	}
	tea, wide, nothing := k.trackOf("tea"), k.trackOf("wide"), k.trackOf("nothing")
	if tea.Status != discovery.TrackReady || len(tea.Ideas) != 2 || tea.Ideas[0].Slot != discovery.SlotEmotionalPivot || tea.Ideas[0].Products != 2 || tea.Means[0] != 0.5 {
		t.Errorf("%+v", tea)
	}
	if wide.Status != discovery.TrackQuestion || wide.Question.Text != "Which?" || len(wide.Question.Options) != 3 || len(wide.Ideas) > 0 {
		t.Errorf("%+v", wide)
	}
	if nothing.Status != discovery.TrackReady || s.Probe == nil || s.Probe.Kind != discovery.ProbeExploration || *s.Probe.TopicID != nothing.TopicID || s.Probe.Text != "exploration nothing" {
		t.Errorf("%+v, %+v", nothing, s.Probe)
	}
	h := &discovery.Hypothesis{}
	if err := domain.LoadOne(t.Context(), k.log, discovery.HypothesisStream(tea.Ideas[0].HypothesisID), h); err != nil {
		t.Fatal(err)
	}
	if g := h.Generated; g.Title != tea.Ideas[0].Title || g.Track != "tea" || g.SessionID != k.id.String() || *g.RecipientID != ann || g.GiverID != giver ||
		!reflect.DeepEqual(g.Configuration, map[string]int{"dialogue": 0, "prompts": 2}) || g.Model != "sage" || g.PromptVersion != "3" || len(h.Links) != 2 {
		t.Errorf("%+v", h)
	}
	want := "session_started step_requested model_asked model_asked model_asked topics_normalised track_opened track_selected track_filled track_opened track_questioned " +
		"track_opened track_filled dead_end_detected probe_asked step_taken"
	if got := strings.ReplaceAll(strings.ReplaceAll(strings.Join(k.events(), " "), "discovery.", ""), ".v1", ""); got != want {
		t.Errorf("the story is %s\nwant %s", got, want)
	}
	for _, e := range k.log.Since(t, 0) {
		switch fact := e.Event.(type) {
		case discovery.StepTaken:
			if len(fact.Makings) != 1 || fact.Makings[0].PromptVersion != "3" || fact.Makings[0].Configuration["prompts"] != 2 || e.Actor != "worker:"+giver.String() {
				t.Errorf("%+v by %s", fact, e.Actor)
			}
		case discovery.ModelAsked:
			if blob, err := k.log.Blob(t.Context(), fact.RawSHA256); err != nil || string(blob) != "a reply" || fact.SessionID != k.id.String() {
				t.Errorf("%+v: %q, %v", fact, blob, err)
			}
		}
	}
}

// Branches that come without a question are asked about in the rules' words.
func TestWideWithoutAQuestion(t *testing.T) {
	t.Parallel()
	k := newTalk(t, "vague")
	rules, _, err := discovery.Shipped{}.Rules(k.ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := discovery.Question{Text: rules.Questions[k.state().Language][discovery.ProbeExploration].Text, Options: []string{"up", "down"}}
	if track := k.trackOf("vague"); track.Status != discovery.TrackQuestion || track.Question == nil || !reflect.DeepEqual(*track.Question, want) || k.state().Probe != nil {
		t.Errorf("%+v", track)
	}
}

// What is never suggested is no topic either, whoever names it.
func TestForbiddenTopicsAreNotOpened(t *testing.T) {
	t.Parallel()
	k := newTalk(t, "casino", "tea")
	if got := k.state().Tracks; len(got) != 1 || got[0].Topic.Name != "tea" {
		t.Errorf("%+v", got)
	}
	k = newTalk(t, "casino")
	if s := k.state(); len(s.Tracks) != 0 || s.Probe == nil || s.Probe.Kind != discovery.ProbeDeadEnd {
		t.Errorf("nothing is left to go by: %+v", s.Dialogue)
	}
	k.does(k.SuggestTopics(k.ctx, discovery.SuggestTopics{SessionID: k.id}))
	if hints := k.state().Hints; len(hints) != 1 || strings.Contains(hints[0].Question, "casino?") {
		t.Errorf("%+v", hints)
	}
}

func TestNothingToGoBy(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	s := k.state()
	if len(s.Tracks) != 0 || s.Probe == nil || s.Probe.Kind != discovery.ProbeDeadEnd || !s.Probe.CanSkip {
		t.Fatalf("%+v", s.Dialogue)
	}
	k.does(k.AnswerProbe(k.ctx, discovery.AnswerProbe{SessionID: k.id, ProbeID: s.Probe.ProbeID, Answer: " green\ttea\x00 "}))
	if s = k.state(); s.Probe != nil || len(k.trackOf("green tea").Ideas) != 2 || *s.TopicID != k.trackOf("green tea").TopicID {
		t.Errorf("%+v", s.Dialogue)
	}
	_, err := k.AnswerProbe(k.ctx, discovery.AnswerProbe{SessionID: k.id, Answer: "chess"})
	domaintest.Refused(t, err, "no_probe")
}

func TestNamesOfTopicsDoNotGrow(t *testing.T) {
	t.Parallel()
	k := newTalk(t, "wide")
	wide := k.trackOf("wide")
	k.does(k.SelectBranch(k.ctx, discovery.SelectBranch{SessionID: k.id, TopicID: wide.TopicID, Branch: "north"}))
	first := k.trackOf("wide")
	for _, more := range []string{"with snow", "with ice", "with ice"} {
		k.does(k.RefineTopic(k.ctx, discovery.RefineTopic{SessionID: k.id, TopicID: wide.TopicID, Refinement: more}))
	}
	last := k.trackOf("wide")
	if first.Topic != (discovery.Topic{Name: "wide", Then: "north"}) || last.Topic != (discovery.Topic{Name: "wide", Then: "with ice"}) || len(last.Ideas) != 2 || last.Status != discovery.TrackReady {
		t.Errorf("%+v, then %+v", first, last)
	}
	// What the track held before is still the session's.
	k.does(k.ReactInSession(k.ctx, discovery.ReactInSession{SessionID: k.id, HypothesisID: first.Ideas[0].HypothesisID, Reaction: discovery.Like}))
	_, err := k.SelectBranch(k.ctx, discovery.SelectBranch{SessionID: k.id, TopicID: wide.TopicID, Branch: "south"})
	domaintest.Refused(t, err, "track_not_wide")
}

func TestExplorationAnswersItsTrack(t *testing.T) {
	t.Parallel()
	k := newTalk(t, "nothing")
	k.does(k.AnswerProbe(k.ctx, discovery.AnswerProbe{SessionID: k.id, Answer: "really"}))
	s := k.state()
	if len(s.Tracks) != 1 || s.Tracks[0].Topic.Then != "really" || s.Probe == nil {
		t.Errorf("%+v", s.Dialogue)
	}
	k.does(k.SkipProbe(k.ctx, discovery.SkipProbe{SessionID: k.id, ProbeID: s.Probe.ProbeID}))
	_, err := k.SkipProbe(k.ctx, discovery.SkipProbe{SessionID: k.id, ProbeID: s.Probe.ProbeID})
	domaintest.Refused(t, err, "no_probe")
}

func TestMoreHintsAndPivots(t *testing.T) {
	t.Parallel()
	k := newTalk(t, "tea", "chess")
	k.does(k.SelectTrack(k.ctx, discovery.SelectTrack{SessionID: k.id, TopicID: k.trackOf("chess").TopicID}))
	for range 2 { // once, however often it is clicked
		if _, err := k.LoadMore(k.ctx, discovery.LoadMore{SessionID: k.id}); err != nil {
			t.Fatal(err)
		}
	}
	k.work()
	if n := len(k.trackOf("chess").Ideas); n != 4 {
		t.Errorf("%d ideas", n)
	}
	k.does(k.SuggestTopics(k.ctx, discovery.SuggestTopics{SessionID: k.id}))
	if hints := k.state().Hints; len(hints) != 1 || hints[0].Question != "Not [tea chess]" {
		t.Errorf("%+v", hints)
	}
	k.does(k.Pivot(k.ctx, discovery.TakePivot{SessionID: k.id, Need: discovery.GapCatalyst}))
	k.does(k.Pivot(k.ctx, discovery.TakePivot{SessionID: k.id, Topic: "TEA"})) // is there
	s := k.state()
	if len(s.Tracks) != 3 || s.Tracks[2].Topic != (discovery.Topic{Need: discovery.GapCatalyst}) || *s.TopicID != s.Tracks[0].TopicID {
		t.Errorf("%+v", s.Dialogue)
	}
}

func TestRefusalsAreADeadEnd(t *testing.T) {
	t.Parallel()
	k := newTalk(t, "tea", "chess")
	ideas := slices.Concat(k.trackOf("tea").Ideas, k.trackOf("chess").Ideas)
	say := func(i int, r discovery.Reaction) {
		k.does(k.ReactInSession(k.ctx, discovery.ReactInSession{SessionID: k.id, HypothesisID: ideas[i].HypothesisID, Reaction: r}))
	}
	say(0, discovery.Dislike)
	say(1, discovery.Dislike)
	say(2, discovery.Like) // interest breaks the row
	say(2, discovery.Dislike)
	say(2, discovery.Dislike)
	if s := k.state(); s.Pivot != nil || len(s.Reactions) != 3 {
		t.Errorf("%+v", s.Dialogue)
	}
	// The other door counts as well.
	if _, err := k.React(k.ctx, discovery.ReactToHypothesis{HypothesisID: ideas[3].HypothesisID, Reaction: discovery.Dislike}); err != nil {
		t.Fatal(err)
	}
	say(0, discovery.NoReaction)
	say(0, discovery.Dislike)
	s := k.state()
	if s.Pivot == nil || len(s.Pivot.Cards) != 4 || s.Pivot.Cards[1].Need != discovery.GapCatalyst || !slices.Contains(k.events(), "discovery.dead_end_detected.v1") {
		t.Errorf("%+v", s.Dialogue)
	}
	if feed := s.Feed(); len(feed) != 0 {
		t.Errorf("the feed holds what is disliked: %+v", feed)
	}
	k.does(k.ReactInSession(k.ctx, discovery.ReactInSession{SessionID: k.id, HypothesisID: ideas[0].HypothesisID, Reaction: discovery.Like, TakeBack: true}))
	k.does(k.ReactInSession(k.ctx, discovery.ReactInSession{SessionID: k.id, HypothesisID: ideas[1].HypothesisID, Reaction: discovery.Dislike, TakeBack: true}))
	if s := k.state(); len(s.Reactions) != 3 || len(s.Feed()) != 1 {
		t.Errorf("unlike takes back likes, undislike dislikes: %+v", s.Reactions)
	}
}

func TestGoodsThatLackAreADeadEnd(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	k.shelf.found = discovery.Found{}
	k.does(k.Pivot(k.ctx, discovery.TakePivot{SessionID: k.id, Topic: "falconry"}))
	if s := k.state(); s.Pivot == nil || len(s.Tracks[0].Ideas) != 2 || s.Tracks[0].Means != nil {
		t.Errorf("%+v", s.Dialogue)
	}
}

func TestFallingSimilarityIsADeadEnd(t *testing.T) {
	t.Parallel()
	k := newTalk(t, "tea")
	for i, similarity := range []float64{0.4, 0.3} {
		if k.state().Pivot != nil {
			t.Errorf("a dead end after %d", i)
		}
		for j := range k.shelf.found.Links {
			k.shelf.found.Links[j].Similarity = similarity
		}
		k.does(k.LoadMore(k.ctx, discovery.LoadMore{SessionID: k.id}))
	}
	if s := k.state(); s.Pivot == nil || len(s.Tracks[0].Means) != 3 {
		t.Errorf("%+v", s.Dialogue)
	}
}

func TestChoosing(t *testing.T) {
	t.Parallel()
	k := newTalk(t, "tea")
	idea := k.trackOf("tea").Ideas[0].HypothesisID
	gift := discovery.GiftRef{HypothesisID: idea, GiftID: "a"}
	k.does(k.KeepGift(k.ctx, discovery.KeepGift{SessionID: k.id, Gift: gift, Keep: true}))
	k.does(k.KeepGift(k.ctx, discovery.KeepGift{SessionID: k.id, Gift: gift, Keep: true}))
	if s := k.state(); !slices.Equal(s.Shortlist, []discovery.GiftRef{gift}) {
		t.Errorf("%+v", s.Shortlist)
	}
	k.does(k.KeepGift(k.ctx, discovery.KeepGift{SessionID: k.id, Gift: gift}))
	_, err := k.SelectGift(k.ctx, discovery.SelectGift{SessionID: k.id, Gift: discovery.GiftRef{HypothesisID: idea, GiftID: "z"}})
	domaintest.Refused(t, err, "gift_not_shown", "gift_id")
	elsewhere := k.ideas(t)[0]
	_, err = k.SelectGift(k.ctx, discovery.SelectGift{SessionID: k.id, Gift: discovery.GiftRef{HypothesisID: elsewhere, GiftID: "a"}})
	domaintest.Refused(t, err, "idea_not_in_session", "hypothesis_id")
	_, err = k.ReactInSession(k.ctx, discovery.ReactInSession{SessionID: k.id, HypothesisID: elsewhere, Reaction: discovery.Like})
	domaintest.Refused(t, err, "idea_not_in_session", "hypothesis_id")
	k.does(k.SelectGift(k.ctx, discovery.SelectGift{SessionID: k.id, Gift: gift}))
	if s := k.state(); s.Chosen == nil || *s.Chosen != gift || len(s.Shortlist) > 0 {
		t.Errorf("%+v", s.Dialogue)
	}
	at := k.log.Now(t)
	for name, act := range k.acts() {
		if err := act(k.ctx); !errors.Is(err, discovery.ErrSessionEnded) {
			t.Errorf("%s after the end: %v", name, err)
		}
	}
	_, err = k.React(k.ctx, discovery.ReactToHypothesis{HypothesisID: idea, Reaction: discovery.Like})
	domaintest.Refused(t, err, "session_ended")
	k.log.Unchanged(t, at)
}

// acts are all commands of a giver on the session.
func (k *talk) acts() map[string]func(context.Context) error {
	k.Helper()
	s := k.state()
	topic, idea := uuid.New(), uuid.New()
	if len(s.Tracks) > 0 {
		if topic = s.Tracks[0].TopicID; len(s.Tracks[0].Ideas) > 0 {
			idea = s.Tracks[0].Ideas[0].HypothesisID
		}
	}
	gift := discovery.GiftRef{HypothesisID: idea, GiftID: "a"}
	only := func(_ domain.Outcome[discovery.SessionReached], err error) error { return err }
	return map[string]func(context.Context) error{
		"answer": func(ctx context.Context) error {
			return only(k.AnswerProbe(ctx, discovery.AnswerProbe{SessionID: k.id, Answer: "x"}))
		},
		"skip": func(ctx context.Context) error { return only(k.SkipProbe(ctx, discovery.SkipProbe{SessionID: k.id})) },
		"branch": func(ctx context.Context) error {
			return only(k.SelectBranch(ctx, discovery.SelectBranch{SessionID: k.id, TopicID: topic, Branch: "x"}))
		},
		"refine": func(ctx context.Context) error {
			return only(k.RefineTopic(ctx, discovery.RefineTopic{SessionID: k.id, TopicID: topic, Refinement: "x"}))
		},
		"select track": func(ctx context.Context) error {
			return only(k.SelectTrack(ctx, discovery.SelectTrack{SessionID: k.id, TopicID: topic}))
		},
		"suggest": func(ctx context.Context) error {
			return only(k.SuggestTopics(ctx, discovery.SuggestTopics{SessionID: k.id}))
		},
		"more": func(ctx context.Context) error { return only(k.LoadMore(ctx, discovery.LoadMore{SessionID: k.id})) },
		"pivot": func(ctx context.Context) error {
			return only(k.Pivot(ctx, discovery.TakePivot{SessionID: k.id, Topic: "x"}))
		},
		"like": func(ctx context.Context) error {
			return only(k.ReactInSession(ctx, discovery.ReactInSession{SessionID: k.id, HypothesisID: idea, Reaction: discovery.Like}))
		},
		"keep": func(ctx context.Context) error {
			return only(k.KeepGift(ctx, discovery.KeepGift{SessionID: k.id, Gift: gift, Keep: true}))
		},
		"choose": func(ctx context.Context) error {
			return only(k.SelectGift(ctx, discovery.SelectGift{SessionID: k.id, Gift: gift}))
		},
	}
}

func TestOnlyTheGiverMayAct(t *testing.T) {
	t.Parallel()
	k := newTalk(t, "tea")
	at := k.log.Now(t)
	for name, act := range k.acts() {
		if err := act(stranger(k.ctx)); !errors.Is(err, discovery.ErrSessionNotFound) {
			t.Errorf("%s by a stranger: %v", name, err)
		}
		if err := act(domain.WithIfMatch(k.ctx, 1)); !errors.Is(err, domain.ErrVersion) {
			t.Errorf("%s on a stale version: %v", name, err)
		}
	}
	k.log.Unchanged(t, at)
	k.person(t, ann, domaintest.PersonWent{})
	at = k.log.Now(t)
	for name, act := range k.acts() {
		if err := act(k.ctx); !errors.Is(err, discovery.ErrSessionNotFound) {
			t.Errorf("%s for a deleted recipient: %v", name, err)
		}
	}
	k.log.Unchanged(t, at)
}

func TestWhatGiversSayIsBounded(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	for name, answer := range map[string]string{
		"nothing": "", "only spaces": " \t\n", "no word": "<>{}!", "controls": "\x00\x01\x02", "too long": strings.Repeat("я", 10_000),
		"no UTF-8": "\xff", "banned": "casino chips",
	} {
		_, err := k.AnswerProbe(k.ctx, discovery.AnswerProbe{SessionID: k.id, Answer: answer})
		if domaintest.Refused(t, err, "answer_invalid", "answer"); t.Failed() {
			t.Fatal(name)
		}
	}
	_, err := k.Pivot(k.ctx, discovery.TakePivot{SessionID: k.id})
	domaintest.Refused(t, err, "pivot_invalid", "topic")
	_, err = k.Pivot(k.ctx, discovery.TakePivot{SessionID: k.id, Need: "the_need"})
	domaintest.Refused(t, err, "pivot_invalid", "need")
	_, err = k.LoadMore(k.ctx, discovery.LoadMore{SessionID: k.id})
	domaintest.Refused(t, err, "topic_not_found")
	_, err = k.AnswerProbe(k.ctx, discovery.AnswerProbe{SessionID: k.id, ProbeID: uuid.New(), Answer: "tea"})
	domaintest.Refused(t, err, "probe_gone")
	for range 30 {
		_, err = k.Pivot(k.ctx, discovery.TakePivot{SessionID: k.id, Topic: uuid.NewString()})
	}
	if err != nil {
		t.Error(err)
	}
	_, err = k.Pivot(k.ctx, discovery.TakePivot{SessionID: k.id, Topic: "one too many"})
	domaintest.Refused(t, err, "session_full")
}

func TestClaiming(t *testing.T) {
	t.Parallel()
	k := newTalk(t, "tea")
	signedIn := domain.Principal{Giver: uuid.New(), Role: domain.RoleGiver}
	ctx := domain.WithPrincipal(k.ctx, signedIn)
	_, err := k.Claim(ctx, discovery.ClaimSession{SessionID: k.id, From: uuid.New()})
	domaintest.Refused(t, err, "session_not_found")
	for range 2 {
		out, err := k.Claim(ctx, discovery.ClaimSession{SessionID: k.id, From: giver})
		if err != nil || out.Result.Version != k.state().Version() {
			t.Fatal(out, err)
		}
	}
	h := &discovery.Hypothesis{}
	if err := domain.LoadOne(ctx, k.log, discovery.HypothesisStream(k.trackOf("tea").Ideas[0].HypothesisID), h); err != nil || h.For(signedIn) != nil || h.Version() != 3 {
		t.Errorf("%+v, %v", h, err)
	}
	if s := k.state(); s.For(signedIn) != nil || s.For(domain.LocalGiver) == nil {
		t.Errorf("%+v", s.Dialogue)
	}
}
