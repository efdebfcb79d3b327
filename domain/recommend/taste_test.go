package recommend

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func reaction(kind ReactionKind, id byte, v []float32, daysAgo int) Reaction {
	return Reaction{
		GiftID: string('a' + rune(id)), Kind: kind, At: noon.AddDate(0, 0, -daysAgo), EventID: uuid.UUID{15: id},
		Vector: v, Title: "Подарок " + string('a'+rune(id)),
	}
}

// neighbours is two groups of gifts alike among themselves, of one score.
func neighbours() []List {
	list := append(gifts("a", 12, 0.8), gifts("b", 12, 0.8)...)
	for i := range list {
		list[i].Similarity = 0.8 - 0.002*float64(i%12)
		list[i].Vector = between(i/12, 2+i%2, 0.9)
	}
	return []List{{"q", list}}
}

func countOf(p Page, prefix string) int {
	n := 0
	for _, id := range itemIDs(p) {
		if strings.HasPrefix(id, prefix) {
			n++
		}
	}
	return n
}

func TestReactionsMoveTheNextPage(t *testing.T) {
	for name, policy := range map[string]Policy{"certain": cold(), "default": DefaultPolicy()} {
		before := countOf(Serve(Inquiry{Policy: policy}, neighbours()), "a")
		disliked := TasteFrom([]Reaction{reaction(Disliked, 1, axis(0), 0)}, noon, TasteOptions{})
		after := countOf(Serve(Inquiry{Policy: policy, Taste: disliked}, neighbours()), "a")
		if before < 4 || after > 1 {
			t.Errorf("%s: %d of the disliked kind before, %d after", name, before, after)
		}
		liked := TasteFrom([]Reaction{reaction(Liked, 1, axis(0), 0)}, noon, TasteOptions{})
		if after := countOf(Serve(Inquiry{Policy: policy, Taste: liked}, neighbours()), "a"); after < 9 {
			t.Errorf("%s: %d of the liked kind", name, after)
		}
	}
}

func TestALikeDoesNotClearThePage(t *testing.T) {
	list := gifts("a", 12, 0.8)
	for i := range list {
		list[i].Vector = axis(1 + i%3)
	}
	list[0].Vector = axis(0)
	taste := TasteFrom([]Reaction{reaction(Purchased, 1, axis(0), 0)}, noon, TasteOptions{})
	if page := Serve(Inquiry{Taste: taste}, []List{{"q", list}}); len(page.Items) != 12 {
		t.Errorf("%d items of 12", len(page.Items))
	}
}

func TestManyDislikesDoNotDiluteEachOther(t *testing.T) {
	var all []Reaction
	for i := range byte(8) {
		all = append(all, reaction(Disliked, i, between(int(i%2)*2, 3, 0.95), 0))
	}
	page := Serve(Inquiry{Policy: cold(), Taste: TasteFrom(all, noon, TasteOptions{})}, neighbours())
	if n := countOf(page, "a"); n > 3 {
		t.Errorf("%d of the disliked kind", n)
	}
}

func TestTasteDecays(t *testing.T) {
	effect := func(days int) float64 {
		taste := TasteFrom([]Reaction{reaction(Liked, 1, axis(0), days)}, noon, TasteOptions{})
		return taste.of(axis(0))
	}
	if fresh, half, old := effect(0), effect(60), effect(360); !(fresh > half && half > old && old < 0.05 && fresh > 0.8) {
		t.Errorf("a like weighs %v, then %v, then %v", fresh, half, old)
	}
	if ahead := effect(-30); ahead != effect(0) {
		t.Errorf("a reaction of the future weighs %v", ahead)
	}
	quick := TasteFrom([]Reaction{reaction(Liked, 1, axis(0), 60)}, noon, TasteOptions{HalfLife: 24 * time.Hour})
	if quick.of(axis(0)) > 0.001 {
		t.Error("the half-life is not heard")
	}
}

func TestDislikesWeighLessThanLikes(t *testing.T) {
	like, dislike := reaction(Liked, 1, axis(0), 0), reaction(Disliked, 2, axis(0), 0)
	if got := TasteFrom([]Reaction{like, dislike}, noon, TasteOptions{}); got.of(axis(0)) <= 0 {
		t.Errorf("together they weigh %v", got.of(axis(0)))
	}
}

