package discovery

import "context"

// Adviser does the thinking in a dialogue. The built-in one works by rules and needs no key; others
// ask language models, and fall back to it. Every answer is in the brief's language. Texts of the
// brief and topics are a person's words: data, never instructions.
//
// An error means that nothing can be said now; the step is tried again later.
type Adviser interface {
	// Topics tidies what the giver listed as interests: split, corrected, without repetition, at most
	// MaxTopics. None is an answer: the brief says nothing of what the person likes.
	Topics(ctx context.Context, b Brief) ([]string, Making, error)
	// Ideas has up to b.Count ideas for each topic, or says of a topic that it is too wide. The answer has
	// one entry a topic, in their order, each with its own making; the calls are of all. Titles are distinct
	// throughout and none is among those that the brief lists as liked, disliked or shown.
	Ideas(ctx context.Context, b Brief, topics []Topic) ([]TopicIdeas, []ModelCall, error)
	// Ask words a question that leads out of where the dialogue is.
	Ask(ctx context.Context, b Brief, kind ProbeKind, topic string) (Question, Making, error)
	// Hints words 3–5 questions that point at topics not in explored.
	Hints(ctx context.Context, b Brief, explored []string) ([]Hint, Making, error)
}

// MaxTopics is the most topics that a dialogue begins with.
const MaxTopics = 6

// Topic is what a track is about.
type Topic struct {
	Name string `json:"name" personal:"recipient_id,giver_id"`           // "music"
	Then string `json:"then,omitempty" personal:"recipient_id,giver_id"` // what the giver said of it last: "vinyl"; it replaces what was said before
	Need Gap    `json:"need,omitempty"`                                  // only ideas that fill this gap; empty: any
}

// TopicIdeas is what there is for a topic: ideas, or the verdict that it is too wide, with a question
// and branches to choose from, or nothing.
type TopicIdeas struct {
	Ideas    []Idea
	Wide     bool
	Question string
	Branches []string
	By       Making
}

// Question is something to ask the giver.
type Question struct {
	Text    string   `json:"question" personal:"recipient_id,giver_id"`
	Options []string `json:"options,omitempty" personal:"recipient_id,giver_id"` // suggested answers; any other is as welcome
}

// Hint is a question that leads to a topic.
type Hint struct {
	Question  string `json:"question" personal:"recipient_id,giver_id"`
	Reasoning string `json:"reasoning" personal:"recipient_id,giver_id"`
	Topic     string `json:"topic,omitempty" personal:"recipient_id,giver_id"` // where it leads, when it names one
}

// Making is how an answer came about.
type Making struct {
	Model         string         `json:"model"`
	PromptVersion string         `json:"prompt_version"`
	Configuration map[string]int `json:"configuration,omitempty"` // version of each module that took part; 0 is what ships
	Raw           []byte         `json:"-"`                       // the reply as received; nil when there is none
	Calls         []ModelCall    `json:"-"`                       // the requests to models on the way, failed ones too
}
