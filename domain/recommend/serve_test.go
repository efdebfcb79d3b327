package recommend

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"gifty/domain"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// warm is a policy that draws by chance, cold one that does not; neither has limits.
func warm() Policy {
	p := DefaultPolicy()
	p.Draw.Temperature, p.Draw.Epsilon, p.Draw.Limits, p.Draw.Reach = 0.2, 0.1, Limits{}, 100
	return p
}

func cold() Policy {
	p := warm()
	p.Draw.Temperature = 0
	return p
}

// axis is a unit vector along one of four axes.
func axis(n int) []float32 {
	v := make([]float32, 4)
	v[n] = 1
	return v
}

// between is a unit vector with cosine c to axis a and the rest along axis b.
func between(a, b int, c float64) []float32 {
	v := make([]float32, 4)
	v[a], v[b] = float32(c), float32(math.Sqrt(1-c*c))
	return v
}

func itemIDs(p Page) []string {
	ids := make([]string, len(p.Items))
	for i, item := range p.Items {
		ids[i] = item.GiftID
	}
	return ids
}

func scoredOf(t testing.TB, p Page, id string) Scored {
	t.Helper()
	for _, s := range p.Candidates {
		if s.GiftID == id {
			return s
		}
	}
	t.Fatalf("%s was not considered", id)
	return Scored{}
}

func value(t testing.TB, p Page, id, feature string) float64 {
	t.Helper()
	s := scoredOf(t, p, id)
	for i, name := range FeatureNames() {
		if name == feature && s.Values != nil {
			return s.Values[i]
		}
	}
	t.Fatalf("%s has no %s", id, feature)
	return 0
}

func asJSON(t rapid.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func anyInquiry(t *rapid.T) Inquiry {
	req := anyRequest(t)
	q := Inquiry{
		Person: req.Person, Budget: req.Budget, Language: rapid.SampledFrom([]string{"ru", "en"}).Draw(t, "language"),
		Limit: rapid.IntRange(0, 14).Draw(t, "limit"), Seed: rapid.Uint64().Draw(t, "seed"), Seen: map[string]bool{},
		Policy: rapid.SampledFrom([]Policy{{}, warm(), cold()}).Draw(t, "policy"),
	}
	q.Person.Occasion = rapid.SampledFrom([]string{"", "birthday", "new_year"}).Draw(t, "occasion")
	q.Person.Interests = rapid.SliceOfN(rapid.SampledFrom([]string{"coffee", "board_games", "ёжики"}), 0, 2).Draw(t, "interests")
	for _, n := range rapid.SliceOfN(rapid.IntRange(0, 60), 0, 5).Draw(t, "seen") {
		q.Seen[fmt.Sprintf("g%02d", n)] = true
	}
	var reactions []Reaction
	for _, n := range rapid.SliceOfN(rapid.IntRange(0, 11), 0, 4).Draw(t, "reactions") {
		reactions = append(reactions, Reaction{
			GiftID: fmt.Sprint(n), Kind: []ReactionKind{Liked, Disliked, Purchased}[n%3], At: noon.Add(-time.Duration(n) * time.Hour),
			EventID: uuid.UUID{byte(n)}, Vector: between(n%4, (n+1)%4, 0.8), Category: fmt.Sprint("c", n%3), Title: "Чай",
		})
	}
	q.Taste = TasteFrom(reactions, noon, TasteOptions{})
	return q
}

// anyServed makes lists with merchants, categories and vectors, the same for a gift wherever it stands.
func anyServed(t *rapid.T) []List {
	lists := anyLists(t)
	for _, l := range lists {
		for i := range l.Candidates {
			c, n := &l.Candidates[i], 0
			_, _ = fmt.Sscanf(l.Candidates[i].GiftID, "g%d", &n)
			c.Merchant, c.Category = fmt.Sprint("m", n%4), fmt.Sprint("c", n%3)
			if n%7 != 0 {
				c.Vector = between(n%4, (n+n/4+1)%4, float64(n%10)/10)
			}
		}
	}
	return lists
}

func TestServedPagesKeepTheirPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, lists := anyInquiry(t), anyServed(t)
		page := Serve(q, lists)
		offered := offerable(Request{Person: q.Person, Budget: q.Budget}, lists)
		for _, l := range lists[min(3, len(lists)):] {
			for id, title := range offerable(Request{Person: q.Person, Budget: q.Budget}, []List{l}) {
				offered[id] = title
			}
		}
		if len(page.Items) > q.limit() || (len(page.Items) == 0) != (page.Notice != nil) {
			t.Fatalf("%d items of %d, notice %v", len(page.Items), q.limit(), page.Notice)
		}
		seen := map[string]bool{}
		for i, item := range page.Items {
			if _, may := offered[item.GiftID]; !may || q.Seen[item.GiftID] || seen[item.GiftID] {
				t.Fatalf("%s must not be here", item.GiftID)
			}
			seen[item.GiftID] = true
			if item.Position != i+1 || !(item.Propensity > 0 && item.Propensity <= 1) || item.Reason == "" {
				t.Fatalf("%+v", item)
			}
			sum := 0.0
			for _, f := range item.Features {
				sum += f.Contribution
			}
			if math.Abs(sum-item.Score) > 1e-5 {
				t.Fatalf("contributions add up to %v, score is %v", sum, item.Score)
			}
		}
		for _, s := range page.Candidates {
			if (s.Dropped == "") != seen[s.GiftID] || (s.Position > 0) != seen[s.GiftID] {
				t.Fatalf("%+v", s)
			}
		}
	})
}

func TestServedPageDependsOnSeedNotOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, lists := anyInquiry(t), anyServed(t)
		shuffled := make([]List, len(lists))
		for n, list := range lists {
			shuffled[n] = List{Query: list.Query, Candidates: rapid.Permutation(list.Candidates).Draw(t, "shuffled")}
		}
		if a, b := asJSON(t, Serve(q, lists)), asJSON(t, Serve(q, shuffled)); a != b {
			t.Fatalf("the order of candidates shows:\n%s\n%s", a, b)
		}
	})
	q, lists := Inquiry{Policy: warm()}, []List{{"q", gifts("a", 40, 0.8)}}
	pages := map[string]bool{}
	for q.Seed = range 20 {
		pages[fmt.Sprint(itemIDs(Serve(q, lists)))] = true
	}
	if len(pages) < 15 {
		t.Errorf("20 seeds give %d pages", len(pages))
	}
}

func TestReplayOfTheServingPolicyGivesTheLoggedPropensities(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, lists := anyInquiry(t), anyServed(t)
		if rapid.Bool().Draw(t, "learned") {
			q.Learned = Posterior(DefaultPolicy().Weights, Observe([]float64{1, 0, 1, 0.5}, 1))
		}
		var page Page
		if err := json.Unmarshal([]byte(asJSON(t, Serve(q, lists))), &page); err != nil {
			t.Fatal(err)
		}
		got, err := Replay(page.Candidates, q.Policy, q.Policy, q.Learned)
		if err != nil {
			t.Fatal(err)
		}
		for i, item := range page.Items {
			if math.Abs(got[i]-item.Propensity) > 1e-12 {
				t.Fatalf("position %d: %v, logged %v", i+1, got[i], item.Propensity)
			}
		}
	})
}

