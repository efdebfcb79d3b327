package recommend

import (
	"encoding/json"
	"strings"
)

// Axes is a product's gift vector: how much of each of ten things it is, 0 to 1. Age suitability is
// how wide a range of ages it suits; gender bias how much it is for one gender only.
type Axes struct {
	Wow                 float64 `json:"wow"`
	Warmth              float64 `json:"warmth"`
	Romance             float64 `json:"romance"`
	Practicality        float64 `json:"practicality"`
	UsageFrequency      float64 `json:"usage_frequency"`
	OccasionVersatility float64 `json:"occasion_versatility"`
	Aesthetics          float64 `json:"aesthetics"`
	SocialRisk          float64 `json:"social_risk"`
	AgeSuitability      float64 `json:"age_suitability"`
	GenderBias          float64 `json:"gender_bias"`
}

// ParseAxes reads a gift vector, a JSON object that names all ten axes, each 0 to 1. Of anything else it
// makes nil: a product is rather not scored than scored by half, or on another scale.
func ParseAxes(vector []byte) *Axes {
	const missing = -1
	a := Axes{missing, missing, missing, missing, missing, missing, missing, missing, missing, missing}
	if len(vector) == 0 || json.Unmarshal(vector, &a) != nil {
		return nil
	}
	for _, x := range a.inOrder() {
		if x < 0 || x > 1 {
			return nil
		}
	}
	return &a
}

// The axes in the order of their fields.
const (
	wow = iota
	warmth
	romance
	practicality
	usageFrequency
	occasionVersatility
	aesthetics
	socialRisk
	ageSuitability
	genderBias
	axisCount
)

// wish is how much of each axis a person's gift had better have: above zero more, below zero less.
type wish [axisCount]float64

func (a Axes) inOrder() wish {
	return wish{
		a.Wow, a.Warmth, a.Romance, a.Practicality, a.UsageFrequency,
		a.OccasionVersatility, a.Aesthetics, a.SocialRisk, a.AgeSuitability, a.GenderBias,
	}
}

// everyone's wishes: what suits many, offends few.
func everyone() wish {
	return wish{occasionVersatility: 0.2, socialRisk: -0.5, ageSuitability: 0.2}
}

// wishes is what a person's relation, occasion and wanted mood ask of a gift, added up.
func wishes(p Person) wish {
	w := everyone()
	if !oneOf(p.Gender, "male", "female") {
		w[genderBias] -= 0.5
	}
	for _, word := range append([]string{p.Relation, p.Occasion}, p.Vibe...) {
		for axis, x := range wishOf(strings.ToLower(strings.TrimSpace(word))) {
			w[axis] += x
		}
	}
	return w
}

// wishOf is what one word asks; nothing when it is not known.
func wishOf(word string) wish {
	switch word {
	case "partner", "spouse", "wife", "husband", "girlfriend", "boyfriend", "valentines", "romantic":
		return wish{romance: 1, warmth: 0.5, aesthetics: 0.3}
	case "colleague", "boss", "teacher", "client", "employee", "office":
		return wish{romance: -1, socialRisk: -1, practicality: 0.5, occasionVersatility: 0.5}
	case "family", "relative", "child", "parent", "mother", "father", "grandmother", "grandfather", "cozy", "calm", "soft", "cute":
		return wish{warmth: 1}
	case "wedding", "anniversary", "housewarming":
		return wish{aesthetics: 0.5, warmth: 0.5}
	case "premium", "elegant", "aesthetic", "classic", "minimal":
		return wish{aesthetics: 1, socialRisk: -0.3}
	case "practical", "small_gift", "eco":
		return wish{practicality: 1, usageFrequency: 1}
	case "funny", "quirky", "creative", "geeky", "cool", "playful", "colorful", "festive", "magical", "wow", "fun", "tech":
		return wish{wow: 1}
	}
	return wish{}
}

// character is how well the axes meet the wishes, −1 to 1: Σ wish·(2·axis − 1) / Σ |wish|.
func (w wish) character(a Axes) float64 {
	met, all := 0.0, 0.0
	for i, x := range a.inOrder() {
		met += w[i] * (2*max(0, min(1, finite(x))) - 1)
		all += max(w[i], -w[i])
	}
	if all == 0 {
		return 0
	}
	return met / all
}
