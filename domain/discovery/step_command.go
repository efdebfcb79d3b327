package discovery

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
)

// TakeStep does what a session's step asks for, and returns when it is in the log. A step that was
// taken before, or that nobody needs any more, is done at once. Errors: what kept it from being done,
// and what then may be tried again.
func (c Commands) TakeStep(ctx context.Context, session, step uuid.UUID) error {
	s := &Session{}
	if err := domain.LoadOne(ctx, c.Log, SessionStream(session), s); err != nil {
		return err
	}
	todo, waiting := s.step(step)
	if !waiting {
		return nil
	}
	// A worker in the giver's stead: what is theirs may be read.
	ctx = domain.WithPrincipal(ctx, domain.Principal{Giver: s.GiverID, Role: domain.RoleWorker})
	t := &taking{Commands: c, session: s, todo: todo, began: c.Env.Now()}
	if s.Chosen == nil {
		if err := t.think(ctx); errors.Is(err, ErrSessionNotFound) {
			return nil // it went with its recipient
		} else if err != nil {
			return err
		}
	}
	_, err := patiently(domain.WithCommand(ctx, step), c, "take-step", []uuid.UUID{session, step}, t.record)
	if errors.Is(err, ErrSessionNotFound) {
		return nil
	}
	return err
}

// FailStep records that a step was given up until somebody looks.
func (c Commands) FailStep(ctx context.Context, session, step uuid.UUID, reason string) error {
	_, err := patiently(domain.WithPrincipal(ctx, domain.Principal{Role: domain.RoleWorker}), c, "fail-step", nil, func(ctx context.Context) (d domain.Decision[SessionReached], err error) {
		s := &Session{}
		if err := domain.LoadOne(ctx, c.Log, SessionStream(session), s); err != nil {
			return d, err
		}
		if todo, waiting := s.step(step); waiting && !todo.Failed {
			domain.Record(s, StepFailed{s.in(), step, cut(clean(reason), maxReason)})
		}
		return decided(s, nil), nil
	})
	return err
}

// maxReason bounds why a step failed, in characters.
const maxReason = 500

// taking is a step on its way: what was thought, and then how it is recorded. Thinking happens once;
// recording as often as another writer is first.
type taking struct {
	Commands
	session *Session // as it was when thinking began
	todo    Step
	began   time.Time

	rules   Rules
	from    map[string]int // configuration that took part
	brief   Brief
	makings []Making    // what was used
	calls   []ModelCall // to get there

	normalised *TopicsNormalised
	lines      []line
	candidates []*candidate
	question   *Question
	asked      ProbeKind
	about      *uuid.UUID // the topic that the question is about; set while recording for a new one
	hints      []Hint
}

// line is a topic with what was thought of it.
type line struct {
	topicID uuid.UUID
	topic   Topic
	found   TopicIdeas
	chosen  []*candidate
}

func (t *taking) think(ctx context.Context) (err error) {
	if t.rules, t.from, err = t.Commands.rules(ctx); err != nil {
		return err
	}
	if _, err := t.living(ctx, t.session.RecipientID, ErrSessionNotFound); err != nil {
		return err
	}
	if t.brief, err = t.remembering(ctx); err != nil {
		return err
	}
	switch t.todo.Kind {
	case StepOpen:
		return t.openTopics(ctx)
	case StepHints:
		var by Making
		t.hints, by, err = t.Adviser.Hints(ctx, t.brief, t.session.explored())
		t.hints = slices.DeleteFunc(slices.Clone(t.hints), func(h Hint) bool { return t.rules.Never.In(h.Question + " " + h.Topic) })
		t.made(by)
		return err
	case StepProbe:
		return t.ask(ctx, ProbeDeadEnd, "", nil)
	}
	track := t.session.track(*t.todo.TopicID)
	if track == nil {
		return nil
	}
	return t.haveIdeas(ctx, []line{{topicID: track.TopicID, topic: track.Topic}}, t.rules.IdeasMore)
}

// remembering is the brief with what the giver has seen and said, here and before for the same person.
func (t *taking) remembering(ctx context.Context) (Brief, error) {
	brief := t.session.Brief
	brief.Liked, brief.Disliked, brief.Shown, brief.Session, brief.Never = nil, nil, nil, t.session.ID.String(), t.rules.Never
	for _, idea := range t.session.ideas() {
		brief.add(idea.Title, t.session.reaction(idea.HypothesisID))
	}
	if t.session.RecipientID == nil {
		return brief, nil
	}
	p, err := domain.RequirePrincipal(ctx)
	if err != nil {
		return brief, err
	}
	return t.remember(ctx, p, GenerateHypotheses{RecipientID: t.session.RecipientID}, brief)
}

func (d *Dialogue) explored() []string {
	var names []string
	for _, t := range d.Tracks {
		names = append(names, t.Topic.Name)
	}
	return names
}

