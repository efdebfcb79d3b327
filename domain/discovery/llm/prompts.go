package llm

import (
	"bytes"
	_ "embed" // the shipped texts
	"strings"
	"text/template"

	"gifty/domain"
)

// Template is the text of one kind of question. It is written in the language of text/template with
// the fields of Wanted; what people wrote is never part of it, but follows as data.
type Template struct {
	Name        string   `json:"name"`
	Version     string   `json:"version"` // another text is another version: ideas name it
	Text        string   `json:"text"`
	Size        Size     `json:"size"`
	MaxTokens   int      `json:"max_tokens"`
	Temperature *float64 `json:"temperature,omitempty"` // 0–2; absent: the model's own
}

// Wanted is what a template's text may name.
type Wanted struct {
	Language string // in English: "Russian"
	Least    int    // ideas for each topic, hints or options: at least
	Most     int    // and at most
	MayAsk   bool   // a topic may be answered by a question in place of ideas
}

// Prompts are the texts of all questions. They come from configuration; DefaultPrompts are shipped.
type Prompts struct {
	Role        string   `json:"role"` // stands before every text: who the model is, and the rules
	Topics      Template `json:"topics"`
	Ideas       Template `json:"ideas"`       // for several topics at once
	TopicIdeas  Template `json:"topic_ideas"` // for one
	DeadEnd     Template `json:"dead_end"`    // a question when there is nothing to go by
	Exploration Template `json:"exploration"` // a question about a topic that gave no ideas
	Hints       Template `json:"hints"`
}

var (
	//go:embed prompts/role.txt
	roleText string
	//go:embed prompts/topics.txt
	topicsText string
	//go:embed prompts/ideas.txt
	ideasText string
	//go:embed prompts/topic_ideas.txt
	topicIdeasText string
	//go:embed prompts/dead_end.txt
	deadEndText string
	//go:embed prompts/exploration.txt
	explorationText string
	//go:embed prompts/hints.txt
	hintsText string
)

// DefaultPrompts are the shipped texts. The limits of tokens leave room for models that think first:
// a limit costs nothing that is not used.
func DefaultPrompts() Prompts {
	const version = "1"
	exact, lively := new(0.2), new(0.7)
	return Prompts{
		Role:        roleText,
		Topics:      Template{"topics", version, topicsText, Fast, 2000, exact},
		Ideas:       Template{"ideas", version, ideasText, Smart, 8000, lively},
		TopicIdeas:  Template{"topic-ideas", version, topicIdeasText, Smart, 4000, lively},
		DeadEnd:     Template{"dead-end", version, deadEndText, Fast, 2000, lively},
		Exploration: Template{"exploration", version, explorationText, Fast, 2000, lively},
		Hints:       Template{"hints", version, hintsText, Fast, 2000, lively},
	}
}

func (p Prompts) all() map[string]Template {
	return map[string]Template{
		"topics": p.Topics, "ideas": p.Ideas, "topic_ideas": p.TopicIdeas, "dead_end": p.DeadEnd,
		"exploration": p.Exploration, "hints": p.Hints,
	}
}

// Limits of what configuration may set.
const (
	maxTemplate = 20_000 // bytes of a text
	maxLabel    = 100    // bytes of a name or a version
	maxTokens   = 32_000
)

// Validate refuses prompts that could not be used, naming each field (KindInvalid).
func (p Prompts) Validate() error {
	bad := domain.Invalid("prompts_invalid", "these prompts cannot be used; correct the fields listed")
	if strings.TrimSpace(p.Role) == "" || len(p.Role) > maxTemplate {
		bad = bad.On("role", "must have 1 to %d bytes", maxTemplate)
	} else if _, err := fill(p.Role, Wanted{}); err != nil {
		bad = bad.On("role", "%s", err)
	}
	for name, t := range p.all() {
		bad = t.check(bad, name)
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

func (t Template) check(bad *domain.Error, name string) *domain.Error {
	if t.Name == "" || len(t.Name) > maxLabel {
		bad = bad.On(name+".name", "must have 1 to %d bytes", maxLabel)
	}
	if t.Version == "" || len(t.Version) > maxLabel {
		bad = bad.On(name+".version", "must have 1 to %d bytes", maxLabel)
	}
	if strings.TrimSpace(t.Text) == "" || len(t.Text) > maxTemplate {
		bad = bad.On(name+".text", "must have 1 to %d bytes", maxTemplate)
	} else if _, err := fill(t.Text, Wanted{Language: "Russian", Least: 2, Most: 3, MayAsk: true}); err != nil {
		bad = bad.On(name+".text", "%s", err)
	}
	if t.Size != Fast && t.Size != Smart {
		bad = bad.On(name+".size", "must be fast or smart")
	}
	if t.MaxTokens < 1 || t.MaxTokens > maxTokens {
		bad = bad.On(name+".max_tokens", "must be 1 to %d", maxTokens)
	}
	if t.Temperature != nil && !(*t.Temperature >= 0 && *t.Temperature <= 2) {
		bad = bad.On(name+".temperature", "must be 0 to 2")
	}
	return bad
}

func fill(text string, w Wanted) (string, error) {
	t, err := template.New("prompt").Option("missingkey=error").Parse(text)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = t.Execute(&out, w)
	return strings.TrimSpace(out.String()), err
}
