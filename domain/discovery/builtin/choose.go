package builtin

import (
	"slices"

	"gifty/domain/discovery"
)

// choice is an idea on its way into an answer.
type choice struct {
	track track
	card  *card
	score float64
}

func (c choice) title(lang discovery.Language) string {
	return fill(c.card.wording(lang).Title, c.track.word)
}

// chooser fills an answer from several lines of ideas, one line after the other.
type chooser struct {
	reading *reading
	queues  map[track][]choice // what is left of each track
	chosen  []choice
	titles  map[string]bool
}

// choose picks n ideas: the person's interests in turn, and after every few of them something for
// the occasion or the relation; when interests run dry, what people like them enjoy, then whatever
// suits the age.
func (r *reading) choose(n int) []choice {
	c := &chooser{reading: r, queues: map[track][]choice{}, titles: map[string]bool{}}
	interests, around := c.rotation(r.declared, r.mentioned), c.rotation(r.around)
	near, anyway := c.rotation(r.near), c.rotation(r.anyway)
	run := min(3, max(2, len(interests.tracks))) // interests between two circumstances
	for len(c.chosen) < n {
		if len(c.chosen)%(run+1) == run && around.best() {
			continue
		}
		if !interests.turn() && !around.best() && !near.turn() && !anyway.best() {
			break
		}
	}
	c.stretchBudget(n)
	return c.chosen
}

// stretchBudget fills an answer that the budget left short with the least expensive of what suits:
// a person with little money still wants to see ideas.
func (c *chooser) stretchBudget(n int) {
	var dear []choice
	for _, t := range slices.Concat(c.reading.declared, c.reading.mentioned, c.reading.around, c.reading.anyway) {
		for _, card := range t.topic.Ideas {
			if !c.reading.affordable(card) {
				dear = append(dear, choice{track: t, card: card})
			}
		}
	}
	slices.SortStableFunc(dear, func(a, b choice) int { return a.card.RUB.from - b.card.RUB.from })
	for _, d := range dear {
		if len(c.chosen) < n && c.reading.offers(d) {
			c.add(d)
		}
	}
}

// rotation is a group of tracks that ideas are taken from.
type rotation struct {
	chooser *chooser
	tracks  []track
	next    int
	taken   map[track]int
}

func (c *chooser) rotation(lists ...[]track) *rotation {
	r := &rotation{chooser: c, taken: map[track]int{}}
	for _, list := range lists {
		for _, t := range list {
			if _, known := c.queues[t]; !known {
				c.queues[t] = c.candidates(t)
			}
			if len(c.queues[t]) > 0 {
				r.tracks = c.reading.extend(r.tracks, t)
			}
		}
	}
	return r
}

// turn moves the best idea of the next track that has one into the answer; false when none has. What
// the giver named as an interest is heard in turn, whatever its score.
func (r *rotation) turn() bool {
	for range r.tracks {
		t := r.tracks[r.next%len(r.tracks)]
		r.next++
		if r.chooser.take(t) {
			return true
		}
	}
	return false
}

// best moves the best idea of all tracks into the answer; a track counts for less the later it
// stands and the more it has given.
func (r *rotation) best() bool {
	var from track
	bestScore, found := 0.0, false
	for i, t := range r.tracks {
		_, s, ok := r.chooser.top(t)
		s += lesserTrack*float64(i) + trackRepeated*float64(r.taken[t])
		if ok && (!found || s > bestScore) {
			from, bestScore, found = t, s, true
		}
	}
	r.taken[from]++
	return found && r.chooser.take(from)
}

func (c *chooser) candidates(t track) []choice {
	var out []choice
	for _, card := range t.topic.Ideas {
		candidate := choice{track: t, card: card, score: c.reading.score(card)}
		if c.reading.affordable(card) && c.reading.offers(candidate) {
			out = append(out, candidate)
		}
	}
	slices.SortStableFunc(out, func(a, b choice) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	return out
}

// top finds the idea of t that is best once repetition is counted against it, and its place in the queue.
func (c *chooser) top(t track) (at int, score float64, ok bool) {
	for i, candidate := range c.queues[t] {
		if s := candidate.score + c.repetition(candidate.card); !ok || s > score {
			at, score, ok = i, s, true
		}
	}
	return at, score, ok
}

// take moves the top idea of t into the answer.
func (c *chooser) take(t track) bool {
	at, _, ok := c.top(t)
	if !ok {
		return false
	}
	choice := c.queues[t][at]
	c.queues[t] = slices.Delete(c.queues[t], at, at+1)
	return c.add(choice) || c.take(t)
}

// add refuses a title that the answer already has.
func (c *chooser) add(choice choice) bool {
	title := discovery.FoldTitle(choice.title(c.reading.brief.Language))
	if c.titles[title] {
		return false
	}
	c.titles[title] = true
	c.chosen = append(c.chosen, choice)
	return true
}

func (c *chooser) repetition(card *card) float64 {
	s := 0.0
	for _, have := range c.chosen {
		if have.card.Kind == card.Kind {
			s += kindRepeated
		}
		if have.card.Gap == card.Gap {
			s += gapRepeated
		}
	}
	return s
}
