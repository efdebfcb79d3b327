package llm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/discovery/builtin"
	"gifty/domain/discovery/llm"
)

// oracle is a llm.Model that answers by the prompt's purpose, in turn, and notes what it was asked. An
// answer that is not accepted, and none left, is a failure.
type oracle struct {
	mu      sync.Mutex
	answers map[string][]string
	failure discovery.ModelFailure // of what it does not answer; empty: unavailable
	err     error                  // likewise
	asked   []llm.Prompt
}

func (o *oracle) Complete(ctx context.Context, p llm.Prompt) (llm.Reply, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, p)
	call := discovery.ModelCall{Purpose: p.Purpose, Prompt: p.Name, PromptVersion: p.Version, Model: "m-1", Failure: o.failure}
	if call.Failure == "" {
		call.Failure = discovery.FailureUnavailable
	}
	if err := ctx.Err(); err != nil {
		return llm.Reply{Calls: []discovery.ModelCall{call}}, err
	}
	queue := o.answers[p.Purpose]
	if len(queue) == 0 {
		if o.err == nil {
			return llm.Reply{Calls: []discovery.ModelCall{call}}, domain.Unavailable("llm_unavailable", "nobody answers")
		}
		return llm.Reply{Calls: []discovery.ModelCall{call}}, o.err
	}
	answer := json.RawMessage(queue[0])
	o.answers[p.Purpose] = queue[1:]
	call.Raw = []byte("raw " + p.Purpose)
	if err := p.Accept(answer); err != nil {
		call.Failure = discovery.FailureShape
		return llm.Reply{Calls: []discovery.ModelCall{call}}, domain.Unavailable("llm_unavailable", "%s", err)
	}
	call.Failure = ""
	return llm.Reply{JSON: answer, Model: "m-1", Raw: call.Raw, Calls: []discovery.ModelCall{call}}, nil
}

func (o *oracle) purposes() (all []string) {
	for _, p := range o.asked {
		all = append(all, p.Purpose)
	}
	slices.Sort(all)
	return all
}

func (o *oracle) muse() llm.Muse {
	return llm.Muse{Model: o, Prompts: llm.Fixed(llm.DefaultPrompts())}
}

func (o *oracle) generator() llm.Generator {
	return llm.Generator{Muse: o.muse(), Last: builtin.New(), Now: func() time.Time { return time.Unix(0, 0) }}
}

// ideasOn is an answer with ideas on topics, by number.
func ideasOn(topics ...[]string) string {
	var entries []string
	for i, titles := range topics {
		var ideas []string
		for _, title := range titles {
			ideas = append(ideas, anIdea(title, "lamp "+title, "pot "+title, "box "+title))
		}
		entries = append(entries, fmt.Sprintf(`{"number": %d, "is_wide": false, "question": "", "branches": [], "ideas": [%s]}`, i+1, strings.Join(ideas, ",")))
	}
	return `{"topics": [` + strings.Join(entries, ",") + `]}`
}

func anIdea(title string, queries ...string) string {
	b, _ := json.Marshal(map[string]any{
		"title": title, "description": "A thing.", "reasoning": "It suits.", "primary_gap": "the_mirror", "search_queries": queries,
	})
	return string(b)
}

func titlesOf(made discovery.Generated) (all []string) {
	for by, idea := range made.All() {
		all = append(all, idea.Title+" by "+by.Model)
	}
	return all
}

func brief(interests ...string) discovery.Brief {
	return discovery.Brief{Interests: interests, Language: discovery.English, Relation: discovery.RelationFriend, Count: 4, Session: "s1"}
}

func valid(t *testing.T, made discovery.Generated, b discovery.Brief) {
	t.Helper()
	n, seen := 0, map[string]bool{}
	for by, idea := range made.All() {
		if err := idea.Validate(); err != nil || by.Model == "" || by.PromptVersion == "" || seen[discovery.FoldTitle(idea.Title)] {
			t.Errorf("%q by %q %q: %v", idea.Title, by.Model, by.PromptVersion, err)
		}
		seen[discovery.FoldTitle(idea.Title)] = true
		n++
	}
	if n == 0 || n > b.Wanted() {
		t.Errorf("%d ideas where %d are wanted", n, b.Wanted())
	}
}

func named(names ...string) (topics []discovery.Topic) {
	for _, n := range names {
		topics = append(topics, discovery.Topic{Name: n})
	}
	return topics
}
