package hashing

import (
	"math"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func bag(names ...string) *Bag {
	b := &Bag{}
	for _, n := range names {
		b.Add(n, 1)
	}
	return b
}

func dot(a, b []float32) float64 {
	var sum float64
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func TestVectorIsUnitAndOrderFree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.String(), 1, 30).Draw(t, "names")
		v := bag(names...).Vector(256)
		if v == nil {
			t.Skip("features cancelled each other out")
		}
		if math.Abs(dot(v, v)-1) > 1e-5 {
			t.Fatalf("length² is %v", dot(v, v))
		}
		slices.Sort(names)
		if d := dot(v, bag(names...).Vector(256)); d < 1-1e-5 {
			t.Fatalf("another order gives cosine %v", d)
		}
	})
}

func TestEmptyBag(t *testing.T) {
	if b := (&Bag{}); !b.Empty() || b.Vector(8) != nil {
		t.Error("an empty bag has a vector")
	}
	if bag("a").Empty() {
		t.Error("a bag with a feature is empty")
	}
}

func TestCosineFollowsCommonFeatures(t *testing.T) {
	half, none := 0.0, 0.0
	const trials = 200
	for i := range trials {
		n := strconv.Itoa(i)
		v := bag("a"+n, "b"+n).Vector(512)
		half += dot(v, bag("a"+n, "c"+n).Vector(512)) / trials
		none += dot(v, bag("d"+n, "e"+n).Vector(512)) / trials
	}
	if math.Abs(half-0.5) > 0.03 || math.Abs(none) > 0.03 {
		t.Errorf("mean cosines %.3f with half the features in common and %.3f with none; want 0.5 and 0", half, none)
	}
}

func TestRepetitionCountsLittle(t *testing.T) {
	often := &Bag{}
	for range 100 {
		often.Add("a", 1)
	}
	often.Add("b", 1)
	if d := dot(often.Vector(512), bag("b").Vector(512)); d < 0.15 || d > 0.2 {
		t.Errorf("cosine is %v, want about 1/(1+ln 100)", d)
	}
}
