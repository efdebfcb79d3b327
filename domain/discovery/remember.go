package discovery

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"gifty/domain"
)

// QuizStream is where it is noted what a quiz asked, and which ideas came of it.
func QuizStream(id string) string { return "session-" + id }

// recipientStream is where the ideas proposed for a recipient are noted, in whichever session.
func recipientStream(id uuid.UUID) string { return "recipient-ideas-" + id.String() }

// remembered is how many of the ideas proposed last are not proposed again. Older ones may come back:
// what nobody wanted three birthdays ago may be right today.
const remembered = 48

// proposals is the ids of ideas proposed in a stream, oldest first.
type proposals struct {
	domain.Root
	giver  uuid.UUID
	stream string
	ids    []uuid.UUID
}

// Apply folds one event of the stream. Another giver's ideas in a session of the same name are not
// this one's to know. A recipient's are its giver's, whoever that giver was before signing in.
func (p *proposals) Apply(event any) {
	e, ok := event.(IdeasProposed)
	if ok && (e.GiverID == p.giver || e.RecipientID != nil && p.stream == recipientStream(*e.RecipientID)) {
		p.ids = append(p.ids, e.HypothesisID...)
	}
}

// remember fills in what the giver saw and said before, in this session and for this recipient, and what
// that one has had. It reads the log, so that asking again at once gives other ideas.
func (c Commands) remember(ctx context.Context, p domain.Principal, cmd GenerateHypotheses, brief Brief) (_ Brief, err error) {
	if cmd.RecipientID != nil && c.Presents != nil {
		if brief.Had, err = c.Presents.Bought(ctx, *cmd.RecipientID); err != nil {
			return brief, err
		}
	}
	var ids []uuid.UUID
	for _, stream := range cmd.streams() {
		past := &proposals{giver: p.Giver, stream: stream}
		if err := domain.LoadOne(ctx, c.Log, stream, past); err != nil {
			return brief, err
		}
		ids = append(ids, past.ids[max(0, len(past.ids)-remembered):]...)
	}
	byStream := map[string]*Hypothesis{}
	for _, id := range ids {
		byStream[HypothesisStream(id)] = &Hypothesis{}
	}
	if len(byStream) == 0 {
		return brief, nil
	}
	if err := domain.Load(ctx, c.Log, byStream); err != nil {
		return brief, err
	}
	for _, id := range ids {
		brief.note(byStream[HypothesisStream(id)])
	}
	return brief, nil
}

// streams are those that tell what was proposed before.
func (cmd GenerateHypotheses) streams() []string {
	var streams []string
	if cmd.RecipientID != nil {
		streams = append(streams, recipientStream(*cmd.RecipientID))
	}
	if cmd.SessionID != "" {
		streams = append(streams, QuizStream(cmd.SessionID))
	}
	return streams
}

// note lists an idea's title once, by what the giver said of it.
func (b *Brief) note(h *Hypothesis) { b.add(h.Generated.Title, h.Reaction) }

func (b *Brief) add(title string, said Reaction) {
	list := &b.Shown
	switch said {
	case Like, Shortlist:
		list = &b.Liked
	case Dislike:
		list = &b.Disliked
	}
	if title != "" && !slices.Contains(*list, title) {
		*list = append(*list, title)
	}
}