func (t *taking) openTopics(ctx context.Context) error {
	topics, by, err := t.Adviser.Topics(ctx, t.brief)
	if err != nil {
		return err
	}
	t.made(by)
	topics = slices.DeleteFunc(slices.Clone(topics), t.rules.Never.In)
	topics = topics[:min(len(topics), MaxTopics)]
	t.normalised = &TopicsNormalised{t.session.in(), slices.Clone(t.brief.Interests), topics}
	if len(topics) == 0 {
		return t.ask(ctx, ProbeDeadEnd, "", nil)
	}
	lines := make([]line, len(topics))
	for i, name := range topics {
		lines[i] = line{topicID: t.Env.NewID(), topic: Topic{Name: name}}
	}
	return t.haveIdeas(ctx, lines, t.rules.IdeasPerTopic)
}

// reserve is how many more ideas than wanted are asked for on each topic: one for which the catalogue has
// too little drops out. Searching for an idea's products is nearly all that a step takes.
const reserve = 1

// haveIdeas asks for ideas on all topics at once, finds products for them, and keeps those for which
// the catalogue has the goods. Where nothing comes to mind it has a question worded.
func (t *taking) haveIdeas(ctx context.Context, lines []line, wanted int) error {
	topics := make([]Topic, len(lines))
	for i, l := range lines {
		topics[i] = l.topic
	}
	brief := t.brief
	brief.Count = min(wanted+reserve, maxIdeas)
	found, calls, err := t.Adviser.Ideas(ctx, brief, topics)
	if err != nil {
		return err
	}
	t.calls = append(t.calls, calls...)
	titles := map[string]bool{}
	for i := range lines[:min(len(lines), len(found))] {
		lines[i].found = found[i].usable(lines[i].topic, titles, t.rules.Never)
		if lines[i].found.Question == "" {
			lines[i].found.Question = t.rules.Questions[t.session.Language][ProbeExploration].Text
		}
		t.made(found[i].By)
	}
	if err := t.findProducts(ctx, lines, wanted); err != nil {
		return err
	}
	t.lines = lines
	return t.askAboutEmpty(ctx)
}

// usable is what of an answer can be shown: valid ideas with titles that are new, under the topic's name, and a topic is too
// wide only with something to choose from.
func (f TopicIdeas) usable(topic Topic, titles map[string]bool, never Stems) TopicIdeas {
	f.Ideas = slices.Clone(f.Ideas)
	for i := range f.Ideas {
		f.Ideas[i].Track = cmp.Or(topic.Name, f.Ideas[i].Track)
	}
	f.Ideas = slices.DeleteFunc(f.Ideas, func(i Idea) bool {
		title := FoldTitle(i.Title)
		bad := i.Validate() != nil || i.holds(never) || titles[title]
		titles[title] = true
		return bad
	})
	f.Branches = slices.DeleteFunc(slices.Clone(f.Branches), never.In)
	f.Wide = f.Wide && len(f.Branches) > 0
	return f
}

func (t *taking) findProducts(ctx context.Context, lines []line, wanted int) error {
	var made Generated
	for _, l := range lines {
		by := l.found.By
		made.Others = append(made.Others, Generated{
			Ideas: l.found.Ideas, Model: by.Model, PromptVersion: by.PromptVersion, Raw: by.Raw, Configuration: t.configuration(by),
		})
	}
	all, err := t.findAll(ctx, made, t.brief)
	if err != nil {
		return err
	}
	t.candidates = all
	groups := make([][]*candidate, len(lines))
	for i, l := range lines {
		groups[i], all = all[:len(l.found.Ideas)], all[len(l.found.Ideas):]
	}
	for i, chosen := range chooseEach(groups, wanted) {
		lines[i].chosen = chosen
	}
	return nil
}

// askAboutEmpty words a question about the first topic on which nothing came to mind; when there is
// more of the track already, that it is exhausted is said instead.
func (t *taking) askAboutEmpty(ctx context.Context) error {
	for _, l := range t.lines {
		if len(l.chosen) == 0 && !l.found.Wide && t.todo.Kind != StepMore {
			return t.ask(ctx, ProbeExploration, l.topic.Name, &l.topicID)
		}
	}
	return nil
}

func (t *taking) ask(ctx context.Context, kind ProbeKind, topic string, about *uuid.UUID) error {
	q, by, err := t.Adviser.Ask(ctx, t.brief, kind, topic)
	if err != nil {
		return err
	}
	if q.Text == "" {
		q = t.rules.Questions[t.session.Language][kind]
	} else {
		t.made(by)
	}
	t.question, t.asked, t.about = &q, kind, about
	return nil
}

// made notes how an answer came about, each way once.
func (t *taking) made(by Making) {
	t.calls = append(t.calls, by.Calls...)
	by.Raw, by.Calls, by.Configuration = nil, nil, t.configuration(by)
	if !slices.ContainsFunc(t.makings, func(m Making) bool { return reflect.DeepEqual(m, by) }) {
		t.makings = append(t.makings, by)
	}
}

// configuration is every module's version that took part in an answer.
func (t *taking) configuration(by Making) map[string]int {
	all := maps.Clone(t.from)
	maps.Copy(all, by.Configuration)
	return all
}
