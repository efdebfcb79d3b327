package http

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	products "gifty/projections/catalogue"
)

type searchAnswer struct {
	SearchID uuid.UUID       `json:"search_id" doc:"Of the entry in the search log."`
	Position domain.Position `json:"position" doc:"Log position of that entry."`
	Items    []products.Hit  `json:"items" doc:"What was found, best first."`
}

func registerSearch(a *api) {
	handle(a, huma.Operation{
		OperationID: "search-products", Method: http.MethodGet, Path: "/v1/products/search", Tags: []string{tagCatalogue},
		Summary: "Search products by words and meaning", Errors: readErrors(),
		Description: "Each search is logged: list-search-logs has it.",
	}, a.searchProducts)
}

func (a *api) searchProducts(ctx context.Context, in *struct {
	ReadInput
	FilterInput
	Query     string `query:"q" required:"true" maxLength:"500" doc:"What to look for, in Russian or English." example:"набор для барбекю"`
	Limit     int    `query:"limit" minimum:"1" maximum:"200" default:"20" doc:"Products at most."`
	SessionID string `query:"session_id" maxLength:"200" doc:"For the search log."`
}) (*struct {
	CommandHeaders
	Body searchAnswer
}, error) {
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	if err := a.wait(ctx, in.MinPosition, products.Products.Name, products.Embeddings.Name); err != nil {
		return nil, err
	}
	found, err := a.Search.Search(ctx, products.SearchRequest{Text: in.Query, Filter: filter, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out, err := issue(ctx, a.Discovery.LogSearch, discovery.LogSearch{SessionID: in.SessionID, Search: found.Search})
	if err != nil {
		return nil, err
	}
	if found.Hits == nil {
		found.Hits = []products.Hit{}
	}
	return &struct {
		CommandHeaders
		Body searchAnswer
	}{headersOf(out), searchAnswer{SearchID: out.Result, Position: out.Position, Items: found.Hits}}, nil
}
