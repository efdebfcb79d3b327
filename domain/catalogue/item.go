package catalogue

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"gifty/domain"
)

// Item is what a feed says of one product, before the product has a key. Normalise makes it fit
// to store.
type Item struct {
	ID          string          `json:"id,omitempty"` // the feed's own; may be empty
	Title       string          `json:"title"`
	Description string          `json:"description,omitempty"`
	Price       *domain.Amount  `json:"price,omitempty"`    // nil when the feed names none
	Currency    string          `json:"currency,omitempty"` // ISO 4217, upper case; empty without a price
	ImageURL    string          `json:"image_url,omitempty"`
	ProductURL  string          `json:"product_url"` // as the feed has it: tracking parameters earn commissions
	Merchant    string          `json:"merchant,omitempty"`
	Category    string          `json:"category,omitempty"`
	Available   bool            `json:"available"`     // whoever fills an Item sets it: a feed that is silent means true
	Raw         json.RawMessage `json:"raw,omitempty"` // the original fields, a compact JSON object
}

// DefaultCurrency is meant where a price names no currency.
const DefaultCurrency = "RUB"

// What a product may hold. Title and description count characters, the rest bytes: id, URL,
// merchant and category are index keys, and Postgres refuses keys of more than 2,704 bytes.
const (
	maxTitle       = 1000
	maxDescription = 20_000
	maxID          = 200
	maxURL         = 2048
	maxMerchant    = 500
	maxCategory    = 1000
)

// Normalise trims and cleans an item and refuses one that is no product. The error is a
// *domain.Error of kind invalid whose Fields name the field to mend. What is refused: no title, no
// http(s) URL, a negative or absurd price, a currency outside ISO 4217, invalid UTF-8, NUL,
// control characters in the id or the URL, fields too long to index. What is mended: HTML and other
// control characters in texts, white space, a description of more than 20,000 characters (cut), an image
// that is no http(s) URL (dropped; Raw keeps it). Normalising twice changes nothing more.
func Normalise(it Item) (Item, error) {
	if len(it.Raw) == 0 {
		return NormaliseFields(it, nil)
	}
	fields, err := DecodeObject(it.Raw)
	if known := (*domain.Error)(nil); errors.As(err, &known) {
		return Item{}, known.On("raw", "%s", known.Message)
	}
	if err != nil {
		return Item{}, refuse("raw_invalid", "raw", "is not a JSON object")
	}
	return NormaliseFields(it, fields)
}

// NormaliseFields is Normalise for an item whose original fields, decoded by DecodeObject or of
// the same types, are at hand. Raw is made from them; they are changed on the way.
func NormaliseFields(it Item, original map[string]any) (Item, error) {
	if err := checkStorable(it); err != nil { // first: what follows counts and cuts characters
		return Item{}, err
	}
	it.Title = cleanText(it.Title)
	it.Description = strings.TrimSpace(cut(cleanText(it.Description), maxDescription))
	it.Merchant = cleanText(it.Merchant)
	it.Category = cleanText(it.Category)
	it.ID = strings.TrimSpace(it.ID)
	it.ProductURL = cleanLink(it.ProductURL)
	it.ImageURL = cleanImage(it.ImageURL)
	for _, check := range []func(*Item) error{checkTexts, checkURL, checkPrice} {
		if err := check(&it); err != nil {
			return Item{}, err
		}
	}
	var err error
	it.Raw, err = encodeRaw(original)
	return it, err
}

// refuse blames one field, in the message for people and in Fields for programs.
func refuse(code, field, format string, args ...any) error {
	e := domain.Invalid(code, "%s: "+format, append([]any{field}, args...)...)
	return e.On(field, format, args...)
}

func checkStorable(it Item) error {
	for _, f := range []struct{ name, value string }{
		{"id", it.ID}, {"title", it.Title}, {"description", it.Description}, {"currency", it.Currency},
		{"image_url", it.ImageURL}, {"product_url", it.ProductURL}, {"merchant", it.Merchant}, {"category", it.Category},
	} {
		if !utf8.ValidString(f.value) {
			return refuse("text_not_utf8", f.name, "is not valid UTF-8; convert the text or name its encoding")
		}
		if err := checkNUL(f.name, f.value); err != nil {
			return err
		}
	}
	return nil
}

func checkTexts(it *Item) error {
	switch {
	case it.Title == "":
		return refuse("title_missing", "title", "is empty; every product needs one")
	case utf8.RuneCountInString(it.Title) > maxTitle:
		return refuse("field_too_long", "title", "is longer than %d characters", maxTitle)
	case len(it.ID) > maxID:
		return refuse("field_too_long", "id", "is longer than %d bytes", maxID)
	case strings.ContainsFunc(it.ID, unicode.IsControl):
		return refuse("id_invalid", "id", "contains control characters")
	case len(it.Merchant) > maxMerchant:
		return refuse("field_too_long", "merchant", "is longer than %d bytes", maxMerchant)
	case len(it.Category) > maxCategory:
		return refuse("field_too_long", "category", "is longer than %d bytes", maxCategory)
	}
	return nil
}

func checkURL(it *Item) error {
	switch {
	case it.ProductURL == "":
		return refuse("url_missing", "product_url", "is empty; every product needs a page to buy it on")
	case len(it.ProductURL) > maxURL:
		return refuse("field_too_long", "product_url", "is longer than %d bytes", maxURL)
	case !isWebURL(it.ProductURL):
		return refuse("url_invalid", "product_url", "%q is not an http or https URL", cut(it.ProductURL, 100))
	}
	return nil
}

func isWebURL(s string) bool {
	if len(s) > maxURL || strings.ContainsFunc(s, unicode.IsControl) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// pricePlaces keeps every real currency exact and drops the noise of binary fractions (19.900000000000002).
const pricePlaces = 4

func checkPrice(it *Item) error {
	if it.Price == nil {
		it.Currency = ""
		return nil
	}
	// A huge exponent would be expanded digit by digit by any arithmetic, so it is looked at first.
	if exp := it.Price.Exponent(); exp > 12 || exp < -64 || it.Price.GreaterThanOrEqual(decimal.New(1, 12)) {
		return refuse("price_invalid", "price", "is not an amount below 10^12")
	}
	if it.Price.IsNegative() {
		return refuse("price_negative", "price", "is negative: %s", it.Price)
	}
	rounded := domain.Amount{Decimal: it.Price.Round(pricePlaces)}
	it.Price = &rounded
	if strings.TrimSpace(it.Currency) == "" {
		it.Currency = DefaultCurrency
		return nil
	}
	code, ok := Currency(it.Currency)
	if !ok {
		return refuse("currency_unknown", "currency", "%q is not an ISO 4217 code such as RUB or EUR", cut(it.Currency, 20))
	}
	it.Currency = code
	return nil
}