func TestTasteIgnoresForeignVectorsAndOrder(t *testing.T) {
	taste := TasteFrom([]Reaction{reaction(Liked, 1, axis(0), 0), reaction(Liked, 2, make([]float32, 9), 1), reaction(Clicked, 3, nil, 2)}, noon, TasteOptions{})
	if taste.of(axis(0)) <= 0 || taste.of(make([]float32, 9)) != 0 || taste.of(nil) != 0 {
		t.Error("vectors of other models are not told apart")
	}
	rapid.Check(t, func(t *rapid.T) {
		all := []Reaction{reaction(Liked, 1, axis(0), 3), reaction(Disliked, 2, axis(1), 3), reaction(Clicked, 3, axis(2), 1), reaction(Purchased, 4, axis(3), 90)}
		if a, b := TasteFrom(all, noon, TasteOptions{}), TasteFrom(rapid.Permutation(all).Draw(t, "order"), noon, TasteOptions{}); !reflect.DeepEqual(a, b) {
			t.Fatal("the order of reactions shows")
		}
	})
}

func TestItemsNameTheReactionsThatMovedThem(t *testing.T) {
	all := []Reaction{
		reaction(Liked, 1, between(0, 1, 0.95), 0), reaction(Disliked, 2, between(0, 2, 0.6), 0),
		reaction(Clicked, 3, between(0, 3, 0.7), 0), reaction(Liked, 4, axis(3), 0), reaction(Shown, 5, axis(0), 0),
	}
	c := gift("x", 0.8)
	c.Vector = axis(0)
	item := Serve(Inquiry{Policy: cold(), Taste: TasteFrom(all, noon, TasteOptions{})}, []List{{"q", []Candidate{c}}}).Items[0]
	if len(item.Influences) != 3 || item.Influences[0].EventID != all[0].EventID || item.Influences[0].Effect <= 0 ||
		item.Influences[1].EventID != all[1].EventID || item.Influences[1].Effect >= 0 {
		t.Fatalf("%+v", item.Influences)
	}
	if want := []uuid.UUID{all[0].EventID, all[1].EventID, all[2].EventID}; !slices.Equal(item.Events, want) {
		t.Errorf("events %v, want %v", item.Events, want)
	}
	sum := 0.0
	for _, i := range item.Influences {
		sum += i.Effect
	}
	taste := TasteFrom(all, noon, TasteOptions{})
	if math.Abs(sum-taste.of(axis(0))) > 0.002 {
		t.Errorf("the influences add up to %v, the taste is %v", sum, taste.of(axis(0)))
	}
}

func TestPosteriors(t *testing.T) {
	like, dislike := reaction(Liked, 1, nil, 0), reaction(Disliked, 2, nil, 0)
	like.Category, like.Track, like.Gap = "Книги", "coffee", "the_mirror"
	dislike.Category = "Одежда"
	list := gifts("a", 3, 0.8)
	list[0].Category, list[1].Category = "Книги", "Одежда"
	q := Inquiry{Policy: cold(), Taste: TasteFrom([]Reaction{like, like, dislike}, noon, TasteOptions{}), Ideas: []Idea{{Track: "coffee", Gap: "the_anchor"}}}
	page := Serve(q, []List{{"q", list}})
	for id, want := range map[string]float64{"a00": 0.333, "a01": -0.2, "a02": 0} {
		if got := value(t, page, id, "category"); got != want {
			t.Errorf("category of %s: %v, want %v", id, got, want)
		}
	}
	if track, gap := value(t, page, "a00", "track"), value(t, page, "a00", "gap"); track != 0.333 || gap != 0 {
		t.Errorf("track %v, gap %v", track, gap)
	}
}

func TestRewards(t *testing.T) {
	for kind, want := range map[ReactionKind]float64{Purchased: 2, Liked: 1, Shortlisted: 1, Clicked: 0.3, Shown: 0, Disliked: -1, "shrug": 0} {
		if got := kind.Reward(); got != want {
			t.Errorf("%s: %v", kind, got)
		}
	}
}
