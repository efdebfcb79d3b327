// Package catalogue holds the read tables about goods, and retrieves gifts from them by meaning
// and by words.
package catalogue

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/recommend"
	"gifty/projections"
)

// Product is one offer of one shop.
type Product struct {
	GiftID            string          `json:"gift_id" db:"pk"`
	Source            string          `json:"source" doc:"the feed that it came from"`
	Title             string          `json:"title"`
	Description       *string         `json:"description"`
	Price             *domain.Amount  `json:"price"`
	Currency          *string         `json:"currency" doc:"ISO 4217"`
	ImageURL          *string         `json:"image_url"`
	ProductURL        string          `json:"product_url" doc:"as the feed has it; a product is known by a cleaned form of it"`
	Merchant          *string         `json:"merchant"`
	Category          *string         `json:"category"`
	Raw               json.RawMessage `json:"raw" doc:"the feed's own fields, as when more than the price changed last"`
	IsActive          bool            `json:"is_active" doc:"it can be bought now"`
	ContentText       string          `json:"content_text" doc:"what is searched and embedded"`
	ContentHash       string          `json:"content_hash"`
	Giftability       float64         `json:"giftability" doc:"0–1: how much it is something to give, by rules"`
	AgeFrom           *int            `json:"age_from" doc:"the youngest it is made for, in years, as its texts say"`
	AgeTo             *int            `json:"age_to" doc:"the oldest, likewise"`
	LLMGiftScore      *float64        `json:"llm_gift_score" doc:"0–1: the same, by a language model"`
	LLMGiftReasoning  *string         `json:"llm_gift_reasoning"`
	LLMGiftVector     json.RawMessage `json:"llm_gift_vector"`
	LLMScoringModel   *string         `json:"llm_scoring_model"`
	LLMScoringVersion *string         `json:"llm_scoring_version"`
	LLMScoredAt       *time.Time      `json:"llm_scored_at"`
	Version           int             `json:"version"`
	projections.Stamps
}

// Products is the catalogue. The column search holds the stems of content_text; Postgres's russian
// configuration stems Latin words as English. The trigrams of titles find words mistyped.
var Products = projections.Table[Product]{
	Name: "products", Version: 7,
	Doc: "An offer of a shop; retired ones stay, inactive.",
	Fold: projections.Fold(
		projections.On(
			func(e catalogue.ProductListed, _ domain.Meta) Product { return Product{GiftID: e.GiftID} },
			func(p *Product, e catalogue.ProductListed, m domain.Meta) {
				p.Source, p.IsActive = e.Source, true
				p.describe(e.Content, m)
				p.cost(e.Price, e.Currency, m)
			}),
		projections.Change(
			func(e catalogue.ProductChanged, _ domain.Meta) Product { return Product{GiftID: e.GiftID} },
			func(p *Product, e catalogue.ProductChanged, m domain.Meta) { p.describe(e.Content, m) }),
		projections.Change(
			func(e catalogue.ProductPriceChanged, _ domain.Meta) Product { return Product{GiftID: e.GiftID} },
			func(p *Product, e catalogue.ProductPriceChanged, m domain.Meta) { p.cost(e.Price, e.Currency, m) }),
		projections.Change(
			func(e catalogue.ProductRetired, _ domain.Meta) Product { return Product{GiftID: e.GiftID} },
			func(p *Product, _ catalogue.ProductRetired, m domain.Meta) { p.IsActive, p.Version = false, m.Version }),
		projections.Change(
			func(e catalogue.ProductRestored, _ domain.Meta) Product { return Product{GiftID: e.GiftID} },
			func(p *Product, _ catalogue.ProductRestored, m domain.Meta) { p.IsActive, p.Version = true, m.Version }),
	),
	Setup: []string{
		`ALTER TABLE {table} ADD COLUMN search tsvector GENERATED ALWAYS AS (to_tsvector('russian', content_text)) STORED`,
	},
	Indexes: []string{
		`CREATE INDEX ON {table} USING gin (search)`,
		`CREATE INDEX ON {table} (category, gift_id)`,
		`CREATE INDEX ON {table} (merchant, gift_id)`,
		`CREATE INDEX ON {table} (price) WHERE is_active`,
		`CREATE INDEX ON {table} USING gin (title gin_trgm_ops)`,
	},
}

