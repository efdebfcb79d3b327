package discovery

import "slices"

// Slot is the part that an idea plays in a feed: a feed that holds one of each has something for a
// giver who wants to be sure, to move, to help or to be surprised.
type Slot string

// The slots, in the order in which a feed takes turns.
const (
	SlotSafeBet        Slot = "safe_bet"
	SlotEmotionalPivot Slot = "emotional_pivot"
	SlotPracticalFix   Slot = "practical_fix"
	SlotWildcard       Slot = "wildcard"
)

// Slots lists them.
func Slots() []Slot {
	return []Slot{SlotSafeBet, SlotEmotionalPivot, SlotPracticalFix, SlotWildcard}
}

// SlotOf is the part that a gift which fills a gap plays: who one is recognised as is safe; bonds and
// permissions are about feelings; a friction taken away is practical; growth is a leap.
func SlotOf(g Gap) Slot {
	switch g {
	case GapAnchor, GapPermission:
		return SlotEmotionalPivot
	case GapOptimizer:
		return SlotPracticalFix
	case GapCatalyst:
		return SlotWildcard
	}
	return SlotSafeBet
}

// FeedItem is an idea in its place in the feed.
type FeedItem struct {
	Slot Slot    `json:"slot" enum:"safe_bet,emotional_pivot,practical_fix,wildcard"`
	Idea IdeaRef `json:"idea"`
}

// Feed is the ideas of all tracks, those of the selected one before others, the slots in turn. What
// the giver dislikes is not in it.
func (d *Dialogue) Feed() []FeedItem {
	queues := map[Slot][]IdeaRef{}
	left := 0
	for _, t := range d.bySelection() {
		for _, idea := range t.Ideas {
			if !slices.Contains(d.Reactions, Noted{idea.HypothesisID, Dislike}) {
				queues[idea.Slot] = append(queues[idea.Slot], idea)
				left++
			}
		}
	}
	feed := make([]FeedItem, 0, left)
	for len(feed) < left {
		for _, slot := range Slots() {
			if queue := queues[slot]; len(queue) > 0 {
				feed, queues[slot] = append(feed, FeedItem{slot, queue[0]}), queue[1:]
			}
		}
	}
	return feed
}

func (d *Dialogue) bySelection() []Track {
	tracks := slices.Clone(d.Tracks)
	slices.SortStableFunc(tracks, func(a, b Track) int { return d.later(a) - d.later(b) })
	return tracks
}

func (d *Dialogue) later(t Track) int {
	if d.TopicID != nil && t.TopicID == *d.TopicID {
		return 0
	}
	return 1
}
