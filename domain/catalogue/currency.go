package catalogue

import (
	"strings"

	"gifty/domain"
)

// Currency reads what feeds call a currency, in any case: an ISO 4217 code, a sign (₽ € $ £ ₴ ₸),
// "руб.", or the code of a rouble that was replaced (RUR, BYR). It answers the code in upper case.
func Currency(s string) (code string, ok bool) {
	s = strings.ToUpper(strings.TrimSuffix(strings.TrimSpace(s), "."))
	switch s {
	case "₽", "RUR", "РУБ", "РУБЛЬ", "РУБЛЯ", "РУБЛЕЙ", "Р":
		return "RUB", true
	case "BYR":
		return "BYN", true
	case "€":
		return "EUR", true
	case "$":
		return "USD", true
	case "£":
		return "GBP", true
	case "₴":
		return "UAH", true
	case "₸":
		return "KZT", true
	}
	return s, domain.IsCurrency(s)
}
