package domain

import (
	"strings"

	"github.com/shopspring/decimal"
)

// Amount is an exact decimal, a JSON number without quotes. Never a float: 0.1 + 0.2 is 0.3.
type Amount struct{ decimal.Decimal }

// maxPlaces bounds an amount's digits on either side of the point: a decimal may be written
// 1e999999999, and whoever writes it out runs out of memory.
const maxPlaces = 64

// NewAmount reads a decimal such as "1990", "19.90"; it accepts what people write in feeds:
// spaces are dropped and a comma is a point. More than 64 digits before or after the point are
// no amount.
func NewAmount(s string) (Amount, error) {
	s = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", ",", ".").Replace(s)
	if len(s) > 2*maxPlaces {
		return Amount{}, Invalid("amount_invalid", "%.20q… is not an amount", s)
	}
	d, err := decimal.NewFromString(s)
	if err != nil || d.Exponent() < -maxPlaces || d.NumDigits()+int(d.Exponent()) > maxPlaces {
		return Amount{}, Invalid("amount_invalid", "%q is not an amount", s)
	}
	return Amount{d}, nil
}

// WholeAmount is n units of a currency.
func WholeAmount(n int64) Amount { return Amount{decimal.NewFromInt(n)} }

// MarshalJSON writes the decimal as a JSON number, exactly.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(a.Decimal.String()), nil }

// UnmarshalJSON reads a JSON number, or a string that holds one, within the limits of NewAmount;
// null leaves the amount as it is.
func (a *Amount) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	read, err := NewAmount(strings.Trim(string(b), `"`))
	if err == nil {
		*a = read
	}
	return err
}

// Money is an amount in a currency (ISO 4217, upper case).
type Money struct {
	Amount   Amount `json:"amount"`
	Currency string `json:"currency"`
}
