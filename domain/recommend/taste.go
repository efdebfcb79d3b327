package recommend

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
)

// ReactionKind is what a giver did with a gift that was offered.
type ReactionKind string

// The kinds of reactions.
const (
	Liked       ReactionKind = "like"
	Disliked    ReactionKind = "dislike"
	Shortlisted ReactionKind = "shortlist"
	Purchased   ReactionKind = "purchase"
	Clicked     ReactionKind = "click"
	Shown       ReactionKind = "shown" // and nothing done with it
)

// strength is how much a kind counts for the taste, below zero against; 0 for one not known. A click
// is curiosity, a purchase money spent.
func (k ReactionKind) strength() float64 {
	switch k {
	case Purchased:
		return 1.5
	case Liked, Shortlisted:
		return 1
	case Clicked:
		return 0.25
	case Disliked:
		return -1
	}
	return 0
}

// Reward is what a reaction is worth to the learned weights, in points of score: purchase 2, like and
// shortlist 1, click 0.3, shown 0, dislike −1.
func (k ReactionKind) Reward() float64 {
	switch k {
	case Purchased:
		return 2
	case Liked, Shortlisted:
		return 1
	case Clicked:
		return 0.3
	case Disliked:
		return -1
	}
	return 0
}

// Reaction is one thing that was said or done about a gift, and still holds.
type Reaction struct {
	GiftID   string
	Kind     ReactionKind
	At       time.Time
	EventID  uuid.UUID
	Vector   []float32 // of unit length; nil: only track, gap and category are learnt from it
	Category string
	Track    string // of the idea it was offered for; "": none
	Gap      string
	Title    string
}

// TasteOptions tune TasteFrom. A zero field stands for its default.
type TasteOptions struct {
	HalfLife time.Duration // after which a reaction counts half; 60 days
	Positive float64       // β: what all that was liked counts; 1
	Negative float64       // γ, below β: what all that was disliked counts; 0.7
	Latest   int           // how many of the latest reactions are heard; 100
}

func (o TasteOptions) orDefault() TasteOptions {
	return TasteOptions{
		HalfLife: cmp.Or(o.HalfLife, 60*24*time.Hour), Positive: cmp.Or(o.Positive, 1.),
		Negative: cmp.Or(o.Negative, 0.7), Latest: cmp.Or(o.Latest, 100),
	}
}

// Taste is what a person's reactions say they like. The zero value knows nothing.
type Taste struct {
	vector     []float32 // Σ weight·vector over the reactions
	reactions  []weighed // latest first
	posteriors [3]map[string]Counts
}

// weighed is a reaction and what its vector counts in the taste vector, below zero against.
type weighed struct {
	Reaction
	weight float64
	vote   float64 // what it counts in posteriors
}

// What posteriors are kept of.
const (
	ofTrack = iota
	ofGap
	ofCategory
)

// unsure is what one reaction is held against, so that a single old one does not speak as loudly as
// a fresh one.
const unsure = 0.5

// TasteFrom folds reactions into a taste after Rocchio (1971), with decay:
//
//	taste = Σ wᵢ·vᵢ,  wᵢ = β·dᵢ/√(¼ + Σ d²) over what was liked, −γ·dᵢ/√(¼ + Σ d²) over what was not
//
// d being the kind's strength halved every half-life. The root instead of the classic mean keeps ten
// dislikes from diluting each other to nothing. The order of the reactions has no effect.
func TasteFrom(reactions []Reaction, now time.Time, options TasteOptions) Taste {
	o := options.orDefault()
	latest := slices.Clone(reactions)
	slices.SortFunc(latest, func(a, b Reaction) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.GiftID, b.GiftID), bytes.Compare(a.EventID[:], b.EventID[:]), cmp.Compare(a.Kind, b.Kind))
	})
	latest = latest[:min(len(latest), max(0, o.Latest))]
	t := Taste{}
	squares := map[bool]float64{}
	for _, r := range latest {
		age := max(0, now.Sub(r.At)) // a clock that ran ahead makes no reaction count more
		vote := r.Kind.strength() * math.Exp2(-float64(age)/float64(o.HalfLife))
		t.reactions = append(t.reactions, weighed{Reaction: r, vote: vote})
		t.count(r, vote)
		if r.Vector != nil {
			squares[vote > 0] += vote * vote
		}
	}
	for i := range t.reactions {
		share := o.Negative
		if t.reactions[i].vote > 0 {
			share = o.Positive
		}
		t.weigh(&t.reactions[i], share/math.Sqrt(unsure*unsure+squares[t.reactions[i].vote > 0]))
	}
	return t
}

// count lets a reaction vote for or against its track, gap and category.
func (t *Taste) count(r Reaction, vote float64) {
	for of, key := range [...]string{ofTrack: r.Track, ofGap: r.Gap, ofCategory: r.Category} {
		if key == "" || vote == 0 {
			continue
		}
		if t.posteriors[of] == nil {
			t.posteriors[of] = map[string]Counts{}
		}
		c := t.posteriors[of][key]
		c.Good, c.Bad = c.Good+max(0, vote), c.Bad+max(0, -vote)
		t.posteriors[of][key] = c
	}
}

// weigh adds a reaction's vector to the taste vector. One of another length is of another model and
// says nothing here.
func (t *Taste) weigh(r *weighed, share float64) {
	if r.Vector == nil || r.vote == 0 {
		return
	}
	if t.vector == nil {
		t.vector = make([]float32, len(r.Vector))
	}
	if len(r.Vector) != len(t.vector) {
		return
	}
	r.weight = r.vote * share
	for i, x := range r.Vector {
		t.vector[i] += float32(r.weight) * x
	}
}

// of is how a product's vector agrees with the taste, −1 to 1.
func (t *Taste) of(vector []float32) float64 {
	if t.vector == nil || len(vector) != len(t.vector) {
		return 0
	}
	return max(-1, min(1, finite(dot(t.vector, vector))))
}

// Influence is how one reaction moved an item: Effect is what it adds to the taste feature, above
// zero for and below zero against.
type Influence struct {
	EventID uuid.UUID    `json:"event_id"`
	GiftID  string       `json:"gift_id"`
	Kind    ReactionKind `json:"kind"`
	Title   string       `json:"title,omitempty"`
	Effect  float64      `json:"effect"`
	cosine  float64
}

const (
	mostInfluences = 3
	leastEffect    = 0.05 // of a reaction worth naming
)

// influences names the reactions that moved a vector most, strongest first, at most three.
func (t *Taste) influences(vector []float32) []Influence {
	var all []Influence
	for _, r := range t.reactions {
		if math.Abs(r.weight) < leastEffect || len(vector) != len(r.Vector) {
			continue // no cosine makes such a weight worth naming
		}
		cosine := finite(dot(r.Vector, vector))
		if effect := thousandths(r.weight * cosine); math.Abs(effect) >= leastEffect {
			all = append(all, Influence{r.EventID, r.GiftID, r.Kind, r.Title, effect, cosine})
		}
	}
	slices.SortStableFunc(all, func(a, b Influence) int { return cmp.Compare(math.Abs(b.Effect), math.Abs(a.Effect)) })
	return all[:min(len(all), mostInfluences)]
}
