package recommendation

import (
	"reflect"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/recommend"
	"gifty/domain/recommendation"
)

// lessons is what feedback has taught a policy so far, as RankingStatistics has it for all persons.
type lessons struct {
	fixed bool
	prior recommend.Weights
	total Statistics
	known *recommend.Learned // nil: not since the last feedback
}

// learn takes in feedback.
func (l *lessons) learn(event any) {
	if l.fixed {
		return
	}
	l.known = nil
	switch e := event.(type) {
	case recommendation.Shown:
		for _, mark := range e.Items {
			l.mark(e.Origin, mark, func(f *recommendation.Fate) { f.Shown = true })
		}
	case recommendation.Clicked:
		l.mark(e.Origin, e.Mark, func(f *recommendation.Fate) { f.Clicked = true })
	case recommendation.Reacted:
		l.mark(e.Origin, e.Mark, func(f *recommendation.Fate) { f.Reaction = e.Reaction })
	case recommendation.Purchased:
		l.mark(e.Origin, e.Mark, func(f *recommendation.Fate) { f.Purchased = true })
	}
}

func (l *lessons) mark(o recommendation.Origin, m recommendation.Mark, became func(*recommendation.Fate)) {
	if o.FeaturesVersion == recommend.FeaturesVersion {
		l.total.learn(m, became)
	}
}

// learned is the policy's weights as they stand.
func (l *lessons) learned() recommend.Learned {
	if l.fixed {
		return recommend.Learned{}
	}
	if l.known == nil {
		l.known = new(recommend.Posterior(l.prior, l.total.statistics()))
	}
	return *l.known
}

// recipientOf is for whom a page of an event is; nil for nobody in particular.
func recipientOf(event any) *uuid.UUID {
	switch e := event.(type) {
	case recommendation.Served:
		return e.RecipientID
	case recommendation.Shown:
		return e.RecipientID
	case recommendation.Clicked:
		return e.RecipientID
	case recommendation.Reacted:
		return e.RecipientID
	case recommendation.Purchased:
		return e.RecipientID
	}
	return nil
}

// personOf is whose page an event is of: the recipient, or for nobody in particular the giver.
func personOf(event any) uuid.UUID {
	if who := recipientOf(event); who != nil {
		return *who
	}
	switch e := event.(type) {
	case recommendation.Served:
		return e.GiverID
	case recommendation.Shown:
		return e.GiverID
	case recommendation.Clicked:
		return e.GiverID
	case recommendation.Reacted:
		return e.GiverID
	case recommendation.Purchased:
		return e.GiverID
	}
	return uuid.Nil
}

func typeNames(types []domain.EventType) []string {
	var names []string
	for _, t := range types {
		names = append(names, t.Name)
	}
	return names
}

// nameOf is the name under which a struct is stored.
func nameOf[E any](types []domain.EventType) (names []string) {
	for _, t := range types {
		if t.Go == reflect.TypeFor[E]() {
			names = append(names, t.Name)
		}
	}
	return names
}
