package domain

import (
	"strings"

	"github.com/shopspring/decimal"
)

// Amount is an exact decimal, a JSON number without quotes. Never a float: 0.1 + 0.2 is 0.3.
type Amount struct{ decimal.Decimal }

// NewAmount reads a decimal such as "1990", "19.90"; it accepts what people write in feeds:
// spaces are dropped and a comma is a point.
func NewAmount(s string) (Amount, error) {
	s = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", ",", ".").Replace(s)
	d, err := decimal.NewFromString(s)
	if err != nil {
		return Amount{}, Invalid("amount_invalid", "%q is not an amount", s)
	}
	return Amount{d}, nil
}

// WholeAmount is n units of a currency.
func WholeAmount(n int64) Amount { return Amount{decimal.NewFromInt(n)} }

// MarshalJSON writes the decimal as a JSON number, exactly.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(a.Decimal.String()), nil }

// Money is an amount in a currency (ISO 4217, upper case).
type Money struct {
	Amount   Amount `json:"amount"`
	Currency string `json:"currency"`
}
