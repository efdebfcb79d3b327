package builtin

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/domain/discovery"
)

// checkIdeas asserts what every answer owes every brief.
func checkIdeas(t interface{ Errorf(string, ...any) }, b discovery.Brief, ideas []discovery.Idea) {
	seen := map[string]bool{}
	for _, title := range slices.Concat(b.Liked, b.Disliked, b.Shown) {
		seen[discovery.FoldTitle(title)] = true
	}
	for _, idea := range ideas {
		if err := idea.Validate(); err != nil {
			t.Errorf("%q: %v", idea.Title, err)
		}
		if seen[discovery.FoldTitle(idea.Title)] {
			t.Errorf("%q is repeated", idea.Title)
		}
		seen[discovery.FoldTitle(idea.Title)] = true
	}
	checkWords(t, b, ideas)
}

// checkWords is deaf to tags: it only reads what a person would.
func checkWords(t interface{ Errorf(string, ...any) }, b discovery.Brief, ideas []discovery.Idea) {
	minor := b.Age != nil && *b.Age < 18
	for _, idea := range ideas {
		text := " " + discovery.FoldTitle(idea.Title+" "+strings.Join(idea.Queries, " ")) + " "
		refuse := func(when bool, words ...string) {
			for _, word := range words {
				if when && strings.Contains(text, word) {
					t.Errorf("%q (%q) for %+v", idea.Title, idea.Queries, b)
				}
			}
		}
		refuse(minor || b.Has(discovery.NoAlcohol), " вино", " пив", "виски", "бокал", " wine", " beer ", "whisky", "whiskey", "cocktail", "коктейл")
		refuse(b.Has(discovery.NoWeaponLike), " нож ", "knife", " меч", "sword", "пистолет", " gun ")
		refuse(b.Has(discovery.NoMedical), "массаж", "massage", "витамин", "vitamin")
		refuse(b.Has(discovery.NoSmallParts), "бисер", "jigsaw", " beads")
		refuse(b.Has(discovery.NoBatteries), "bluetooth", " led ", "аккумулятор", "rechargeable")
		refuse(b.Has(discovery.NoSweets), "шоколад", "chocolate", "конфет", "candy")
		refuse(b.Has(discovery.NoStrongSmell) || b.Has(discovery.Hypoallergenic), "аромасвеч", "scented candle", "диффузор", "diffuser")
	}
}

func drawBrief(k *knowledge) *rapid.Generator[discovery.Brief] {
	words := []string{"", "family", "mother", "boss", "friend", "wife", "son", "teacher", "colleague", "кто-то", "best_friend"}
	occasions := []string{"", "birthday", "new_year", "wedding", "march_8", "feb_23", "baby_shower", "valentines", "что-то"}
	var interests []string
	for _, topic := range k.topics {
		interests = append(interests, topic.ID)
	}
	interests = append(interests, "beekeeping", "урбанизм", "whisky", "knives", "vape", "!!!", "a very long story about nothing at all that never ends")
	return rapid.Custom(func(t *rapid.T) discovery.Brief {
		age := rapid.IntRange(-1, discovery.MaxAge).Draw(t, "age")
		budget := rapid.Int64Range(0, 100_000).Draw(t, "budget")
		q := discovery.Quiz{
			Gender:       rapid.SampledFrom([]string{"", "male", "female", "nonbinary"}).Draw(t, "gender"),
			Relationship: rapid.SampledFrom(words).Draw(t, "relationship"),
			Occasion:     rapid.SampledFrom(occasions).Draw(t, "occasion"),
			Vibe:         rapid.SliceOfN(rapid.SampledFrom([]string{"cozy", "funny", "premium", "eco", "уютный", "strange"}), 0, 3).Draw(t, "vibe"),
			Interests:    rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(interests), rapid.String()), 0, 5).Draw(t, "interests"),
			Description:  rapid.SampledFrom([]string{"", "любит кофе и вино, без сладкого", "loves dogs and wine", "не любит шум"}).Draw(t, "description"),
			Goal:         rapid.SampledFrom(append(discovery.Goals(), "")).Draw(t, "goal"),
			Effort:       rapid.SampledFrom(discovery.Efforts()).Draw(t, "effort"),
			Mode:         rapid.SampledFrom(discovery.SessionModes()).Draw(t, "mode"),
			Language:     rapid.SampledFrom(discovery.Languages()).Draw(t, "language"),
		}
		for _, c := range rapid.SliceOfN(rapid.SampledFrom(discovery.Constraints()), 0, 6).Draw(t, "constraints") {
			q.Constraints = append(q.Constraints, string(c))
		}
		b := q.Brief()
		if age >= 0 {
			b.Age, b.Segment = &age, discovery.SegmentOf(age)
		}
		if budget > 0 {
			b.Budget = &domain.Money{Amount: domain.WholeAmount(budget), Currency: rapid.SampledFrom([]string{"RUB", "EUR", "XXX"}).Draw(t, "currency")}
		}
		b.Seed = rapid.Uint64Range(0, 3).Draw(t, "seed")
		return b
	})
}

