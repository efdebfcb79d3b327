package llm

import (
	"context"
	_ "embed" // the schemas
	"encoding/json"
	"fmt"

	"gifty/domain/discovery"
)

// Muse asks a language model what a discovery needs to know. Every answer's Calls are filled, with an
// error too. Its errors are those of Model, and those of Prompts.
type Muse struct {
	Model Model
	// Prompts are those in force, with the version of each configuration module that takes part in asking;
	// see Fixed.
	Prompts func(context.Context) (Prompts, map[string]int, error)
}

// Fixed are prompts that do not change.
func Fixed(p Prompts) func(context.Context) (Prompts, map[string]int, error) {
	return func(context.Context) (Prompts, map[string]int, error) { return p, nil, nil }
}

// Answer is what a model said, and how it came about.
type Answer[T any] struct {
	Value         T
	Model         string
	PromptVersion string         // the prompt's name and version: "ideas@1"
	Configuration map[string]int // version of each module that took part
	Raw           []byte         // the provider's reply as received
	Calls         []discovery.ModelCall
}

// TopicIdeas is what a model makes of a topic: ideas, or, where the topic is too wide, a question with
// narrower topics to choose from. Neither, when what it said of this topic could not be used.
type TopicIdeas struct {
	Topic string
	Ideas []discovery.Idea
	Wide  *Question
}

// Question is what to ask the giver. Its text may be empty under a topic that is too wide.
type Question struct {
	Text    string
	Options []string // 2–6
}

// Hint is a question that may bring the giver to another topic.
type Hint struct {
	Question  string
	Reasoning string // may be empty
}

var (
	//go:embed schema/topics.json
	topicsSchema []byte
	//go:embed schema/ideas.json
	ideasSchema []byte
	//go:embed schema/question.json
	questionSchema []byte
	//go:embed schema/hints.json
	hintsSchema []byte
)

// Topics tidies the interests of b and those in its description: split, corrected, in the brief's
// language. There may be none.
func (m Muse) Topics(ctx context.Context, b discovery.Brief) (Answer[[]string], error) {
	told := told{Interests: texts(b.Interests)}
	if text := cut(tidy(b.Description), mostTold); text != "" {
		told.Recipient = &recipient{Description: text}
	}
	return ask(ctx, m, question[[]string]{
		purpose: "topics", template: func(p Prompts) Template { return p.Topics }, brief: b, schema: topicsSchema,
		data: told, read: readTopics,
	})
}

// Ideas asks for ideas on several topics in one call, least to most on each. The answer has an entry
// for every topic, in their order. With mayAsk a topic may come back as too wide, unless the giver has
// said more of it or named the need.
func (m Muse) Ideas(ctx context.Context, b discovery.Brief, topics []discovery.Topic, least, most int, mayAsk bool) (Answer[[]TopicIdeas], error) {
	data := about(b)
	data.Topics = number(topics)
	return ask(ctx, m, question[[]TopicIdeas]{
		purpose: "ideas", template: func(p Prompts) Template { return p.Ideas }, brief: b, schema: ideasSchema,
		data: data, wanted: Wanted{Least: least, Most: most, MayAsk: mayAsk}, read: ideasReader{b, topics, mayAsk}.read,
	})
}

// TopicIdeas asks for 3 or 4 ideas on one topic, other than those the brief lists.
func (m Muse) TopicIdeas(ctx context.Context, b discovery.Brief, topic discovery.Topic, mayAsk bool) (Answer[TopicIdeas], error) {
	data := about(b)
	data.Topics = number([]discovery.Topic{topic})
	answer, err := ask(ctx, m, question[[]TopicIdeas]{
		purpose: "topic_ideas", template: func(p Prompts) Template { return p.TopicIdeas }, brief: b, schema: ideasSchema,
		data: data, wanted: Wanted{Least: 3, Most: 4, MayAsk: mayAsk}, read: ideasReader{b, []discovery.Topic{topic}, mayAsk}.read,
	})
	one := Answer[TopicIdeas]{Model: answer.Model, PromptVersion: answer.PromptVersion, Configuration: answer.Configuration, Raw: answer.Raw, Calls: answer.Calls}
	if err == nil {
		one.Value = answer.Value[0]
	}
	return one, err
}

// DeadEnd asks for a question that opens a new direction.
func (m Muse) DeadEnd(ctx context.Context, b discovery.Brief) (Answer[Question], error) {
	return ask(ctx, m, question[Question]{
		purpose: "dead_end", template: func(p Prompts) Template { return p.DeadEnd }, brief: b, schema: questionSchema,
		data: about(b), wanted: Wanted{Least: 3, Most: 4}, read: readQuestion,
	})
}

// Exploration asks for a question about a topic that gave no ideas.
func (m Muse) Exploration(ctx context.Context, b discovery.Brief, topic string) (Answer[Question], error) {
	data := about(b)
	data.Topics = number([]discovery.Topic{{Name: topic}})
	return ask(ctx, m, question[Question]{
		purpose: "exploration", template: func(p Prompts) Template { return p.Exploration }, brief: b, schema: questionSchema,
		data: data, wanted: Wanted{Least: 3, Most: 4}, read: readQuestion,
	})
}

// Hints asks for 3 to 5 questions that lead to topics other than those explored.
func (m Muse) Hints(ctx context.Context, b discovery.Brief, explored []string) (Answer[[]Hint], error) {
	data := about(b)
	data.Explored = texts(explored)
	return ask(ctx, m, question[[]Hint]{
		purpose: "hints", template: func(p Prompts) Template { return p.Hints }, brief: b, schema: hintsSchema,
		data: data, wanted: Wanted{Least: 3, Most: 5}, read: readHints,
	})
}

// question is one typed call.
type question[T any] struct {
	purpose  string
	template func(Prompts) Template
	brief    discovery.Brief
	schema   []byte
	data     told
	wanted   Wanted
	read     func(json.RawMessage) (T, error)
}

func ask[T any](ctx context.Context, m Muse, q question[T]) (answer Answer[T], err error) {
	prompts, versions, err := m.Prompts(ctx)
	if err != nil {
		return answer, err
	}
	p, err := q.prompt(prompts)
	if err != nil {
		return answer, err
	}
	reply, err := m.Model.Complete(ctx, p)
	answer = Answer[T]{Model: reply.Model, PromptVersion: p.Name + "@" + p.Version, Configuration: versions, Raw: reply.Raw, Calls: reply.Calls}
	if err == nil {
		answer.Value, err = q.read(reply.JSON)
	}
	return answer, err
}

func (q question[T]) prompt(prompts Prompts) (p Prompt, err error) {
	t := q.template(prompts)
	q.wanted.Language = "Russian"
	if q.brief.Language == discovery.English {
		q.wanted.Language = "English"
	}
	role, err := fill(prompts.Role, q.wanted)
	if err != nil {
		return p, fmt.Errorf("prompt role: %w", err)
	}
	task, err := fill(t.Text, q.wanted)
	if err != nil {
		return p, fmt.Errorf("prompt %s: %w", t.Name, err)
	}
	message, err := q.data.message()
	return Prompt{
		Purpose: q.purpose, Name: t.Name, Version: t.Version, Session: q.brief.Session,
		System: role + "\n\n" + task + "\n\n" + guard, User: message, Schema: q.schema,
		Accept: func(answer json.RawMessage) error {
			_, err := q.read(answer)
			return err
		},
		Size: t.Size, MaxTokens: t.MaxTokens, Temperature: t.Temperature,
	}, err
}
