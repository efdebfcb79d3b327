package llm_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gifty/domain"
	"gifty/domain/discovery"
)

func TestIdeasOfTheModel(t *testing.T) {
	t.Parallel()
	o := &oracle{answers: map[string][]string{"ideas": {ideasOn([]string{"Kite", "Kettle", "Too many"}, []string{"Rod", "Reel"})}}}
	b := brief("tea", "fishing")
	made, err := o.generator().Generate(t.Context(), b)
	if got := titlesOf(made); err != nil || !slices.Equal(got, []string{"Kite by m-1", "Rod by m-1", "Kettle by m-1", "Reel by m-1"}) {
		t.Errorf("%q, %v", got, err)
	}
	if made.PromptVersion != "ideas@1" || string(made.Raw) != "raw ideas" || len(made.Calls) != 1 || len(o.asked) != 1 || made.Ideas[1].Track != "fishing" {
		t.Errorf("%+v", made)
	}
	valid(t, made, b)
}

// What one call leaves missing is asked for by topic, and what is missing then is made up by rules.
func TestTopicsWithoutIdeas(t *testing.T) {
	t.Parallel()
	o := &oracle{answers: map[string][]string{"ideas": {ideasOn([]string{"Kite"}, nil)}, "topic_ideas": {ideasOn([]string{"Rod", "Kite"})}}}
	b := brief("tea", "fishing")
	made, err := o.generator().Generate(t.Context(), b)
	if err != nil || !slices.Equal(titlesOf(made)[:2], []string{"Kite by m-1", "Rod by m-1"}) || len(made.Calls) != 2 {
		t.Errorf("%q, %v", titlesOf(made), err)
	}
	if last := titlesOf(made)[3]; !strings.HasSuffix(last, " by builtin") || made.Others[0].PromptVersion != "topic-ideas@1" {
		t.Errorf("%q, %+v", titlesOf(made), made.Others)
	}
	if s := o.asked[1].User; !strings.Contains(s, `"ideas_shown":["Kite"]`) || !strings.Contains(s, `[{"number":1,"topic":"fishing"}]`) {
		t.Errorf("told %s", s)
	}
	valid(t, made, b)
}

func TestNoAnswerEndsWithoutIdeas(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		oracle *oracle
		asked  []string
	}{
		"nobody answers":  {&oracle{}, []string{"ideas"}},
		"over the budget": {&oracle{err: &domain.Error{Kind: domain.KindLimited}, failure: discovery.FailureTruncated}, []string{"ideas"}},
		"cut off":         {&oracle{failure: discovery.FailureTruncated}, []string{"ideas", "topic_ideas", "topic_ideas"}},
		"refused":         {&oracle{failure: discovery.FailureRefused}, []string{"ideas", "topic_ideas", "topic_ideas"}},
		"useless": {&oracle{answers: map[string][]string{"ideas": {`{"topics": []}`}, "topic_ideas": {`{}`, `{"topics": [{"ideas": [{}]}]}`}}},
			[]string{"ideas", "topic_ideas", "topic_ideas"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := brief("tea", "fishing")
			made, err := c.oracle.generator().Generate(t.Context(), b)
			if err != nil || made.Model != "builtin" || len(made.Others) > 0 || len(made.Calls) != len(c.asked) || !slices.Equal(c.oracle.purposes(), c.asked) {
				t.Errorf("%v: by %q after asking %q, %d calls", err, made.Model, c.oracle.purposes(), len(made.Calls))
			}
			valid(t, made, b)
		})
	}
}

// Nobody told of interests: what else is told is the topic.
func TestWithoutInterests(t *testing.T) {
	t.Parallel()
	for language, topic := range map[discovery.Language]string{discovery.English: "just for them", discovery.Russian: "для души"} {
		o := &oracle{answers: map[string][]string{"ideas": {ideasOn([]string{"Kite", "Rod", "Reel", "Pot"})}}}
		b := brief()
		b.Language = language
		made, err := o.generator().Generate(t.Context(), b)
		if err != nil || len(made.Ideas) != 4 || made.Ideas[0].Track != topic {
			t.Errorf("%+v, %v", made, err)
		}
	}
}

func TestModelsLeaveTimeForTheRest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		patience, deadline time.Duration
		cut                bool
	}{
		"patience is over":       {time.Nanosecond, time.Hour, true},
		"the deadline is near":   {time.Minute, 0, true},
		"there is time":          {time.Hour, time.Hour, false},
		"the usual, no deadline": {0, -1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &oracle{answers: map[string][]string{"ideas": {ideasOn([]string{"Kite", "Rod", "Reel", "Pot"})}}}
			g := o.generator()
			ctx := t.Context()
			if c.deadline >= 0 {
				deadline := time.Now().Add(time.Hour)
				var cancel context.CancelFunc
				ctx, cancel = context.WithDeadline(ctx, deadline)
				defer cancel()
				g.Now = func() time.Time { return deadline.Add(-c.deadline) }
			}
			g.Patience = c.patience
			made, err := g.Generate(ctx, brief("tea"))
			if err != nil || (made.Model == "builtin") != c.cut {
				t.Errorf("by %q, %v", made.Model, err)
			}
		})
	}
}

func TestTheCallerGivesUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (&oracle{}).generator().Generate(ctx, brief("tea")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