func TestReplayRefusesWhatItCannotTell(t *testing.T) {
	page := Serve(Inquiry{Policy: warm()}, []List{{"q", gifts("a", 9, 0.8)}})
	other := warm()
	other.Relevance = 0.5
	if _, err := Replay(page.Candidates, warm(), other, Learned{}); !isCode(err, "policy_not_replayable") {
		t.Errorf("got %v", err)
	}
	other = warm()
	other.Draw.Temperature, other.Weights.Similarity = 0.5, 1
	odds, err := Replay(page.Candidates, warm(), other, Learned{})
	if err != nil || len(odds) != 9 || math.Abs(odds[8]-1) > 1e-12 {
		t.Errorf("got %v, %v", odds, err)
	}
	for name, spoil := range map[string]func(*Scored){
		"no values": func(s *Scored) { s.Values = nil }, "no similarities": func(s *Scored) { s.Near = s.Near[:3] },
		"twice at a position": func(s *Scored) { s.Position = s.Position%9 + 1 },
	} {
		broken := append([]Scored(nil), page.Candidates...)
		spoil(&broken[0])
		if _, err := Replay(broken, warm(), warm(), Learned{}); !isCode(err, "page_not_replayable") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func isCode(err error, code string) bool {
	var known *domain.Error
	return errors.As(err, &known) && known.Code == code
}

func TestBestOfSeveralListsCounts(t *testing.T) {
	far, near := gift("a", 0.5), gift("a", 0.8)
	page := Serve(Inquiry{Policy: cold()}, []List{{"x", []Candidate{far, gift("b", 0.7)}}, {"y", []Candidate{near, near, far}}})
	if got := itemIDs(page); !reflect.DeepEqual(got, []string{"a", "b"}) || page.Items[0].Query != 1 || page.Items[0].Similarity != 0.8 {
		t.Errorf("got %v, %+v", got, page.Items[0])
	}
	if len(page.Candidates) != 2 {
		t.Errorf("%d candidates, want each gift once", len(page.Candidates))
	}
}

func TestWhyCandidatesDropOut(t *testing.T) {
	dear, wine, part, far, dress := gift("dear", 0.8), gift("wine", 0.8), gift("part", 0.8), gift("far", 0.2), gift("dress", 0.8)
	dear.Price, wine.Title, part.Title, dress.Title = rub(1101), "Вино красное сухое", "Тормозные колодки передние", "Женское вечернее платье"
	copied, twin := gift("copied", 0.79), gift("twin", 0.79)
	copied.Title = gift("a00", 0).Title
	list := append(gifts("a", 2, 0.8), dear, wine, part, far, dress, copied, twin, gift("seen", 0.8), gift("bought", 0.8), gift("hated", 0.8))
	list[1].Vector, list[8].Vector = axis(0), axis(0)
	list[1].Title, list[8].Title = "Лампа настольная с абажуром", "Лампа с круглым плафоном зелёная"
	q := Inquiry{
		Person: Person{Constraints: []string{"no_alcohol"}, Gender: "male", Age: aged(40)}, Budget: budgetOf(1000), Policy: cold(), Limit: 2,
		Seen: map[string]bool{"seen": true}, Bought: map[string]bool{"bought": true}, Excluded: map[string]bool{"hated": true},
	}
	page := Serve(q, []List{{"q", list}})
	for id, want := range map[string]Dropped{
		"a00": "", "a01": "", "dear": DroppedOverBudget, "wine": DroppedVetoed, "part": DroppedNotAGift, "far": DroppedIrrelevant,
		"dress": DroppedMisfit, "copied": DroppedDuplicate, "seen": DroppedSeen, "bought": DroppedBought, "hated": DroppedExcluded,
	} {
		if got := scoredOf(t, page, id); got.Dropped != want {
			t.Errorf("%s: %q, want %q", id, got.Dropped, want)
		}
	}
	if of := scoredOf(t, page, "copied").DuplicateOf; of != "a00" {
		t.Errorf("copied is a duplicate of %q", of)
	}
	if why := scoredOf(t, page, "wine").Veto; why == "" {
		t.Error("the veto has no reason")
	}
}

func TestSameGoodsByVectorAndTitle(t *testing.T) {
	titled := func(id, title string, v []float32) Candidate {
		c := gift(id, 0.8)
		c.Title, c.Vector = title, v
		return c
	}
	page := Serve(Inquiry{Policy: cold()}, []List{{"q", []Candidate{
		titled("a", "Настольная лампа Луна белая", axis(0)),
		titled("b", "Лампа Луна с пультом и подставкой", between(0, 1, 0.95)),
		titled("c", "Ночник-проектор звёздное небо", between(0, 1, 0.95)),
	}}})
	if got := itemIDs(page); len(got) != 2 || scoredOf(t, page, "b").Dropped != DroppedDuplicate && scoredOf(t, page, "a").Dropped != DroppedDuplicate {
		t.Errorf("got %v: %s", got, asJSON(t, page.Candidates))
	}
}
