package domain_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/domain/domaintest"
)

func TestNewAmount(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"1990": "1990", "19.90": "19.9", "19,90": "19.9", "1 990": "1990", "1\u00a0990,5": "1990.5", "12\u202f345": "12345",
		"-5": "-5", "1e3": "1000", "0": "0", "0.00": "0", strings.Repeat("9", 64): strings.Repeat("9", 64),
	} {
		if got, err := domain.NewAmount(in); err != nil || got.String() != want {
			t.Errorf("%q: %s, %v; want %s", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", " ", "free", "1.990,50", "1e", "0x10", "NaN", "Inf", "1e64", "1e999999999", "1e-65", "0e999999999", "1e99999999999999999999",
		strings.Repeat("9", 65), strings.Repeat("0", 1_000_000),
	} {
		_, err := domain.NewAmount(in)
		domaintest.Refused(t, err, "amount_invalid")
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	}
}

func TestAmountIsAJSONNumber(t *testing.T) {
	t.Parallel()
	type goods struct {
		Price domain.Amount  `json:"price"`
		Was   *domain.Amount `json:"was,omitempty"`
	}
	for in, want := range map[string]string{
		`{"price":19.90,"was":20}`: `{"price":19.9,"was":20}`,
		`{"price":"19.90"}`:        `{"price":19.9}`,
		`{"price":null}`:           `{"price":0}`,
		`{"price":1e2}`:            `{"price":100}`,
		`{"price":0.1}`:            `{"price":0.1}`,
	} {
		var g goods
		if err := json.Unmarshal([]byte(in), &g); err != nil {
			t.Errorf("%s: %v", in, err)
		}
		if out, err := json.Marshal(g); err != nil || string(out) != want {
			t.Errorf("%s became %s, %v; want %s", in, out, err, want)
		}
	}
	for _, in := range []string{`{"price":"free"}`, `{"price":true}`, `{"price":[1]}`, `{"price":""}`, `{"price":1e99}`, `{"price":{}}`} {
		var g goods
		if err := json.Unmarshal([]byte(in), &g); err == nil {
			t.Errorf("%s became %v", in, g.Price)
		}
	}
}

func TestAmountsComeBackExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a := domain.Amount{Decimal: decimal.New(rapid.Int64().Draw(rt, "value"), int32(rapid.IntRange(-20, 20).Draw(rt, "exponent")))}
		j, err := json.Marshal(a)
		var back domain.Amount
		if err == nil {
			err = json.Unmarshal(j, &back)
		}
		if err != nil || !back.Equal(a.Decimal) {
			rt.Fatalf("%s came back as %s, %v", a, back, err)
		}
		if read, err := domain.NewAmount(a.String()); err != nil || !read.Equal(a.Decimal) {
			rt.Fatalf("%s was read as %s, %v", a, read, err)
		}
	})
}
