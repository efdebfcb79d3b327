package recommend

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// item explains a drawn gift.
func (s *serving) item(position int, p pick) Item {
	e := p.gift.entry
	i := Item{
		GiftID: p.GiftID, Position: position, Query: p.Query, Similarity: e.Similarity, Score: p.Score, Propensity: p.propensity,
		Exploratory: p.exploratory, Events: []uuid.UUID{}, Influences: s.inquiry.Taste.influences(e.Vector),
	}
	peers := s.byList[e.query]
	peers.explaining = true
	for n := range table {
		if p.Values[n] == 0 {
			continue
		}
		_, because := table[n].value(&peers, e)
		i.Features = append(i.Features, Weighted{table[n].name, p.Values[n], s.weights[n], millionths(s.weights[n] * p.Values[n]), because})
	}
	for _, influence := range i.Influences {
		i.Events = append(i.Events, influence.EventID)
	}
	i.Reason = s.reason(&i, e)
	return i
}

// reason is what a shop assistant would say: what the gift is for this person, then what else speaks
// for it.
func (s *serving) reason(i *Item, e *entry) string {
	lead, alike := s.lead(i, e)
	tails := s.tails(i, e)
	if !alike && len(tails) < 2 && i.contribution("category") > 0.05 {
		tails = append(tails, s.say("из того, что вам нравится", "from what you like"))
	}
	and := " and "
	if s.inquiry.Language == Russian {
		and = " и "
	}
	if len(tails) > 0 {
		lead += ": " + strings.Join(tails, and)
	}
	return lead + "."
}

// say picks the language.
func (s *serving) say(russian, english string, args ...any) string {
	return fmt.Sprintf(phrase{russian, english}.in(s.inquiry.Language), args...)
}

// contribution of a feature to the item's score.
func (i *Item) contribution(name string) float64 {
	for _, f := range i.Features {
		if f.Name == name {
			return f.Contribution
		}
	}
	return 0
}

// lead is the strongest of what ties the gift to the person: a reaction to something like it, an
// interest, else the idea or the words it was found by. It tells whether it was a reaction.
func (s *serving) lead(i *Item, e *entry) (lead string, alike bool) {
	interest := i.contribution("interest")
	if liked := likeness(i.Influences); liked != nil && i.contribution("taste") > interest {
		return s.likeLead(liked), true
	}
	if interest > 0 {
		return s.interestLead(e), false
	}
	switch idea := s.asked.idea(e); {
	case !s.tied(e):
		return s.plainLead(), false
	case idea.Title != "":
		return s.say("К идее «%s»", "For the idea “%s”", idea.Title), false
	}
	return s.say("По запросу «%s»", "Found for “%s”", s.queries[e.query]), false
}

// closely is the share of the page's best similarity from which a gift may be said to be what was
// asked for.
const closely = 0.9

// tied tells whether a gift may be said to be what was asked for, not merely something like it: its
// meaning is near, or its title has more than half of the query's words.
func (s *serving) tied(e *entry) bool {
	if e.Similarity >= closely*s.byList[e.query].similarity {
		return true
	}
	words := &Text{stems: stemsOf(s.queries[e.query])}
	return 2*words.common(e.product.Text) > len(words.stems)
}

// plainLead is for a gift that nothing in particular ties to the person.
func (s *serving) plainLead() string {
	if s.asked.occasion < 0 {
		return s.say("Может понравиться", "A gift to consider")
	}
	return s.say("Может порадовать", "A pleasant surprise")
}

// resembles is the cosine from which two gifts are alike to a person's eye.
const resembles = 0.55

// likeness is the reaction of liking to the most similar gift that has a title; nil when none is alike.
func likeness(influences []Influence) *Influence {
	for n := range influences {
		if i := &influences[n]; i.Effect > 0 && i.cosine >= resembles && i.Title != "" {
			return i
		}
	}
	return nil
}

func (s *serving) likeLead(liked *Influence) string {
	switch liked.Kind {
	case Purchased:
		return s.say("Похоже на «%s», что вы купили", "Similar to “%s”, which you bought", liked.Title)
	case Shortlisted:
		return s.say("Похоже на «%s», что вы отложили", "Similar to “%s”, which you shortlisted", liked.Title)
	case Clicked:
		return s.say("Похоже на «%s», что вы смотрели", "Similar to “%s”, which you looked at", liked.Title)
	}
	return s.say("Похоже на «%s», что вам понравилось", "Similar to “%s”, which you liked", liked.Title)
}

func (s *serving) interestLead(e *entry) string {
	best, at := 0.0, 0
	for n := range s.asked.interests {
		if v := s.asked.interests[n].in(e.product.Text); v > best {
			best, at = v, n
		}
	}
	i := s.asked.interests[at]
	if i.custom < 0 {
		return s.say("Для того, кому близко «%s»", "For someone into %s", strings.ReplaceAll(i.given, "_", " "))
	}
	return s.say("Для того, кто любит %s", "For someone who loves %s", knowledge().interests[i.custom].name.in(s.inquiry.Language))
}

// tails are what else speaks for a gift, at most two. A price above the budget is always told.
func (s *serving) tails(i *Item, e *entry) []string {
	var tails []string
	if s.asked.occasion >= 0 && i.contribution("occasion_fit") > 0 {
		tails = append(tails, s.say("подходит %s", "right %s", knowledge().occasions[s.asked.occasion].name.in(s.inquiry.Language)))
	}
	if s.budget != nil {
		tails = s.price(tails, e)
	}
	return tails
}

// price adds what is worth saying of a price: that it is over the budget, that it suits, or, where
// there is nothing else to say, that it is low.
func (s *serving) price(tails []string, e *entry) []string {
	share := s.budget.share(e.Price)
	switch {
	case share > 1:
		return append(tails, s.say("чуть дороже бюджета", "a little over the budget"))
	case share >= 0.35:
		return append(tails, s.say("укладывается в бюджет", "within the budget"))
	case len(tails) == 0:
		return append(tails, s.say("стоит намного меньше бюджета", "costs far less than the budget"))
	}
	return tails
}
