package llm

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"gifty/domain"
	"gifty/domain/discovery"
)

// How long what a model writes may be, in characters; longer is cut. Titles, queries and prose are
// bounded by discovery.Idea, and longer is refused.
const (
	mostTopic    = 100
	mostQuestion = 500
	mostOption   = 200
	mostOptions  = 6
	mostHints    = 5
)

func readTopics(answer json.RawMessage) ([]string, error) {
	var a struct {
		Topics []string `json:"topics"`
	}
	err := json.Unmarshal(answer, &a)
	return distinct(a.Topics, mostTopic, discovery.MaxInterests), err
}

func readQuestion(answer json.RawMessage) (Question, error) {
	var a struct {
		Question string   `json:"question"`
		Options  []string `json:"options"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return Question{}, err
	}
	q := Question{cut(plain(a.Question), mostQuestion), distinct(a.Options, mostOption, mostOptions)}
	if q.Text == "" || len(q.Options) < 2 {
		return Question{}, errors.New("the question needs words, and at least 2 different options; use plain text without markup and links")
	}
	return q, nil
}

func readHints(answer json.RawMessage) ([]Hint, error) {
	var a struct {
		Hints []struct {
			Question  string `json:"question"`
			Reasoning string `json:"reasoning"`
		} `json:"hints"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return nil, err
	}
	var hints []Hint
	seen := map[string]bool{}
	for _, h := range a.Hints {
		text := cut(plain(h.Question), mostQuestion)
		key := discovery.FoldTitle(text)
		if key == "" || seen[key] || len(hints) == mostHints {
			continue
		}
		seen[key] = true
		hints = append(hints, Hint{text, cut(plain(h.Reasoning), mostQuestion)})
	}
	if len(hints) == 0 {
		return nil, errors.New("no hint has a question; use plain text without markup and links")
	}
	return hints, nil
}

// distinct are texts as plain words, cut, without those that say nothing or the same as one before.
func distinct(list []string, most, count int) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		s = cut(plain(s), most)
		key := discovery.FoldTitle(s)
		if key == "" || seen[key] || len(out) == count {
			continue
		}
		seen[key] = true
		out = append(out, s)
	}
	return out
}

// ideasReader reads answers with ideas on topics.
type ideasReader struct {
	brief  discovery.Brief
	topics []discovery.Topic
	mayAsk bool
}

type topicAnswer struct {
	Number   int          `json:"number"`
	Wide     bool         `json:"is_wide"`
	Question string       `json:"question"`
	Branches []string     `json:"branches"`
	Ideas    []ideaAnswer `json:"ideas"`
}

type ideaAnswer struct {
	Title       string        `json:"title"`
	Description string        `json:"description"`
	Reasoning   string        `json:"reasoning"`
	Gap         discovery.Gap `json:"primary_gap"`
	Queries     []string      `json:"search_queries"`
}

// read keeps what can be used, and refuses an answer of which nothing can.
func (r ideasReader) read(answer json.RawMessage) ([]TopicIdeas, error) {
	var a struct {
		Topics []topicAnswer `json:"topics"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return nil, err
	}
	out := make([]TopicIdeas, len(r.topics))
	for i, topic := range r.topics {
		out[i].Topic = topic.Name
	}
	seen := map[string]bool{}
	for _, list := range [][]string{r.brief.Liked, r.brief.Disliked, r.brief.Shown} {
		for _, title := range list {
			seen[discovery.FoldTitle(title)] = true
		}
	}
	var wrong []string
	usable := false
	for _, t := range a.Topics {
		if len(r.topics) == 1 {
			t.Number = 1
		}
		if t.Number < 1 || t.Number > len(r.topics) {
			wrong = append(wrong, fmt.Sprintf("there is no topic %d", t.Number))
			continue
		}
		wrong = append(wrong, r.add(&out[t.Number-1], r.topics[t.Number-1], t, seen)...)
		usable = usable || out[t.Number-1].Wide != nil || len(out[t.Number-1].Ideas) > 0
	}
	if !usable {
		return nil, fmt.Errorf("nothing of this can be used: %s", cut(strings.Join(append(wrong, "every topic needs ideas"), "; "), 1000))
	}
	return out, nil
}

// add puts what one entry says under its topic, and returns what is wrong with the rest.
func (r ideasReader) add(topic *TopicIdeas, of discovery.Topic, t topicAnswer, seen map[string]bool) (wrong []string) {
	if t.Wide && r.mayAsk && of.Then == "" && of.Need == "" && len(topic.Ideas) == 0 {
		q := Question{cut(plain(t.Question), mostQuestion), distinct(t.Branches, mostTopic, mostOptions)}
		if len(q.Options) >= 2 {
			topic.Wide = &q
			return nil
		}
		wrong = append(wrong, fmt.Sprintf("topic %d is wide but has no branches", t.Number))
	}
	for _, a := range t.Ideas {
		idea := a.idea(topic.Topic, r.brief.Never)
		key := discovery.FoldTitle(idea.Title)
		if err := idea.Validate(); err != nil {
			wrong = append(wrong, fmt.Sprintf("%q: %s", cut(idea.Title, 60), blame(err)))
			continue
		}
		if never := r.brief.Never; never.In(idea.Title + " " + idea.Description + " " + idea.Reasoning) {
			wrong = append(wrong, fmt.Sprintf("%q names a subject that is never suggested", cut(idea.Title, 60)))
			continue
		}
		if of.Need != "" && idea.Gap != of.Need {
			wrong = append(wrong, fmt.Sprintf("%q does not fill the gap %s", cut(idea.Title, 60), of.Need))
			continue
		}
		if seen[key] {
			wrong = append(wrong, fmt.Sprintf("%q is repeated", cut(idea.Title, 60)))
			continue
		}
		seen[key] = true
		topic.Wide, topic.Ideas = nil, append(topic.Ideas, idea)
	}
	return wrong
}

// idea leaves out queries that name what is never suggested.
func (a ideaAnswer) idea(topic string, never discovery.Stems) discovery.Idea {
	var queries []string
	for _, q := range distinct(a.Queries, mostOption, len(a.Queries)) {
		if !never.In(q) && len(queries) < discovery.MaxQueries {
			queries = append(queries, q)
		}
	}
	return discovery.Idea{
		Title: plain(a.Title), Description: plain(a.Description), Reasoning: plain(a.Reasoning),
		Gap: a.Gap, Track: topic, Queries: queries,
	}
}

// blame says in one line what is wrong with an idea.
func blame(err error) string {
	var known *domain.Error
	if !errors.As(err, &known) {
		return err.Error()
	}
	var fields []string
	for _, f := range known.Fields {
		fields = append(fields, f.Path+" "+f.Message)
	}
	return strings.Join(fields, ", ")
}
