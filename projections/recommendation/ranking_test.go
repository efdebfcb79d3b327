package recommendation

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/recommend"
	"gifty/domain/recommendation"
	"gifty/eventstore"
)

func TestARankingIsRead(t *testing.T) {
	t.Parallel()
	const warm = `{"name": "warm", "version": 3, "weights": {"character": 1}}`
	for _, c := range []struct{ name, json, code string }{
		{"a policy", `{"policies": [` + warm + `]}`, ""},
		{"nothing", `{}`, ""},
		{"an experiment", `{"policies": [` + warm + `], "experiment": {"name": "e", "shares": [{"name": "default", "parts": 1}, {"name": "warm", "parts": 1}]}}`, ""},
		{"no JSON", `policies`, "ranking_malformed"},
		{"a misspelt field", `{"polices": []}`, "ranking_malformed"},
		{"two objects", `{} {}`, "ranking_malformed"},
		{"a policy out of range", `{"policies": [{"name": "x", "version": 1, "per_query": -1}]}`, "policy_invalid"},
		{"a name twice", `{"policies": [` + warm + `, ` + warm + `]}`, "ranking_invalid"},
		{"an unknown arm", `{"experiment": {"name": "e", "shares": [{"name": "default", "parts": 1}, {"name": "warm", "parts": 1}]}}`, "experiment_invalid"},
		{"one arm", `{"experiment": {"name": "e", "shares": [{"name": "default", "parts": 1}]}}`, "experiment_invalid"},
		{"an arm twice", `{"experiment": {"name": "e", "shares": [{"name": "default", "parts": 1}, {"name": "default", "parts": 1}]}}`, "experiment_invalid"},
		{"an arm without parts", `{"policies": [` + warm + `], "experiment": {"name": "e", "shares": [{"name": "default", "parts": 1}, {"name": "warm"}]}}`, "experiment_invalid"},
		{"no name", `{"experiment": {"shares": []}}`, "experiment_invalid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := ParseRanking([]byte(c.json))
			code := ""
			if known := (*domain.Error)(nil); errors.As(err, &known) {
				code = known.Code
			}
			if code != c.code || err == nil && !r.knows("default") {
				t.Errorf("got %+v, %v", r, err)
			}
		})
	}
}

// toldLog is a log of what is put into it.
type toldLog []any

func (l toldLog) Read(_ context.Context, q eventstore.Query) iter.Seq2[domain.Recorded, error] {
	return func(yield func(domain.Recorded, error) bool) {
		for _, e := range l {
			if len(q.Types) == 1 { // who was deleted: nobody
				return
			}
			if !yield(domain.Recorded{Event: e}, nil) {
				return
			}
		}
	}
}

func (toldLog) Streams(context.Context, ...string) (map[string][]domain.Recorded, error) {
	return nil, nil
}

func (toldLog) Blob(context.Context, []byte) ([]byte, error) { return nil, nil }

// page is a page in an arm of experiment e, on which the first gift is clicked, liked or left alone.
func (l *toldLog) page(who uuid.UUID, arm string, clicked, liked bool) {
	o := recommendation.Origin{RecommendationID: uuid.New(), GiverID: who, Exposure: &recommendation.Exposure{Experiment: "e", Bucket: arm}}
	*l = append(*l, recommendation.Served{GiverID: who, Making: recommendation.Making{Exposure: o.Exposure}})
	mark := recommendation.Mark{GiftID: "g"}
	if clicked {
		*l = append(*l, recommendation.Clicked{Origin: o, Mark: mark})
		mark.Was.Clicked = true
	}
	if liked {
		*l = append(*l, recommendation.Reacted{Origin: o, Mark: mark, Reaction: recommendation.Like})
	}
}

func TestAnExperimentIsRead(t *testing.T) {
	t.Parallel()
	shares := []recommend.Share{{Name: "default", Parts: 1}, {Name: "warm", Parts: 1}}
	experiment := *NewExperiment("e", shares...)
	var log toldLog
	for i := range 400 { // in one arm one in ten likes, in the other nine
		who := uuid.New()
		arm := recommend.Assign("e", who.String(), shares)
		log.page(who, arm, i%2 == 0, (i/2%10 == 0) != (arm == "warm"))
		log.page(who, arm, false, false)
	}
	crossed := uuid.New()
	log.page(crossed, "warm", true, true)
	log.page(crossed, "default", true, true)
	o, err := ReadExperiment(t.Context(), log, experiment)
	if err != nil {
		t.Fatal(err)
	}
	control, warm := o.Arms[0], o.Arms[1]
	if o.Crossed != 1 || control.People+warm.People != 400 || control.Pages != 2*control.People || o.Ratio.Mismatch {
		t.Errorf("got %+v", o)
	}
	if control.Look != nil || warm.Look == nil || !warm.Look.Decided || warm.Look.Interval.Low <= 0 || warm.Reward < 0.4 || control.Reward > 0.3 {
		t.Errorf("got control %+v, warm %+v, %+v", control, warm, warm.Look)
	}

	t.Run("a lopsided split is told", func(t *testing.T) {
		uneven := experiment
		uneven.Shares = []recommend.Share{{Name: "default", Parts: 3}, {Name: "warm", Parts: 1}}
		if o, err := ReadExperiment(t.Context(), log, uneven); err != nil || !o.Ratio.Mismatch {
			t.Errorf("got %+v, %v", o.Ratio, err)
		}
	})
	t.Run("what was decided stays so", func(t *testing.T) {
		log, last := slices.Clone(log), o.Arms[1].Look.P
		for i := range 2000 { // from now on who is in the first arm likes more
			who := uuid.New()
			arm := recommend.Assign("e", who.String(), shares)
			log.page(who, arm, false, i/2%10 != 0 && arm == "default")
			if i%100 == 99 {
				o, err := ReadExperiment(t.Context(), log, experiment)
				look := o.Arms[1].Look
				if err != nil || !look.Decided || look.P > last {
					t.Fatalf("after %d: p was %g, %+v, %v", i+1, last, look, err)
				}
				last = look.P
			}
		}
		if o, err := ReadExperiment(t.Context(), log, experiment); err != nil || o.Arms[1].Look.Difference >= 0 {
			t.Errorf("the difference is still %+v: %v", o.Arms[1].Look, err)
		}
	})
	t.Run("an unknown one is told", func(t *testing.T) {
		experiment := experiment
		experiment.Name = "f"
		if _, err := ReadExperiment(t.Context(), log, experiment); err == nil {
			t.Error("got an outcome")
		}
	})
}