func (p *Product) describe(c catalogue.Content, m domain.Meta) {
	p.Title, p.Description, p.ImageURL, p.ProductURL = c.Title, orNull(c.Description), orNull(c.ImageURL), c.ProductURL
	p.Merchant, p.Category, p.Raw = orNull(c.Merchant), orNull(c.Category), c.Raw
	p.ContentText, p.ContentHash = c.Text(), c.Hash()
	text := recommend.ReadText(c.Title, c.Description, c.Category)
	p.Giftability = text.Giftability()
	p.AgeFrom, p.AgeTo = text.Ages()
	p.Version = m.Version
}

func (p *Product) cost(price *domain.Amount, currency string, m domain.Meta) {
	p.Price, p.Currency, p.Version = price, orNull(currency), m.Version
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// ErrNotFound answers for a product that no feed has offered.
var ErrNotFound = domain.NotFound("product_not_found", "there is no such product")

// Get reads one product, active or not, or ErrNotFound.
func Get(ctx context.Context, db projections.Querier, giftID string) (Product, error) {
	p, ok, err := projections.First[Product](ctx, db, `SELECT * FROM products WHERE gift_id = $1`, giftID)
	if err == nil && !ok {
		err = ErrNotFound
	}
	return p, err
}

// Filter narrows lists of and searches for products. Zero values do not narrow.
type Filter struct {
	MinPrice, MaxPrice *domain.Amount // products without a price are left out when one is set
	Currency           string
	Category           string
	Merchant           string
	Age                *int // of whom it is for: what is said to be for those more than a year older or two younger is left out
	Inactive           bool // retired products too
}

// where is the filter as SQL over products p, with its arguments appended to args.
func (f Filter) where(args []any) (string, []any) {
	var terms []string
	add := func(term string, value any) {
		args = append(args, value)
		terms = append(terms, strings.ReplaceAll(term, "?", placeholder(len(args))))
	}
	if !f.Inactive {
		terms = append(terms, "p.is_active")
	}
	if f.MinPrice != nil {
		add("p.price >= ?::numeric", f.MinPrice.String())
	}
	if f.MaxPrice != nil {
		add("p.price <= ?::numeric", f.MaxPrice.String())
	}
	if f.Currency != "" {
		add("p.currency = ?", strings.ToUpper(f.Currency))
	}
	if f.Category != "" {
		add("p.category = ?", f.Category)
	}
	if f.Merchant != "" {
		add("p.merchant = ?", f.Merchant)
	}
	if f.Age != nil {
		add(forAge, *f.Age)
	}
	return strings.Join(append(terms, "true"), " AND "), args
}

// forAge holds for products of which nothing else is said. A table of an older version, which serves until the
// present one is built, has no ages: there the names lead to those of none.
const forAge = `(SELECT (SELECT (age_from IS NULL OR age_from <= ?::int + 1) AND (age_to IS NULL OR age_to >= ?::int - 2) FROM (SELECT p.*) AS present)
	FROM (SELECT NULL::int AS age_from, NULL::int AS age_to) AS older)`

// List reads products by id.
func List(ctx context.Context, db projections.Querier, f Filter, page projections.PageRequest) (projections.Page[Product], error) {
	where, args := f.where(nil)
	return projections.SelectPage[Product](ctx, db, projections.List{
		SQL: `SELECT * FROM products p WHERE ` + where, Args: args, By: []string{"gift_id"},
	}, page)
}

// ByID reads products in the order of the ids; unknown ids are left out.
func ByID(ctx context.Context, db projections.Querier, ids []string) ([]Product, error) {
	found, err := projections.Select[Product](ctx, db, `SELECT * FROM products WHERE gift_id = ANY($1)`, ids)
	slices.SortFunc(found, func(a, b Product) int { return slices.Index(ids, a.GiftID) - slices.Index(ids, b.GiftID) })
	return found, err
}
