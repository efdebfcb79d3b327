package recommendation

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/evaluate"
	"gifty/domain/recommend"
	"gifty/domain/recommendation"
	"gifty/eventstore"
)

// History is what was asked for whom, and what was chosen, as the log tells. Pages for nobody in
// particular and for recipients who have been deleted are not in it.
type History struct {
	log  Log
	gone map[uuid.UUID]bool

	// Interactions are the choices: clicks, likes, shortlistings and purchases, by recipient, with their
	// rewards as grades.
	Interactions []evaluate.Interaction

	asks      map[string][]asked // by recipient, in the order of time
	reactions map[string][]recommend.Reaction
	seen      map[string][]sight
}

// asked is what a page was made for.
type asked struct {
	recommendation.Ask
	at time.Time
}

// sight is when a gift was first shown.
type sight struct {
	giftID string
	at     time.Time
}

// ReadHistory reads all of a log's history.
func ReadHistory(ctx context.Context, log Log) (*History, error) {
	h := &History{log: log, asks: map[string][]asked{}, reactions: map[string][]recommend.Reaction{}, seen: map[string][]sight{}}
	gone, err := (&Logged{Log: log}).deleted(ctx)
	if err != nil {
		return nil, err
	}
	h.gone = gone
	return h, h.walk(ctx, h.take)
}

// walk calls take for each event about a recipient who is still there, until it returns false.
func (h *History) walk(ctx context.Context, take func(who string, e domain.Recorded) bool) error {
	for e, err := range h.log.Read(ctx, eventstore.Query{Types: typeNames(recommendation.Events())}) {
		if err != nil {
			return err
		}
		if who := recipientOf(e.Event); who != nil && !h.gone[*who] && !take(who.String(), e) {
			break
		}
	}
	return nil
}

func (h *History) take(who string, recorded domain.Recorded) bool {
	switch e := recorded.Event.(type) {
	case recommendation.Served:
		h.asks[who] = append(h.asks[who], asked{recommendation.Ask{
			ID: e.RecommendationID, Seed: e.Seed, GiverID: e.GiverID, Brief: e.Brief, Ideas: e.Ideas, Exclude: e.Exclude, Limit: e.Limit,
		}, recorded.OccurredAt})
	case recommendation.Shown:
		for _, m := range e.Items {
			h.seen[who] = append(h.seen[who], sight{m.GiftID, recorded.OccurredAt})
		}
	case recommendation.Clicked:
		h.react(who, e.Mark, recommend.Clicked, recorded.Meta)
	case recommendation.Reacted:
		kind := recommend.ReactionKind(e.Reaction)
		if e.Reaction == recommendation.NoReaction {
			kind = recommend.Shown
		}
		h.react(who, e.Mark, kind, recorded.Meta)
	case recommendation.Purchased:
		h.react(who, e.Mark, recommend.Purchased, recorded.Meta)
	}
	return true
}

func (h *History) react(who string, gift recommendation.Mark, kind recommend.ReactionKind, m domain.Meta) {
	h.reactions[who] = append(h.reactions[who], recommend.Reaction{
		GiftID: gift.GiftID, Kind: kind, At: m.OccurredAt, EventID: m.EventID, Track: gift.Track, Gap: gift.Gap,
	})
	if grade := kind.Reward(); grade > 0 {
		h.Interactions = append(h.Interactions, evaluate.Interaction{Who: who, Item: gift.GiftID, At: m.OccurredAt, Grade: grade})
	}
}

// ask is the last that was asked for somebody by a moment.
func (h *History) ask(who string, by time.Time) (recommendation.Ask, bool) {
	for _, a := range slices.Backward(h.asks[who]) {
		if !a.at.After(by) {
			return a.Ask, true
		}
	}
	return recommendation.Ask{}, false
}

// before is what somebody had said of gifts before a moment, the last of each gift, and which they had
// seen or chosen.
func (h *History) before(who string, moment time.Time) (said []recommend.Reaction, met map[string]bool) {
	met = map[string]bool{}
	for _, s := range h.seen[who] {
		if s.at.Before(moment) {
			met[s.giftID] = true
		}
	}
	last := map[string]bool{}
	for _, r := range slices.Backward(h.reactions[who]) {
		if r.At.Before(moment) && !last[r.GiftID] {
			last[r.GiftID], met[r.GiftID] = true, true
			said = append(said, r)
		}
	}
	return said, met
}

// Fresh is the choices of what the person had not met before a moment: nothing else is ranked, so that
// nothing else can be predicted.
func (h *History) Fresh(choices []evaluate.Interaction, moment time.Time) (fresh []evaluate.Interaction) {
	met := map[string]map[string]bool{}
	for _, c := range choices {
		if met[c.Who] == nil {
			_, met[c.Who] = h.before(c.Who, moment)
		}
		if !met[c.Who][c.Item] {
			fresh = append(fresh, c)
		}
	}
	return fresh
}

// learned is a policy's weights as everybody's feedback before a moment had moved them.
func (h *History) learned(ctx context.Context, p recommend.Policy, moment time.Time) (recommend.Learned, error) {
	l := lessons{prior: p.Weights, total: Statistics{FeaturesVersion: recommend.FeaturesVersion}}
	err := h.walk(ctx, func(_ string, e domain.Recorded) bool {
		if e.OccurredAt.Before(moment) {
			l.learn(e.Event)
		}
		return true
	})
	return l.learned(), err
}
