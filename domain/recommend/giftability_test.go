package recommend

import (
	"os"
	"strings"
	"testing"
)

// titleCase is a line of testdata/titles.tsv.
type titleCase struct{ verdict, category, title string }

func titleCases(t testing.TB) []titleCase {
	t.Helper()
	b, err := os.ReadFile("testdata/titles.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var cases []titleCase
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) == 3 && !strings.HasPrefix(line, "#") {
			cases = append(cases, titleCase{f[0], f[1], f[2]})
		}
	}
	return cases
}

// Everything else about a product is weak beside its title.
func TestWeakEvidence(t *testing.T) {
	mug, _ := Giftability("Кружка с котом", "", "")
	for name, score := range map[string]float64{
		"category":    score("Кружка с котом", "", "Автозапчасти"),
		"description": score("Кружка с котом", "Подходит для микроволновки и посудомоечной машины, можно мыть щёткой.", ""),
	} {
		if score < 0.5 || score > mug {
			t.Errorf("%s moves a mug from %.2f to %.2f", name, mug, score)
		}
	}
	if silent, told := score("HX-12 чёрный", "", ""), score("HX-12 чёрный", "Плюшевый мишка с бантом", ""); told <= silent {
		t.Errorf("a silent title's description is not heard: %.2f and %.2f", silent, told)
	}
	if s := score("", "", ""); s < 0.5 || s > 0.6 {
		t.Errorf("nothing known gives %.2f", s)
	}
}

func score(title, description, category string) float64 {
	s, _ := Giftability(title, description, category)
	return s
}

func TestReasonsNameTheWord(t *testing.T) {
	_, reasons := Giftability("Тормозные колодки для Toyota, подарок", "", "")
	if len(reasons) == 0 || reasons[0] != "car or motorcycle part: тормозные" {
		t.Errorf("reasons %q", reasons)
	}
}

func BenchmarkGiftability(b *testing.B) {
	cases := titleCases(b)
	for i := range b.N {
		c := cases[i%len(cases)]
		Giftability(c.title, "", c.category)
	}
}

func TestGiftabilityOfTitles(t *testing.T) {
	cases := titleCases(t)
	if len(cases) < 150 {
		t.Fatalf("only %d titles", len(cases))
	}
	for _, c := range cases {
		score, reasons := Giftability(c.title, "", c.category)
		right := map[string]bool{"not": score < NotAGift, "gift": score >= 0.5, "mid": score >= 0.25 && score < 0.75}[c.verdict]
		if !right {
			t.Errorf("%s: %.2f for %q in %q, because %v", c.verdict, score, c.title, c.category, reasons)
		}
	}
}
