package llm_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"gifty/domain/discovery"
	"gifty/domain/discovery/llm"
)

// elder is the last adviser: it knows something of everything.
type elder struct{ asked []discovery.Brief }

var elderly = discovery.Making{Model: "elder", PromptVersion: "1"}

func (e *elder) Topics(_ context.Context, b discovery.Brief) ([]string, discovery.Making, error) {
	e.asked = append(e.asked, b)
	return b.Interests, elderly, nil
}

func (e *elder) Ideas(_ context.Context, b discovery.Brief, topics []discovery.Topic) (out []discovery.TopicIdeas, _ []discovery.ModelCall, _ error) {
	e.asked = append(e.asked, b)
	for _, t := range topics {
		out = append(out, discovery.TopicIdeas{Ideas: []discovery.Idea{{Title: "Old " + t.Name}}, By: elderly})
	}
	return out, nil, nil
}

func (e *elder) Ask(_ context.Context, b discovery.Brief, _ discovery.ProbeKind, _ string) (discovery.Question, discovery.Making, error) {
	e.asked = append(e.asked, b)
	return discovery.Question{Text: "Well?"}, elderly, nil
}

func (e *elder) Hints(_ context.Context, b discovery.Brief, _ []string) ([]discovery.Hint, discovery.Making, error) {
	e.asked = append(e.asked, b)
	return []discovery.Hint{{Question: "So?"}}, elderly, nil
}

func (o *oracle) adviser() (llm.Adviser, *elder) {
	last := &elder{}
	return llm.Adviser{Muse: o.muse(), Last: last, Now: func() time.Time { return time.Unix(0, 0) }}, last
}

func TestAdviceOfTheModel(t *testing.T) {
	t.Parallel()
	question := `{"question": "What annoys them?", "options": ["noise", "cold"]}`
	o := &oracle{answers: map[string][]string{
		"topics": {`{"topics": ["a", "b", "c", "d", "e", "f", "g"]}`}, "dead_end": {question}, "exploration": {question},
		"hints": {`{"hints": [{"question": "What do they collect?", "reasoning": "A hobby."}]}`},
	}}
	a, last := o.adviser()
	topics, by, err := a.Topics(t.Context(), brief("a,b"))
	if err != nil || len(topics) != discovery.MaxTopics || by.Model != "m-1" || by.PromptVersion != "topics@1" || len(by.Calls) != 1 || string(by.Raw) != "raw topics" {
		t.Errorf("%q by %+v, %v", topics, by, err)
	}
	for _, kind := range []discovery.ProbeKind{discovery.ProbeDeadEnd, discovery.ProbeExploration} {
		q, by, err := a.Ask(t.Context(), brief(), kind, "tea")
		if err != nil || !reflect.DeepEqual(q, discovery.Question{Text: "What annoys them?", Options: []string{"noise", "cold"}}) || by.Calls[0].Purpose != string(kind) {
			t.Errorf("%+v by %+v, %v", q, by, err)
		}
	}
	hints, _, err := a.Hints(t.Context(), brief(), nil)
	if err != nil || !reflect.DeepEqual(hints, []discovery.Hint{{Question: "What do they collect?", Reasoning: "A hobby."}}) || len(last.asked) > 0 {
		t.Errorf("%+v, %v", hints, err)
	}
}

func TestAdviceWhereTheModelFails(t *testing.T) {
	t.Parallel()
	o := &oracle{}
	a, last := o.adviser()
	topics, by, err := a.Topics(t.Context(), brief("tea"))
	if err != nil || !slices.Equal(topics, []string{"tea"}) || by.Model != "elder" || len(by.Calls) != 1 || by.Calls[0].Failure != discovery.FailureUnavailable {
		t.Errorf("%q by %+v, %v", topics, by, err)
	}
	if q, by, err := a.Ask(t.Context(), brief(), discovery.ProbeDeadEnd, ""); err != nil || q.Text != "Well?" || by.Model != "elder" || len(by.Calls) != 1 {
		t.Errorf("%+v by %+v, %v", q, by, err)
	}
	if hints, by, err := a.Hints(t.Context(), brief(), nil); err != nil || len(hints) != 1 || len(by.Calls) != 1 {
		t.Errorf("%+v by %+v, %v", hints, by, err)
	}
	if _, by, _ := a.Topics(t.Context(), brief()); len(by.Calls) != 0 || len(o.asked) != 3 || len(last.asked) != 4 {
		t.Errorf("asked a model although nothing was told: %+v", o.asked)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := a.Topics(ctx, brief("tea")); !errors.Is(err, context.Canceled) || len(last.asked) != 4 {
		t.Errorf("%v", err)
	}
	if _, _, err := a.Ideas(ctx, brief(), named("tea")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// Topics get ideas or a question in one call, by themselves where that gave none, and from the last
// adviser where that gave none either.
func TestIdeasOnTopics(t *testing.T) {
	t.Parallel()
	bulk := `{"topics": [{"number": 1, "is_wide": false, "question": "", "branches": [], "ideas": [` + anIdea("Kite", "a", "b", "c") + `]},
		{"number": 2, "is_wide": true, "question": "Which?", "branches": ["x", "y"], "ideas": []},
		{"number": 3, "is_wide": true, "question": "Which?", "branches": ["x", "y"], "ideas": []}]}`
	o := &oracle{answers: map[string][]string{"ideas": {bulk}, "topic_ideas": {ideasOn([]string{"Kite", "Rod"}), `{"topics": []}`}}}
	a, last := o.adviser()
	topics := append(named("tea", "sport"), discovery.Topic{Name: "music", Then: "vinyl"}, discovery.Topic{Name: "rest", Need: discovery.GapPermission})
	found, calls, err := a.Ideas(t.Context(), brief(), topics)
	if err != nil || len(found) != 4 || len(calls) != 3 {
		t.Fatalf("%+v, %d calls, %v", found, len(calls), err)
	}
	var got []string
	for _, f := range found {
		told := f.By.Model + " " + f.By.PromptVersion + ":"
		for _, i := range f.Ideas {
			told += " " + i.Title
		}
		got = append(got, told+strings.Join(f.Branches, "|"))
	}
	if !slices.Equal(got, []string{"m-1 ideas@1: Kite", "m-1 ideas@1:x|y", "m-1 topic-ideas@1: Rod", "elder 1: Old rest"}) || found[1].Question != "Which?" || !found[1].Wide {
		t.Errorf("%q", got)
	}
	if !slices.Equal(last.asked[0].Shown, []string{"Kite", "Rod"}) {
		t.Errorf("shown are %q", last.asked[0].Shown)
	}
	if s := o.asked[0].User; !strings.Contains(s, `{"number":3,"topic":"music","giver_said":"vinyl"},{"number":4,"topic":"rest","gap_to_fill":"the_permission"}`) {
		t.Errorf("told %s", s)
	}
}

// What does not fill the need is no idea for it.
func TestIdeasFillTheNeed(t *testing.T) {
	t.Parallel()
	o := &oracle{answers: map[string][]string{"topic_ideas": {ideasOn([]string{"Kite"})}}} // a mirror
	a, _ := o.adviser()
	found, calls, err := a.Ideas(t.Context(), brief(), []discovery.Topic{{Name: "rest", Need: discovery.GapPermission}})
	if err != nil || len(calls) != 1 || calls[0].Failure != discovery.FailureShape || found[0].By.Model != "elder" {
		t.Errorf("%+v, %+v, %v", found, calls, err)
	}
}
