package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// choices is a log of a policy that takes a of ten times nine, b and c else; b is what people like. Its
// columns are named as public data sets name them.
func choices(rows int) string {
	var b strings.Builder
	b.WriteString("timestamp,item_id,position,click,propensity_score,user_feature_0\n")
	for i := range rows {
		item, propensity, click := "a", 0.9, i%7/6
		switch i % 20 {
		case 0:
			item, propensity, click = "b", 0.05, 1
		case 7:
			item, propensity, click = "c", 0.05, i%7/6
		}
		fmt.Fprintf(&b, "2019-11-24 00:00:%02d.747000+00:00,%s,%d,%d,%v,%s\n", i%60, item, i%3+1, click, propensity, []string{"x", "y"}[i%11%2])
	}
	return b.String()
}

// evaluated is what --json prints, as far as the tests look.
type evaluated struct {
	Decisions int
	ESS       float64
	Estimates []struct {
		Name             string
		Value, Low, High float64
	}
	Refused struct{ Code string }
}

func (p program) evaluation(t *testing.T) (e evaluated) {
	t.Helper()
	if err := json.Unmarshal([]byte(p.out.String()), &e); err != nil {
		t.Fatalf("%v: %s%s", err, p.out, p.err)
	}
	return e
}

func TestEvaluateOnACSV(t *testing.T) {
	t.Parallel()
	p := at(t, nowhere)
	log := choices(20_000)
	file, packed := p.write(t, "log.csv", log), p.write(t, "log.csv.gz", zipped(t, log, 0))
	e := p.run(t, "evaluate", "--csv", file, "--json", "--clip", "3").evaluation(t)
	const truth = (1.0/7 + 1 + 1.0/7) / 3
	if e.Decisions != 20_000 || len(e.Estimates) != 5 {
		t.Fatalf("%+v", e)
	}
	for _, got := range e.Estimates[1:4] {
		if math.Abs(got.Value-truth) > 0.02 || got.Low > got.Value || got.High < got.Value {
			t.Errorf("%+v, the truth is %v", got, truth)
		}
	}
	table := p.run(t, "evaluate", "--csv", packed, "--target", "best").out.String()
	for _, part := range []string{"log.csv.gz: 20000 rows, 3 actions; the target is best", "95 % interval", "snips   1 ", "effective sample size  1000.0 of 20000 decisions", "largest weight         20", "support", "slots, givers          20000, 20000"} {
		if !strings.Contains(table, part) {
			t.Errorf("%q is not in\n%s", part, table)
		}
	}
	run := p.begin(t, strings.NewReader(log), "evaluate", "--csv", "-").done(t)
	if !strings.HasPrefix(run.out.String(), "standard input: 20000 rows") {
		t.Error(run.out)
	}
}

func TestEvaluateRefusesAndSaysWhy(t *testing.T) {
	t.Parallel()
	p := at(t, nowhere)
	small := p.write(t, "small.csv", choices(400))
	run := p.begin(t, nil, "evaluate", "--csv", small)
	run.fails(t, 1, "small.csv: the log cannot tell: its 400 decisions are worth", "(effective sample size), fewer than 100")
	if out := run.out.String(); strings.Contains(out, "interval") || !strings.Contains(out, "effective sample size") {
		t.Error(out)
	}
	run = p.begin(t, nil, "evaluate", "--csv", small, "--json")
	run.fails(t, 1, "the log cannot tell")
	if e := run.evaluation(t); e.Refused.Code != "ess_low" || e.Estimates == nil || len(e.Estimates) > 0 || e.ESS >= 100 {
		t.Errorf("%+v", e)
	}
	always := p.write(t, "always.csv", "action,reward,propensity\n"+strings.Repeat("a,1,1\nb,0,1\n", 300))
	p.begin(t, nil, "evaluate", "--csv", always).fails(t, 1, "the weights' mean is 0.5 instead of 1")
	bad := p.write(t, "bad.csv", "action,reward,propensity\na,1,1\na,1,0\na,much,1\na\n")
	p.begin(t, nil, "evaluate", "--csv", bad).fails(t, 1, "bad.csv: 3 of 4 rows cannot be used; correct them:\n",
		"\n  line 3 the propensity must be", "\n  line 4 the reward must be", "\n  line 5 the row has")
	for _, c := range []struct {
		code int
		args string
		why  string
	}{
		{2, "evaluate", "name a file of logged choices"},
		{2, "evaluate --csv small.csv --target magic", `but got "magic"`},
		{2, "evaluate --csv small.csv --columns prize=click", "there is no prize"},
		{2, "evaluate --csv small.csv --resamples 10", "--resamples must be"},
		{2, "evaluate --csv small.csv --folds 1", "--folds must be"},
		{2, "evaluate --csv small.csv --clip=-1", "--clip must be"},
		{1, "evaluate --csv small.csv --columns reward=sold", "the file has no column sold for the reward; it has timestamp, item_id"},
		{1, "evaluate --csv small.csv --features age", "no column age that could be a feature"},
		{1, "evaluate --csv small.csv --target pi", "the file has no column pi"},
		{1, "evaluate --csv missing.csv", "missing.csv: the file cannot be read: no such file"},
		{1, "evaluate --csv .", "this is a folder"},
	} {
		p.begin(t, nil, strings.Fields(c.args)...).fails(t, c.code, c.why)
	}
}

func TestEvaluateStopsWhenTold(t *testing.T) {
	t.Parallel()
	in, never, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer never.Close()
	p := at(t, nowhere)
	p.env = append(p.env, "TMPDIR="+p.dir)
	copies := func() []string {
		found, err := filepath.Glob(filepath.Join(p.dir, "*.csv"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	run := p.begin(t, in, "evaluate", "--csv", "-")
	run.until(t, func() bool { return len(copies()) > 0 })
	run.signal(t, syscall.SIGINT)
	run.fails(t, 1, "gifty: stopped before the end\n")
	if left := copies(); len(left) > 0 {
		t.Error("left behind:", left)
	}
}