func TestEveryBriefIsServed(t *testing.T) {
	k := known(t)
	g := New()
	rapid.Check(t, func(t *rapid.T) {
		b := drawBrief(k).Draw(t, "brief")
		out, err := g.Generate(context.Background(), b)
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Ideas) != b.Wanted() {
			t.Fatalf("%d ideas of %d", len(out.Ideas), b.Wanted())
		}
		checkIdeas(t, b, out.Ideas)
		checkTags(t, k, b, out.Ideas)
		again, err := g.Generate(context.Background(), b)
		if err != nil || !reflect.DeepEqual(out, again) {
			t.Fatalf("another answer to the same brief: %v", err)
		}
		b.Shown = titles(out.Ideas)
		more, err := g.Generate(context.Background(), b)
		if err != nil {
			t.Fatal(err)
		}
		checkIdeas(t, b, more.Ideas)
	})
}

// checkTags holds every idea of the store against the brief's constraints and age.
func checkTags(t *rapid.T, k *knowledge, b discovery.Brief, ideas []discovery.Idea) {
	for _, idea := range ideas {
		c := k.byTitle[discovery.FoldTitle(idea.Title)]
		if c == nil {
			continue // made around a word of the giver's
		}
		due := b.Occasion == "baby_shower" && slices.Contains(c.topic.When, b.Occasion) // for the child of a grown-up
		if b.Age != nil && !c.Ages.contains(*b.Age) && (*b.Age < 18 || !due) {
			t.Errorf("%q at %d", idea.Title, *b.Age)
		}
		for _, constraint := range b.Constraints {
			if overlaps(c.Tags, forbids(constraint)) {
				t.Errorf("%q in spite of %s", idea.Title, constraint)
			}
		}
	}
}

func FuzzGenerate(f *testing.F) {
	f.Add("fishing", "Любит рыбалку, но не любит шум", "cozy", 30)
	f.Add("k-pop; \x00<script>", "без «18+» и без не", "", -5)
	g := New()
	f.Fuzz(func(t *testing.T, interest, description, vibe string, age int) {
		q := discovery.Quiz{Age: &age, Interests: discovery.SplitWords(interest), Description: description, Vibe: discovery.Words{vibe}}
		out, err := g.Generate(context.Background(), q.Brief())
		if err != nil {
			t.Fatal(err)
		}
		for _, idea := range out.Ideas {
			if err := idea.Validate(); err != nil {
				t.Errorf("%q: %v", idea.Title, err)
			}
		}
	})
}

// Every card is held against every constraint that would let it pass, so that the random briefs
// above cannot meet a card that nobody looked at.
func TestNoCardBelongsWhereItsTagsLetIt(t *testing.T) {
	k := known(t)
	for _, c := range append(cards(k), k.generic.Ideas...) {
		for _, lang := range discovery.Languages() {
			idea := choice{track: track{topic: c.topic, word: "Lego"}, card: c}.idea(discovery.Brief{Language: lang})
			for _, constraint := range discovery.Constraints() {
				if !overlaps(c.Tags, forbids(constraint)) {
					checkWords(t, discovery.Brief{Constraints: []discovery.Constraint{constraint}}, []discovery.Idea{idea})
				}
			}
			if minor := max(c.Ages.from, 0); minor < 18 {
				checkWords(t, discovery.Brief{Age: &minor}, []discovery.Idea{idea})
			}
		}
	}
}
