package recommend

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"gifty/domain"
)

func amount(t testing.TB, s string) domain.Amount {
	t.Helper()
	a, err := domain.NewAmount(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestCeilingIsTheBudgetAndATenth(t *testing.T) {
	for budget, want := range map[string]string{"1000": "1100", "999": "1098", "19.90": "21", "0.5": "0"} {
		if got := Ceiling(amount(t, budget)); got.String() != want {
			t.Errorf("ceiling of %s is %s, want %s", budget, got, want)
		}
	}
}

func TestAffordable(t *testing.T) {
	price := func(s string) *domain.Amount { a := amount(t, s); return &a }
	budget := &domain.Money{Amount: amount(t, "1000"), Currency: "RUB"}
	tests := []struct {
		name     string
		price    *domain.Amount
		currency string
		budget   *domain.Money
		want     bool
	}{
		{"at the ceiling", price("1100"), "RUB", budget, true},
		{"a kopeck over", price("1100.01"), "RUB", budget, false},
		{"no price", nil, "RUB", budget, false},
		{"other currency", price("10"), "EUR", budget, false},
		{"no currency", price("10"), "", budget, false},
		{"below zero", price("-1"), "RUB", budget, false},
		{"no budget, no price", nil, "", nil, true},
		{"budget of nothing is none", nil, "", &domain.Money{Currency: "RUB"}, true},
	}
	for _, tt := range tests {
		if got := newBudget(tt.budget).affordable(tt.price, tt.currency); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestPriceFitAsDocumented(t *testing.T) {
	for price, want := range map[string]float64{"0": 0.30, "100": 0.49, "350": 0.825, "700": 1, "850": 1, "1000": 1, "1050": 0.9, "1100": 0.6, "1101": 0} {
		if got := PriceFit(amount(t, price), amount(t, "1000")); math.Abs(got-want) > 0.01 {
			t.Errorf("fit of %s is %.3f, want %.2f", price, got, want)
		}
	}
	if got := PriceFit(amount(t, "5"), domain.Amount{}); got != 1 {
		t.Errorf("without a budget the fit is %v, want 1", got)
	}
}

func TestPriceFitRisesThenFalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		budget := domain.WholeAmount(rapid.Int64Range(1, 1_000_000).Draw(t, "budget"))
		a := domain.WholeAmount(rapid.Int64Range(0, 1_200_000).Draw(t, "a"))
		b := domain.WholeAmount(rapid.Int64Range(0, 1_200_000).Draw(t, "b"))
		fa, fb := PriceFit(a, budget), PriceFit(b, budget)
		if fa < 0 || fa > 1 {
			t.Fatalf("fit %v", fa)
		}
		cheap := a.LessThanOrEqual(b.Decimal) && b.LessThanOrEqual(budget.Decimal)
		dear := a.GreaterThanOrEqual(b.Decimal) && b.GreaterThanOrEqual(budget.Decimal)
		if (cheap || dear) && fa > fb+1e-12 {
			t.Fatalf("fit of %s is %v, of %s only %v, budget %s", a, fa, b, fb, budget)
		}
	})
}
