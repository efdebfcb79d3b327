package evaluate

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gifty/domain"
)

func csvOf(text string) CSV {
	return CSV{Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}

func scan(t testing.TB, c CSV) *Table {
	t.Helper()
	table, err := c.Scan()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// clicks is a log as public bandit data sets have it: two kinds of people, four items, three positions.
// Item a pleases the old, b the young; a policy logged that takes each alike, or one that prefers a.
func clicks(rows int, seed uint64, uniform bool) string {
	source := rand.New(rand.NewPCG(seed, 2))
	var b strings.Builder
	b.WriteString(",timestamp,item_id,position,click,propensity_score,user_feature_0,user-item_affinity_0\n")
	chances := []float64{0.25, 0.25, 0.25, 0.25}
	if !uniform {
		chances = []float64{0.55, 0.15, 0.15, 0.15}
	}
	for i := range rows {
		kind, u, item := []string{"old", "young"}[source.IntN(2)], source.Float64(), 3
		for a, p := range chances {
			if u -= p; u < 0 {
				item = a
				break
			}
		}
		click := 0
		if source.Float64() < rate(kind, item) {
			click = 1
		}
		fmt.Fprintf(&b, "%d,2019-11-24 00:00:%02d.747000+00:00,%c,%d,%d,%v,%s,%.3f\n",
			i, i%60, 'a'+item, i%3+1, click, chances[item], kind, source.NormFloat64())
	}
	return b.String()
}

func rate(kind string, item int) float64 {
	switch {
	case kind == "old" && item == 0, kind == "young" && item == 1:
		return 0.5
	}
	return 0.1
}

func TestACSVWithTheUsualNamesIsRead(t *testing.T) {
	t.Parallel()
	table := scan(t, csvOf(clicks(4000, 1, false)))
	if table.Rows != 4000 || table.Actions() != 4 || table.Features() != 2+1+3 {
		t.Fatal(table.Rows, table.Actions(), table.Features())
	}
	for how, truth := range map[Acting]float64{ActUniform: (0.5 + 0.1*3) / 4, ActBest: 0.5} {
		r, err := table.Evaluate(how, Options{Resamples: 300})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range r.Estimates[1:] {
			if e.Low > truth || e.High < truth || e.High-e.Low > 0.15 {
				t.Errorf("%s: %+v, truth %v", how, e, truth)
			}
		}
		if len(r.Estimates) != 4 || r.Givers != 4000 || r.SupportCounted || math.Abs(r.MeanWeight-1) > 0.1 || r.From == nil {
			t.Errorf("%s: %+v", how, r)
		}
	}
}

func TestACSVTellsTheTruthInMostSeeds(t *testing.T) {
	t.Parallel()
	held := map[string]int{}
	const truth, seeds = 0.2, 40
	for seed := range uint64(seeds) {
		r, err := scan(t, csvOf(clicks(600, seed, false))).Evaluate(ActUniform, Options{Resamples: 200, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range r.Estimates[1:] {
			if e.Low <= truth && truth <= e.High {
				held[e.Name]++
			}
		}
	}
	t.Log(held)
	if held[IPS] < 36 || held[SNIPS] < 36 || held[DR] < 36 {
		t.Error(held)
	}
}

func TestAColumnOfTargetProbabilities(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("\ufeffitem;pi;prob;bought;session\n")
	source := rand.New(rand.NewPCG(1, 3))
	for i := range 2000 {
		a := source.IntN(2)
		fmt.Fprintf(&b, "%d;%v;0.5;%d;s%d\n", a, []float64{0.8, 0.2}[a], 3-a*2, i/2)
	}
	c := csvOf(b.String())
	c.Columns = map[Role]string{RolePropensity: "prob", RoleReward: "Bought", RoleGiver: "session"}
	c.Features = []string{}
	r, err := scan(t, c).Evaluate(ActPi, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range r.Estimates[1:] {
		if math.Abs(e.Value-(0.8*3+0.2)) > 0.15 {
			t.Errorf("%+v", e)
		}
	}
	if r.Givers != 1000 {
		t.Error(r.Givers)
	}
}

func TestACSVWithManyActionsHasAModelOfTheContext(t *testing.T) {
	t.Parallel()
	const actions = 600
	var b strings.Builder
	b.WriteString("action,reward,propensity,a,b,c,d,e,f,g,h\n")
	for i := range 2 * actions {
		fmt.Fprintf(&b, "a%d,%d,%v", i%actions, i%2, 1.0/actions)
		for column := range 8 {
			fmt.Fprintf(&b, ",%d", i*(column+3)%23%maxLevels)
		}
		b.WriteString("\n")
	}
	table := scan(t, csvOf(b.String()))
	var told *domain.Error
	if _, err := table.Evaluate(ActBest, Options{}); !errors.As(err, &told) || told.Code != "model_too_large" {
		t.Fatal(err, table.Features())
	}
	r, err := table.Evaluate(ActUniform, Options{})
	if err != nil || math.Abs(value(t, r, DR).Value-0.5) > 0.01 {
		t.Fatal(r, err)
	}
}

func TestRowsThatCannotBeUsedAreNamed(t *testing.T) {
	t.Parallel()
	bad := "action,position,reward,propensity,pi,time\n" +
		"a,1,1,0.5,0.5,\n" + // good
		",1,1,0.5,0.5,\n" +
		"a,first,1,0.5,0.5,\n" +
		"a,1,,0.5,0.5,\n" +
		"a,1,NaN,0.5,0.5,\n" +
		"a,1,1,0,0.5,\n" +
		"a,1,1,1.01,0.5,\n" +
		"a,1,1,nan,0.5,\n" +
		"a,1,1,0.5,2,\n" +
		"a,1,1,0.5,0.5,soon\n" +
		"a,1,1\n" +
		"a\"b,1,1,0.5,0.5,\n" +
		"a,1,1,0.5,0.5,1574553600\n" // good
	_, err := csvOf(bad).Scan()
	var told *domain.Error
	if !errors.As(err, &told) || told.Code != "rows_invalid" || !strings.Contains(told.Message, "11 of 13 rows") {
		t.Fatal(err)
	}
	for i, why := range []string{"action is missing", `"first"`, `reward must be a number, is ""`, `"NaN"`, `propensity must be more than 0 and at most 1, is "0"`, `"1.01"`, `"nan"`, `target probability must be 0 to 1, is "2"`, `is "soon"`, "more or fewer fields", "quotation mark"} {
		f := told.Fields[i]
		if f.Path != fmt.Sprintf("line %d", i+3) || !strings.Contains(f.Message, why) {
			t.Errorf("%+v, want line %d: %s", f, i+3, why)
		}
	}
	_, err = csvOf("action,reward,propensity\n" + strings.Repeat("a,1,7\n", 50)).Scan()
	if !errors.As(err, &told) || len(told.Fields) != shownRows+1 || told.Fields[shownRows].Message != "and 30 more" {
		t.Error(err)
	}
}

func TestFilesThatCannotBeEvaluated(t *testing.T) {
	t.Parallel()
	good := "action,reward,propensity\na,1,0.5\nb,0,0.5\n"
	for _, c := range []struct {
		text, code string
		how        Acting
		columns    map[Role]string
		features   []string
	}{
		{"", "csv_empty", ActUniform, nil, nil},
		{"a\"b,c\n", "header_invalid", ActUniform, nil, nil},
		{"action,reward,propensity\n", "log_empty", ActUniform, nil, nil},
		{"action,reward\na,1\n", "column_missing", ActUniform, nil, nil},
		{"action,item_id,reward,propensity\na,a,1,1\n", "column_ambiguous", ActUniform, nil, nil},
		{good, "column_missing", ActUniform, map[Role]string{RoleReward: "click"}, nil},
		{good, "column_missing", ActUniform, nil, []string{"age"}},
		{good, "column_missing", ActUniform, nil, []string{"reward"}},
		{good, "column_missing", ActPi, nil, nil},
		{good, "target_unknown", "magic", nil, nil},
		{good, "ess_low", ActUniform, nil, nil},
		{"action,reward,propensity,user_id\n" + strings.Repeat("a,1,0.5,me\nb,1,0.5,me\n", 200), "givers_few", ActUniform, nil, nil},
		{"action,reward,propensity\n" + strings.Repeat("a,1,1\nb,1,1\n", 200), "support_missing", ActUniform, nil, nil},
	} {
		file := csvOf(c.text)
		file.Columns, file.Features = c.columns, c.features
		table, err := file.Scan()
		if err == nil {
			_, err = table.Evaluate(c.how, Options{})
		}
		var told *domain.Error
		if !errors.As(err, &told) || told.Code != c.code {
			t.Errorf("%q as %s: %v, want %s", c.text, c.how, err, c.code)
		}
	}
}

func TestAFileThatFailsOrChangesMeanwhile(t *testing.T) {
	t.Parallel()
	broken := errors.New("unplugged")
	opened := 0
	c := CSV{Open: func() (io.ReadCloser, error) {
		opened++
		text := io.Reader(strings.NewReader("action,reward,propensity\na,1,1\nb,1,1\n"))
		switch opened {
		case 2:
			text = strings.NewReader("action,reward,propensity\na,1,1\nb,1,7\n")
		case 3:
			text = io.MultiReader(text, readerFunc(func([]byte) (int, error) { return 0, broken }))
		case 4:
			return nil, broken
		}
		return io.NopCloser(text), nil
	}}
	table := scan(t, c)
	if _, err := table.Evaluate(ActUniform, Options{}); !errors.Is(err, &domain.Error{Kind: domain.KindConflict, Code: "csv_changed"}) {
		t.Error(err)
	}
	for range 2 {
		if _, err := table.Evaluate(ActUniform, Options{}); !errors.Is(err, broken) {
			t.Error(err)
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func FuzzCSV(f *testing.F) {
	f.Add("action,reward,propensity,x\na,1,0.5,2\nb,0,0.5,z\n")
	f.Add(clicks(5, 1, true))
	f.Add("\ufeffaction\treward\tpropensity\tpi\n\"a\nb\"\t-1e308\t1e-308\t1\n")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := csvOf(text).Scan()
		var told *domain.Error
		if err != nil {
			if !errors.As(err, &told) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		for _, how := range []Acting{ActUniform, ActBest, ActPi} {
			if _, err := table.Evaluate(how, Options{Resamples: 100, MinESS: 1}); err != nil && !errors.As(err, &told) {
				t.Fatalf("%q as %s: %v", text, how, err)
			}
		}
	})
}
