package catalogue

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gifty/domain"
)

func TestVectorCheck(t *testing.T) {
	m := Model{Name: "m", Version: "1", Dim: 2}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	cases := []struct {
		name string
		v    Vector
		code string
	}{
		{"good", Vector{0.6, 0.8}, ""}, {"short", Vector{1}, "vector_dimension"}, {"none", nil, "vector_dimension"},
		{"zero", Vector{0, 0}, "vector_zero"}, {"long", Vector{3, 4}, "vector_not_unit"}, {"tiny", Vector{6e-5, 8e-5}, "vector_not_unit"}, {"no number", Vector{nan, 1}, "vector_not_finite"}, {"infinite", Vector{1, inf}, "vector_not_finite"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := c.v.Check(m)
			var e *domain.Error
			switch {
			case c.code == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.code != "" && (!errors.As(err, &e) || e.Code != c.code):
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

func TestCheckTexts(t *testing.T) {
	if err := CheckTexts([]string{"gift", "подарок", "42", "礼物"}); err != nil {
		t.Error(err)
	}
	err := CheckTexts([]string{"gift", "!!!", "", "🎁"})
	var e *domain.Error
	if !errors.Is(err, ErrTextWithoutWords) || !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	var places []string
	for _, f := range e.Fields {
		places = append(places, f.Path)
	}
	if !slices.Equal(places, []string{"texts[1]", "texts[2]", "texts[3]"}) {
		t.Errorf("got %v", places)
	}
	if len(ErrTextWithoutWords.Fields) != 0 {
		t.Error("the shared error was changed")
	}
}

func TestModelCheck(t *testing.T) {
	for name, c := range map[string]struct {
		m    Model
		code string
	}{
		"good":        {Model{"bge-m3", "1.0", Dimensions}, ""},
		"nameless":    {Model{"", "1", Dimensions}, "model_invalid"},
		"long name":   {Model{strings.Repeat("m", maxModelName+1), "1", Dimensions}, "model_invalid"},
		"small":       {Model{"m", "1", 384}, ""},
		"no space":    {Model{"m", "1", 0}, "model_dimension"},
		"large space": {Model{"m", "1", 2 * Dimensions}, "model_dimension"},
	} {
		err := c.m.Check()
		var e *domain.Error
		if (err != nil || c.code != "") && (!errors.As(err, &e) || e.Code != c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVectorsOfSmallModelsAreWidened(t *testing.T) {
	m := Model{"m", "1", 2}
	wide := Vector{0.6, 0.8}.Widened()
	if err := wide.Check(m); err != nil || len(wide) != Dimensions || wide[0] != 0.6 || wide[1] != 0.8 {
		t.Errorf("%v %v", err, wide[:4])
	}
	wide[5] = 0.001
	if err := wide.Check(m); err == nil {
		t.Error("something stands where the model makes nothing")
	}
	if again := wide.Widened(); len(again) != Dimensions {
		t.Errorf("%d dimensions", len(again))
	}
}
