package recommend

import (
	"math"
	"slices"

	"github.com/shopspring/decimal"

	"gifty/domain"
)

// margin is how far a gift may go over the budget: by a tenth.
var margin = decimal.RequireFromString("1.1")

// Ceiling is the most a gift may cost: the budget and a tenth, rounded down to a whole unit.
func Ceiling(budget domain.Amount) domain.Amount {
	return domain.Amount{Decimal: budget.Mul(margin).Floor()}
}

// hasBudget tells whether a budget limits anything: it must be above zero.
func hasBudget(budget *domain.Money) bool { return budget != nil && budget.Amount.IsPositive() }

// budget is a limit with what is worked out from it once a page.
type budget struct {
	amount   domain.Amount
	currency string
	ceiling  domain.Amount
	whole    float64 // the amount
}

// newBudget returns nil for a budget that limits nothing.
func newBudget(m *domain.Money) *budget {
	if !hasBudget(m) {
		return nil
	}
	return &budget{m.Amount, m.Currency, Ceiling(m.Amount), float(m.Amount.Decimal)}
}

// affordable tells whether a product may be offered under a budget: it has a price, in the budget's
// currency, not above the ceiling. Without a budget everything may be.
func (b *budget) affordable(price *domain.Amount, currency string) bool {
	return b == nil || price != nil && currency == b.currency && !price.IsNegative() && price.Cmp(b.ceiling.Decimal) <= 0
}

// share is a price as a share of the budget.
func (b *budget) share(price *domain.Amount) float64 { return float(price.Decimal) / b.whole }

// least is what a gift must cost at least: a share of the budget, or what half of the entries cost, if that is
// less. 0 without a budget.
func (b *budget) least(share float64, entries []*entry) float64 {
	if b == nil || share <= 0 || len(entries) == 0 {
		return 0
	}
	prices := make([]float64, len(entries))
	for i, e := range entries {
		prices[i] = float(e.Price.Decimal)
	}
	slices.Sort(prices)
	return min(share*b.whole, prices[len(prices)/2])
}

// trinket tells whether a price is below that.
func (b *budget) trinket(price *domain.Amount, least float64) bool {
	return b != nil && float(price.Decimal) < least
}

// float is a decimal as a float. Prices nearly all fit 53 bits, and the general way makes a fraction.
func float(d decimal.Decimal) float64 {
	if e := d.Exponent(); e <= 0 && e >= -15 && d.NumDigits() <= 15 {
		return float64(d.CoefficientInt64()) / math.Pow10(int(-e))
	}
	return d.InexactFloat64()
}

// The price curve's fixed points, as shares of the budget.
const (
	fitFrom   = 0.7 // from here to the whole budget a price fits best
	fitOver   = 0.1 // how far over the budget the curve goes on falling
	fitFree   = 0.3 // what a thing that costs next to nothing is worth
	fitAtMost = 0.6 // what a thing at the ceiling is worth
)

// PriceFit is how well a price suits a budget, 0–1; 1 when there is no budget. With r = price/budget:
//
//	r ≤ 0.7        1 − 0.7·(1 − r/0.7)²      0.30 at nothing, 0.49 at a tenth, 0.82 at 35 %
//	0.7 < r ≤ 1    1
//	1 < r ≤ 1.1    1 − 0.4·((r − 1)/0.1)²    0.60 at the ceiling
//
// and 0 above. The curve and its slope are smooth everywhere up to the ceiling, so that a rouble
// never decides an order.
func PriceFit(price, budget domain.Amount) float64 {
	if !budget.IsPositive() {
		return 1
	}
	return priceFit(float(price.Decimal) / float(budget.Decimal))
}

func priceFit(r float64) float64 {
	switch {
	case r < 0:
		return 0
	case r <= fitFrom:
		gap := 1 - r/fitFrom
		return 1 - (1-fitFree)*gap*gap
	case r <= 1:
		return 1
	case r <= 1+fitOver+1e-9:
		over := (r - 1) / fitOver
		return max(fitAtMost, 1-(1-fitAtMost)*over*over)
	}
	return 0
}
