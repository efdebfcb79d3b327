package domain_test

import (
	"testing"

	"gifty/domain"
)

func TestCurrencies(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"RUB": true, "EUR": true, "AED": true, "ZWG": true, "CAD": true,
		"XYZ": false, "XAU": false, "rub": false, "": false, "EU": false, "EUR ": false, "D A": false, " CA": false, "UBR": false,
	} {
		if got := domain.IsCurrency(code); got != want {
			t.Errorf("%q: %t", code, got)
		}
	}
}
