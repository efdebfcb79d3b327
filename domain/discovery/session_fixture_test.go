package discovery_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
)

// sage is a discovery.Adviser: interests are topics, "wide" is too wide, "vague" too but no question comes with it, on "nothing" it has no idea, and
// on all else it has two, and never the same. meanwhile, if there is one, happens while it thinks of ideas.
type sage struct {
	err       error
	made      int
	meanwhile func()
}

var sages = discovery.Making{Model: "sage", PromptVersion: "3", Configuration: map[string]int{"prompts": 2}, Calls: []discovery.ModelCall{
	{Purpose: "ideas", Provider: "hill", Model: "sage", InputTokens: 10, OutputTokens: 20, Raw: []byte("a reply")},
}}

func (s *sage) Topics(_ context.Context, b discovery.Brief) ([]string, discovery.Making, error) {
	return slices.DeleteFunc(slices.Clone(b.Interests), func(i string) bool { return i == "?" }), sages, s.err
}

func (s *sage) Ideas(_ context.Context, b discovery.Brief, topics []discovery.Topic) (all []discovery.TopicIdeas, _ []discovery.ModelCall, _ error) {
	if s.meanwhile != nil {
		s.meanwhile()
		s.meanwhile = nil
	}
	for _, t := range topics {
		by := sages
		by.Calls = nil
		answer := discovery.TopicIdeas{By: by}
		switch {
		case t.Name == "wide" && t.Then == "":
			answer = discovery.TopicIdeas{By: by, Wide: true, Question: "Which?", Branches: []string{"north", "south", "east"}}
		case t.Name == "vague":
			answer = discovery.TopicIdeas{By: by, Wide: true, Branches: []string{"up", "down", "a casino"}}
		case t.Name != "nothing":
			for range 2 {
				s.made++
				answer.Ideas = append(answer.Ideas, idea(fmt.Sprint(t.Name, " ", t.Then, " ", s.made)))
			}
			answer.Ideas = append(answer.Ideas, discovery.Idea{Title: "not valid"}, idea("Casino night"), answer.Ideas[0])
		}
		all = append(all, answer)
	}
	return all, sages.Calls, s.err
}

func (s *sage) Ask(_ context.Context, _ discovery.Brief, kind discovery.ProbeKind, topic string) (discovery.Question, discovery.Making, error) {
	return discovery.Question{Text: string(kind) + " " + topic, Options: []string{"tea"}}, sages, s.err
}

func (s *sage) Hints(_ context.Context, _ discovery.Brief, explored []string) ([]discovery.Hint, discovery.Making, error) {
	return []discovery.Hint{{Question: fmt.Sprint("Not ", explored), Reasoning: "It is new"}, {Question: "What of a casino?"}}, sages, s.err
}

// talk is a dialogue in a world.
type talk struct {
	*world
	testing.TB
	sage *sage
	id   uuid.UUID
}

// newTalk starts a dialogue about these interests and takes its first step.
func newTalk(t testing.TB, interests ...string) *talk {
	t.Helper()
	k := &talk{world: newWorld(t), TB: t, sage: &sage{}}
	k.Adviser = k.sage
	k.start(interests...)
	k.work()
	return k
}

func (k *talk) start(interests ...string) {
	k.Helper()
	out, err := k.Start(k.ctx, discovery.StartDiscovery{RecipientID: &ann, Quiz: discovery.Quiz{Interests: append(interests, "?")}})
	if err != nil {
		k.Fatal(err)
	}
	k.id = out.Result.SessionID
}

func (k *talk) state() *discovery.Session {
	k.Helper()
	s := &discovery.Session{}
	if err := domain.LoadOne(k.ctx, k.log, discovery.SessionStream(k.id), s); err != nil {
		k.Fatal(err)
	}
	return s
}

// work takes the steps that wait.
func (k *talk) work() {
	k.Helper()
	for _, step := range k.state().Steps {
		if err := k.TakeStep(context.Background(), k.id, step.StepID); err != nil {
			k.Fatal(err)
		}
	}
}

// does fails the test when a command is refused, and takes the steps that it asks for.
func (k *talk) does(_ domain.Outcome[discovery.SessionReached], err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
	k.work()
}

// trackOf is the track of a topic's name.
func (k *talk) trackOf(name string) discovery.Track {
	k.Helper()
	for _, t := range k.state().Tracks {
		if t.Topic.Name == name {
			return t
		}
	}
	k.Fatalf("no track %q", name)
	return discovery.Track{}
}

// events are the session's own, by type, in their order.
func (k *talk) events() (names []string) {
	k.Helper()
	for _, e := range k.log.Since(k, 0) {
		if e.Stream == discovery.SessionStream(k.id) {
			names = append(names, e.Type)
		}
	}
	return names
}
