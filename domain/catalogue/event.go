// Package catalogue decides about the goods that can be given: products, their prices and
// vectors, and the categories that shops name.
package catalogue

import (
	"encoding/json"

	"gifty/domain"
)

// ProductListed records that a feed offered a product for the first time.
type ProductListed struct {
	GiftID string `json:"gift_id"`
	Source string `json:"source"` // the feed's name
	Content
	Price    *domain.Amount `json:"price,omitempty"`
	Currency string         `json:"currency,omitempty"`
}

// ProductChanged records that a feed describes the product anew. Scores and vectors stay until they are made anew.
type ProductChanged struct {
	GiftID string   `json:"gift_id"`
	Fields []string `json:"fields"` // JSON names of what differs from before, sorted
	Content
}

// ProductPriceChanged records that the product costs this much now; a nil price is not known any more.
type ProductPriceChanged struct {
	GiftID   string         `json:"gift_id"`
	Price    *domain.Amount `json:"price,omitempty"`
	Currency string         `json:"currency,omitempty"`
}

// ProductRetired records that it cannot be bought now.
type ProductRetired struct {
	GiftID string `json:"gift_id"`
	Reason string `json:"reason"`
}

// ProductRestored records that it can be bought again.
type ProductRestored struct {
	GiftID string `json:"gift_id"`
}

// ProductEmbedded records that a model made a vector of the product's text. The vector is a blob: 32-bit
// little-endian floats, Dim of them.
type ProductEmbedded struct {
	GiftID      string `json:"gift_id"`
	Model       string `json:"model"`
	Version     string `json:"version"`
	Dim         int    `json:"dim"`
	ContentHash string `json:"content_hash"` // of the text that it stands for
	SHA256      []byte `json:"sha256"`       // the blob
}

// VectorRetired records that a model's vector of the product is searched by no more. Its blob stays, for those who
// look back.
type VectorRetired struct {
	GiftID  string `json:"gift_id"`
	Model   string `json:"model"`
	Version string `json:"version"`
}

// CategorySeen records that a feed used a category name that was not known.
type CategorySeen struct {
	ExternalName string `json:"external_name"`
	Source       string `json:"source"`
}

// Content is what a product says of itself.
type Content struct {
	Title       string          `json:"title"`
	Description string          `json:"description,omitempty"`
	ImageURL    string          `json:"image_url,omitempty"`
	ProductURL  string          `json:"product_url"`
	Merchant    string          `json:"merchant,omitempty"`
	Category    string          `json:"category,omitempty"`
	Raw         json.RawMessage `json:"raw,omitempty"` // the feed's own fields
}

// Text is what is searched and embedded: ContentText of the product.
func (c Content) Text() string {
	return ContentText(c.Title, c.Category, c.Description, c.Merchant)
}

// Hash tells one text and image from another: ContentHash of the product.
func (c Content) Hash() string { return ContentHash(c.Text(), c.ImageURL) }

// Events registers the context's events.
func Events() []domain.EventType {
	return []domain.EventType{
		domain.Type[ProductListed]("catalogue.product_listed.v1"),
		domain.Type[ProductChanged]("catalogue.product_changed.v1"),
		domain.Type[ProductPriceChanged]("catalogue.product_price_changed.v1"),
		domain.Type[ProductRetired]("catalogue.product_retired.v1"),
		domain.Type[ProductRestored]("catalogue.product_restored.v1"),
		domain.Type[ProductEmbedded]("catalogue.product_embedded.v1"),
		domain.Type[VectorRetired]("catalogue.vector_retired.v1"),
		domain.Type[CategorySeen]("catalogue.category_seen.v1"),
	}
}
