package feed

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"gifty/domain"
	"gifty/domain/catalogue"
)

// priced is what a price field says.
type priced struct {
	amount   *domain.Amount // nil when it says nothing
	currency string         // ISO 4217, or empty
	exact    bool           // the currency was written as a code; a sign such as $ has several meanings
}

// readPrice understands numbers, texts such as "1 990,00 ₽" or "19.90 EUR", ranges (the low end counts) and
// objects (min, then max; or an amount with its currency). Spaces are dropped and a comma is a point.
func readPrice(v any) (priced, error) {
	switch v := v.(type) {
	case nil:
		return priced{}, nil
	case json.Number:
		return number(v.String())
	case string:
		return scanPrice(v)
	case []any:
		return lowest(v)
	case map[string]any:
		return priceObject(v)
	}
	return priced{}, notAPrice(v)
}

func notAPrice(v any) error {
	if s, ok := v.(string); ok {
		return refuse("price_invalid", "price", "%.40q is not an amount", s)
	}
	return refuse("price_invalid", "price", "must be an amount")
}

// maxPriceText bounds a price as written, in bytes.
const maxPriceText = 100

func number(s string) (priced, error) {
	if len(s) > maxPriceText {
		return priced{}, notAPrice(s)
	}
	d, err := decimal.NewFromString(s)
	if err != nil || d.Exponent() < -maxPriceText || d.Exponent() > maxPriceText { // 1e99999 would be slow to compare
		return priced{}, notAPrice(s)
	}
	return priced{amount: &domain.Amount{Decimal: d}}, nil
}

func lowest(list []any) (low priced, err error) {
	for _, e := range list {
		p, err := readPrice(e)
		if err != nil {
			return priced{}, err
		}
		if p.amount != nil && (low.amount == nil || p.amount.LessThan(low.amount.Decimal)) {
			low = p
		}
	}
	return low, nil
}

func priceObject(o map[string]any) (priced, error) {
	for _, key := range []string{content, "min", "max", "amount", "value"} {
		if blank(o[key]) {
			continue
		}
		p, err := readPrice(o[key])
		if err == nil && !blank(o["currency"]) {
			named, _ := text(o["currency"])
			p.currency, _ = catalogue.Currency(named)
			p.exact = true
		}
		return p, err
	}
	return priced{}, notAPrice(o)
}

// scanPrice goes through a text: amounts, what stands between them, and a currency before or after.
func scanPrice(s string) (priced, error) {
	rest := strings.TrimSpace(s)
	if rest == "" {
		return priced{}, nil
	}
	if len(rest) > maxPriceText {
		return priced{}, notAPrice(s)
	}
	var p priced
	var amounts []any
	negative := false
	for rest != "" {
		var word string
		word, rest = token(rest)
		switch {
		case isDigit(rune(word[0])):
			amounts = append(amounts, json.Number(plainNumber(word)))
		case isDash(word):
			negative = negative || len(amounts) == 0
		case p.currency == "" && p.setCurrency(word):
		case !between(word):
			return priced{}, notAPrice(s)
		}
	}
	low, err := lowest(amounts)
	if err != nil || low.amount == nil || len(amounts) > 2 {
		return priced{}, notAPrice(s)
	}
	if negative {
		low.amount = &domain.Amount{Decimal: low.amount.Neg()}
	}
	p.amount = low.amount
	return p, nil
}

// token cuts off the next amount, dash or word. s begins with no space.
func token(s string) (word, rest string) {
	first, size := utf8.DecodeRuneInString(s)
	end := size
	switch {
	case isDigit(first):
		end = strings.IndexFunc(s, func(r rune) bool {
			return !isDigit(r) && !strings.ContainsRune(".,'’", r) && !unicode.IsSpace(r)
		})
	case !isDash(s[:size]):
		end = strings.IndexFunc(s, func(r rune) bool { return isDigit(r) || isDash(string(r)) || unicode.IsSpace(r) })
	}
	if end < 0 {
		end = len(s)
	}
	return s[:end], strings.TrimSpace(s[end:])
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func isDash(s string) bool {
	switch s {
	case "-", "‐", "‑", "–", "—", "−":
		return true
	}
	return false
}

// between is what may stand before the amounts of a range.
func between(word string) bool {
	switch strings.ToLower(word) {
	case "от", "до", "from", "to", "…", "~":
		return true
	}
	return false
}

// plainNumber writes an amount with at most one point. Of a comma and a point the last is the
// decimal one; several of one kind group thousands; a single comma is a point. What fits neither
// stays as it is, and is no number then.
func plainNumber(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\'' || r == '’' {
			return -1
		}
		return r
	}, s)
	s = strings.TrimRight(s, ".,")
	for _, c := range []string{",", "."} {
		isDecimal := strings.LastIndexAny(s, ".,") == strings.Index(s, c) // the only one of its kind, and the last of both
		if strings.Contains(s, c) && !isDecimal && groupsThousands(s, c) {
			s = strings.ReplaceAll(s, c, "")
		}
	}
	return strings.Replace(s, ",", ".", 1)
}

// groupsThousands tells "1,234,567.5" from "500..900": three digits follow every separator.
func groupsThousands(s, separator string) bool {
	whole := s
	if last := strings.LastIndexAny(s, ".,"); s[last:last+1] != separator {
		whole = s[:last]
	}
	for _, group := range strings.Split(whole, separator)[1:] {
		if len(group) != 3 {
			return false
		}
	}
	return true
}

func (p *priced) setCurrency(word string) bool {
	code, ok := catalogue.Currency(strings.TrimRight(word, ".,"))
	if ok {
		p.currency, p.exact = code, strings.EqualFold(code, word)
	}
	return ok
}

// settleCurrency weighs the price's own currency against the record's. A sign gives way to a code;
// two codes that differ leave the price without meaning.
func (p *priced) settleCurrency(record *string) error {
	if p.currency == "" {
		return nil
	}
	code, ok := catalogue.Currency(*record)
	if strings.TrimSpace(*record) == "" || ok && code == p.currency {
		*record = p.currency
		return nil
	}
	if p.exact {
		return refuse("currency_contradicts", "currency", "the price is in %.20s and the currency is %.20q", p.currency, *record)
	}
	return nil
}
