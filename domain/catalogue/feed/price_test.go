package feed

import (
	"encoding/json"
	"testing"
)

func TestReadPrice(t *testing.T) {
	for _, c := range []struct {
		in       any
		want     string // amount and currency; "" for nothing, "!" for an error
		currency string
	}{
		{nil, "", ""}, {"  ", "", ""}, {[]any{}, "", ""}, {[]any{nil, ""}, "", ""},
		{"1990", "1990", ""}, {"1 990", "1990", ""}, {"1\u00a0990,50", "1990.5", ""}, {"1\u202f990.50", "1990.5", ""},
		{"19,9", "19.9", ""}, {"1,990.50", "1990.5", ""}, {"1.990,50", "1990.5", ""}, {"1,234,567", "1234567", ""}, {"1.234.567,8", "1234567.8", ""},
		{"1'990.00", "1990", ""}, {"1990.-", "1990", ""}, {"0", "0", ""},
		{"19.90 EUR", "19.9", "EUR"}, {"EUR 19.90", "19.9", "EUR"}, {"19.90eur", "19.9", "EUR"}, {"€19.90", "19.9", "EUR"}, {"$5", "5", "USD"},
		{"1 990 ₽", "1990", "RUB"}, {"1990 руб.", "1990", "RUB"}, {"1990 р.", "1990", "RUB"}, {"5 RUR", "5", "RUB"},
		{"500-900", "500", ""}, {"500 – 900 ₽", "500", "RUB"}, {"от 500 до 900 руб", "500", "RUB"}, {"from 5 to 9 EUR", "5", "EUR"}, {"900-500", "500", ""}, {"до 900", "900", ""},
		{"-5", "-5", ""}, {"−5 ₽", "-5", "RUB"},
		{"abc", "!", ""}, {"-", "!", ""}, {"₽", "!", ""}, {"5 apples", "!", ""}, {"1e5", "!", ""}, {"500..900", "!", ""}, {"1-2-3", "!", ""}, {"1,2,3", "!", ""}, {"NaN", "!", ""}, {"0x10", "!", ""}, {"5 EUR 6 USD", "!", ""},
		{true, "!", ""}, {map[string]any{}, "!", ""}, {map[string]any{"min": true}, "!", ""}, {[]any{"5", "x"}, "!", ""},
		{json.Number("1.5e2"), "150", ""}, {json.Number("1e9999"), "!", ""}, {json.Number("1e-9999"), "!", ""},
		{[]any{json.Number("9"), json.Number("5")}, "5", ""},
		{map[string]any{"min": json.Number("5"), "max": json.Number("9")}, "5", ""}, {map[string]any{"max": "9 EUR"}, "9", "EUR"},
		{map[string]any{"amount": "5", "currency": "rub"}, "5", "RUB"}, {map[string]any{"#text": "5", "@from": "true"}, "5", ""},
	} {
		p, err := readPrice(c.in)
		got := ""
		switch {
		case err != nil:
			got = "!"
		case p.amount != nil:
			got = p.amount.String()
		}
		if got != c.want || p.currency != c.currency && err == nil {
			t.Errorf("%v: got %q %q, want %q %q", c.in, got, p.currency, c.want, c.currency)
		}
	}
}

func TestAPriceThatIsTooLongToBeOne(t *testing.T) {
	if _, err := readPrice(string(make([]byte, maxPriceText+1))); err == nil {
		t.Error("no error")
	}
}

func TestSettleCurrency(t *testing.T) {
	for _, c := range []struct {
		price, record, want string
		ok                  bool
	}{
		{"5", "EUR", "EUR", true}, {"5 EUR", "", "EUR", true}, {"5 EUR", "eur", "EUR", true}, {"5 ₽", "RUR", "RUB", true},
		{"$5", "CAD", "CAD", true}, {"5 EUR", "RUB", "", false}, {"5 EUR", "?", "", false}, {"5", "", "", true},
	} {
		p, err := readPrice(c.price)
		if err != nil {
			t.Fatal(err)
		}
		record := c.record
		err = p.settleCurrency(&record)
		if (err == nil) != c.ok || c.ok && record != c.want {
			t.Errorf("%s in %q: got %q, %v; want %q", c.price, c.record, record, err, c.want)
		}
	}
}
