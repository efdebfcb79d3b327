package recommend

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gifty/domain"
)

func TestDefaultPolicyIsValidAndSurvivesJSON(t *testing.T) {
	b, err := json.Marshal(DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParsePolicy(b)
	if err != nil || got != DefaultPolicy() {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestParsePolicyKeepsDefaults(t *testing.T) {
	got, err := ParsePolicy([]byte(`{"name": "bold", "version": 3, "weights": {"taste": 4}, "draw": {"lambda": 0.5}}`))
	want := DefaultPolicy()
	want.Name, want.Version, want.Weights.Taste, want.Draw.Relevance = "bold", 3, 4, 0.5
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

// Whoever named a former version of the default goes on with that one.
func TestParsePolicyKnowsFormerVersions(t *testing.T) {
	for _, former := range FormerPolicies() {
		got, err := ParsePolicy(fmt.Appendf(nil, `{"name": "default", "version": %d}`, former.Version))
		if err != nil || got != former {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

func TestParsePolicyRefuses(t *testing.T) {
	tests := []struct{ policy, code, path string }{
		{``, "policy_malformed", ""},
		{`[]`, "policy_malformed", ""},
		{`{"name": "a", "version": 1} {}`, "policy_malformed", ""},
		{`{"name": "a", "version": 1, "colour": 1}`, "policy_malformed", ""},
		{`{"name": "a", "version": 1, "weights": {"beauty": 1}}`, "policy_malformed", ""},
		{`{"name": "a", "version": "1"}`, "policy_malformed", "version"},
		{`{"version": 1}`, "policy_invalid", "name"},
		{`{"name": "a"}`, "policy_invalid", "version"},
		{`{"name": "a", "version": 1, "weights": {"taste": -1}}`, "policy_invalid", "weights.taste"},
		{`{"name": "a", "version": 1, "weights": {"age_mismatch": 1}}`, "policy_invalid", "weights.age_mismatch"},
		{`{"name": "a", "version": 1, "relevance": 2}`, "policy_invalid", "relevance"},
		{`{"name": "a", "version": 1, "draw": {"temperature": -0.1}}`, "policy_invalid", "draw.temperature"},
		{`{"name": "a", "version": 1, "draw": {"temperature": 0.0001}}`, "policy_invalid", "draw.temperature"},
		{`{"name": "a", "version": 1, "draw": {"epsilon": 1.5}}`, "policy_invalid", "draw.epsilon"},
		{`{"name": "a", "version": 1, "draw": {"pool": 0}}`, "policy_invalid", "draw.pool"},
		{`{"name": "a", "version": 1, "draw": {"explore": {"position": 2, "among": 0}}}`, "policy_invalid", "draw.explore.among"},
		{`{"name": "a", "version": 1, "draw": {"limits": {"merchant": -1}}}`, "policy_invalid", "draw.limits.merchant"},
	}
	for _, tt := range tests {
		_, err := ParsePolicy([]byte(tt.policy))
		var refusal *domain.Error
		if !errors.As(err, &refusal) || refusal.Code != tt.code || refusal.Fields[0].Path != tt.path {
			t.Errorf("%s: %+v, want %s at %q", tt.policy, err, tt.code, tt.path)
		}
	}
}

func FuzzParsePolicy(f *testing.F) {
	f.Add([]byte(`{"name": "bold", "version": 3, "draw": {"lambda": 0.5}}`))
	f.Add([]byte(`{"name": "a", "version": 1, "draw": {"temperature": 1e-9, "explore": {"position": 50}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParsePolicy(data)
		if err != nil {
			return
		}
		b, _ := json.Marshal(p)
		if again, err := ParsePolicy(b); err != nil || again != p {
			t.Fatalf("%s: %v", b, err)
		}
		if page := Serve(Inquiry{Policy: p}, []List{{"q", gifts("a", 5, 0.8)}}); page.Items == nil {
			t.Fatal("no page")
		}
	})
}

func TestEveryFeatureHasAWeight(t *testing.T) {
	var names []string
	weights := reflect.TypeFor[Weights]()
	for i := range weights.NumField() {
		names = append(names, weights.Field(i).Tag.Get("json"))
	}
	if !reflect.DeepEqual(names, FeatureNames()) {
		t.Errorf("weights %v, features %v", names, FeatureNames())
	}
	for i, w := range DefaultPolicy().Weights.inOrder() {
		if reflect.ValueOf(DefaultPolicy().Weights).Field(i).Float() != w {
			t.Errorf("%s stands in another order", names[i])
		}
	}
}

func TestAssignNeverChanges(t *testing.T) {
	shares := []Share{{"a", 1}, {"b", 1}, {"c", 2}}
	got := ""
	for i := range 12 {
		got += Assign("ranking", fmt.Sprint("giver-", i), shares)
	}
	if want := "acbacabaccab"; got != want {
		t.Errorf("assigned %s, before %s", got, want)
	}
	if Assign("x", "y", nil) != "" || Assign("x", "y", []Share{{"a", 0}}) != "" {
		t.Error("assigned to an arm without parts")
	}
	if got := Assign("x", "y", []Share{{"none", 0}, {"all", 1}, {"nobody", 0}}); got != "all" {
		t.Errorf("assigned to %q", got)
	}
}

func TestAssignDividesByShareAndIndependently(t *testing.T) {
	shares := []Share{{"a", 1}, {"b", 3}}
	const units = 20000
	both, a, other := 0., 0., 0.
	for i := range units {
		id := fmt.Sprint(i)
		first, second := Assign("one", id, shares) == "a", Assign("two", id, shares) == "a"
		if first {
			a++
		}
		if second {
			other++
		}
		if first && second {
			both++
		}
	}
	for name, x := range map[string][2]float64{"a": {a / units, 0.25}, "other": {other / units, 0.25}, "both": {both / units, 0.0625}} {
		if math.Abs(x[0]-x[1]) > 0.015 {
			t.Errorf("%s: share %v, want %v", name, x[0], x[1])
		}
	}
}

func TestGrowingAnArmMovesOnlyBetweenTheTwo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.String().Draw(t, "unit")
		before := Assign("e", id, []Share{{"a", 40}, {"b", 40}, {"c", 20}})
		after := Assign("e", id, []Share{{"a", 40}, {"b", 20}, {"c", 40}})
		if before != after && before+after != "bc" {
			t.Fatalf("%q moved from %s to %s", id, before, after)
		}
	})
}

func TestTablesOfCustoms(t *testing.T) {
	c := knowledge()
	for _, each := range append(append([]custom(nil), c.occasions...), c.interests...) {
		if each.name.ru == "" || each.name.en == "" || each.key != strings.TrimSpace(each.key) {
			t.Errorf("%+v has no name", each)
		}
	}
	if len(c.occasions) < 10 || len(c.interests) < 40 || len(c.priors) < 10 {
		t.Errorf("%d occasions, %d interests, %d priors", len(c.occasions), len(c.interests), len(c.priors))
	}
}

func TestPoliciesThatRankAlike(t *testing.T) {
	same, other := DefaultPolicy(), DefaultPolicy()
	same.Name, same.Version, same.DeepDive, same.Minimum = "same", 7, 3, 0
	other.Draw.Temperature = 0.2
	if !same.RanksAs(DefaultPolicy()) || other.RanksAs(DefaultPolicy()) {
		t.Errorf("%v %v", same.RanksAs(DefaultPolicy()), other.RanksAs(DefaultPolicy()))
	}
}
