package builtin_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gifty/domain/discovery"
	"gifty/domain/discovery/builtin"
	"gifty/domain/domaintest"
)

func shippedRules(t testing.TB) builtin.QueryRules {
	t.Helper()
	r, _, err := builtin.ShippedRules()(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func textsOf(queries []builtin.Query, bucket string) (texts []string) {
	for _, q := range queries {
		if bucket == "" || q.Bucket == bucket {
			texts = append(texts, q.Text)
		}
	}
	return texts
}

// Buckets come in their order, each within its limit; of too many the last go, but not all by interests.
func TestQueriesOfABrief(t *testing.T) {
	t.Parallel()
	r := shippedRules(t)
	b := discovery.Brief{
		Age: new(34), Gender: discovery.Female, Relation: discovery.RelationFriend, Occasion: "birthday", Vibes: []string{"cozy", "tech", "nonsense"},
		Interests: []string{"кофе по утрам", "книги"}, Description: "Любит дачу и йогу", Language: discovery.Russian,
	}
	got := r.Queries(b)
	if len(got) != 14 || len(textsOf(got, "age")) != 4 || len(textsOf(got, "vibe")) != 4 || len(textsOf(got, "interests")) != 5 || len(textsOf(got, "gender")) != 1 {
		t.Errorf("%v", got)
	}
	if got[0].Text != "кофейный набор" || !slices.Contains(textsOf(got, "interests"), "кофемолка ручная") {
		t.Errorf("%v", got)
	}
	r.Limits.Age, r.Limits.Vibe, r.Limits.Total, r.Limits.PerBucket = 5, 5, 6, 5
	if got = r.Queries(b); len(got) != 6 || len(textsOf(got, "interests")) != 2 {
		t.Errorf("room for interests: %v", got)
	}
	b = discovery.Brief{Age: new(1), Language: discovery.English}
	if got = shippedRules(t).Queries(b); len(got) < 8 || got[0].Text != "baby rattle" || len(textsOf(got, "relationship")) != 2 {
		t.Errorf("somebody of whom little is known: %v", got)
	}
}

// Whoever it is: from 8 to 14 queries, at most 5 a bucket, none twice, none banned.
func TestQueriesKeepTheirLimits(t *testing.T) {
	t.Parallel()
	r := shippedRules(t)
	rapid.Check(t, func(t *rapid.T) {
		b := discovery.Brief{
			Age: new(rapid.IntRange(0, discovery.MaxAge).Draw(t, "age")), Gender: rapid.SampledFrom([]discovery.Gender{"", discovery.Male, discovery.Female}).Draw(t, "gender"),
			Vibes:     rapid.SliceOfN(rapid.SampledFrom([]string{"cozy", "practical", "fun", "wow", "creative", "tech"}), 0, 4).Draw(t, "vibes"),
			Interests: rapid.SliceOfN(rapid.SampledFrom([]string{"coffee", "music", "pets", "вейп", "unknown", ""}), 0, 5).Draw(t, "interests"), Description: rapid.String().Draw(t, "description"),
			Occasion: rapid.SampledFrom([]string{"", "birthday", "march_8", "x"}).Draw(t, "occasion"), Language: rapid.SampledFrom(discovery.Languages()).Draw(t, "language"),
		}
		got := r.Queries(b)
		seen, buckets := map[string]bool{}, map[string]int{}
		for _, q := range got {
			if seen[q.Text] || q.Text != strings.ToLower(strings.TrimSpace(q.Text)) || r.Negative.In(q.Text) {
				t.Errorf("%q in %v", q.Text, got)
			}
			seen[q.Text] = true
			buckets[q.Bucket]++
		}
		if len(got) < 8 || len(got) > 14 {
			t.Errorf("%d queries: %v", len(got), got)
		}
	})
}

// When the cards run dry the rules still have ideas, each of them valid.
func TestRulesHaveTheLastIdeas(t *testing.T) {
	t.Parallel()
	for _, language := range discovery.Languages() {
		b := discovery.Brief{Age: new(70), Gender: discovery.Male, Relation: discovery.RelationRelative, Interests: []string{"coffee"}, Language: language, Count: 10, Vibes: []string{"cozy"}}
		g, general := builtin.New(), 0
		for range 100 {
			made, err := g.Generate(t.Context(), b)
			if err != nil {
				t.Fatal(err)
			}
			if len(made.Ideas) == 0 {
				break
			}
			for _, idea := range made.Ideas {
				if err := idea.Validate(); err != nil {
					t.Errorf("%+v: %v", idea, err)
				}
				if b.Shown = append(b.Shown, idea.Title); idea.Title == idea.Track {
					general++
				}
			}
		}
		if general < 2 {
			t.Errorf("%s: %d general ideas among %d", language, general, len(b.Shown))
		}
	}
}

func TestQueryRulesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	shipped, err := builtin.ShippedQueryRules()
	if err != nil {
		t.Fatal(err)
	}
	_, err = builtin.ParseQueryRules([]byte(`{"what": 1}`))
	domaintest.Refused(t, err, "query_rules_malformed")
	var r map[string]any
	if err := json.Unmarshal(shipped, &r); err != nil {
		t.Fatal(err)
	}
	r["segments"].([]any)[0].(map[string]any)["from"] = 1
	r["limits"].(map[string]any)["total"] = 0
	r["occasion"].(map[string]any)["birthday"] = map[string]any{"ru": []string{"x"}}
	delete(r["wordings"].(map[string]any), "age")
	r["hazards"] = map[string]any{"boredom": []string{"x"}}
	changed, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	_, err = builtin.ParseQueryRules(changed)
	domaintest.Refused(t, err, "query_rules_invalid", "limits", "segments", "wordings.age", "hazards.boredom", "occasion.birthday")
}

// What the giver rules out is not searched for, by versions that do not speak of hazards either.
func TestQueriesHeedConstraints(t *testing.T) {
	t.Parallel()
	shipped, err := builtin.ShippedQueryRules()
	if err != nil {
		t.Fatal(err)
	}
	older := map[string]any{}
	if err := json.Unmarshal(shipped, &older); err != nil {
		t.Fatal(err)
	}
	delete(older, "hazards")
	if shipped, err = json.Marshal(older); err != nil {
		t.Fatal(err)
	}
	r, err := builtin.ParseQueryRules(shipped)
	if err != nil {
		t.Fatal(err)
	}
	b := discovery.Brief{Age: new(25), Interests: []string{"home"}, Language: discovery.English}
	if got := textsOf(r.Queries(b), ""); !slices.Contains(got, "scented candle") {
		t.Errorf("%v", got)
	}
	b.Constraints = []discovery.Constraint{discovery.Hypoallergenic, discovery.NoBatteries}
	got := textsOf(r.Queries(b), "")
	if len(got) < 8 || slices.ContainsFunc(got, func(q string) bool { return strings.Contains(q, "candle") || strings.Contains(q, "wireless") }) {
		t.Errorf("%v", got)
	}
}

// A word that an operator forbids is in no idea from then on.
func TestNegativeStemsApplyToIdeas(t *testing.T) {
	t.Parallel()
	rules := shippedRules(t)
	rules.Negative = append(rules.Negative, "coffee")
	g := builtin.NewGenerator(func(context.Context) (builtin.QueryRules, int, error) { return rules, 3, nil })
	made, err := g.Generate(t.Context(), discovery.Brief{Interests: []string{"coffee"}, Language: discovery.English, Count: 5})
	if err != nil || len(made.Ideas) == 0 || made.Configuration[builtin.QueryRulesModule] != 3 {
		t.Fatalf("%+v, %v", made, err)
	}
	for _, idea := range made.Ideas {
		if strings.Contains(strings.ToLower(idea.Title+strings.Join(idea.Queries, " ")), " coffee") {
			t.Errorf("%+v", idea)
		}
	}
}
