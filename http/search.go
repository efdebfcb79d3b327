package http

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	products "gifty/projections/catalogue"
)

type searchAnswer struct {
	SearchID *uuid.UUID      `json:"search_id,omitempty" doc:"Of the entry in the search log; absent when the search was not logged."`
	Position domain.Position `json:"position,omitempty" doc:"Log position of that entry."`
	Items    []products.Hit  `json:"items" doc:"What was found, best first."`
	Notices  []string        `json:"notices,omitempty" doc:"What is not as it should be, as that products were found by words alone."`
}

type searchFound struct {
	Position string `header:"Gifty-Position" doc:"Log position of the entry in the search log; queries take it as min_position."`
	Body     searchAnswer
}

// PassingInput tells requests that are not a person's search.
type PassingInput struct{ passing bool }

// Resolve finds out. A page of another site may make a browser read, and a browser may read ahead:
// neither must leave a trace in the log. HEAD asks for nothing but headers.
func (p *PassingInput) Resolve(ctx huma.Context) []error {
	ahead := strings.Contains(ctx.Header("Sec-Purpose")+" "+ctx.Header("Purpose"), "prefetch")
	p.passing = ctx.Method() == http.MethodHead || ctx.Header("Sec-Fetch-Site") == "cross-site" || ahead
	return nil
}

func registerSearch(a *api) {
	handle(a, huma.Operation{
		OperationID: "search-products", Method: http.MethodGet, Path: "/v1/products/search", Tags: []string{tagCatalogue}, Security: forAll(),
		Summary: "Search products by words and meaning", Errors: readErrors(),
		Description: "Each search is logged: list-search-logs has it. Not logged is what is no person's search: HEAD, what a page of another site makes a browser fetch (Sec-Fetch-Site: cross-site), and what a browser fetches ahead (Sec-Purpose: prefetch).",
	}, a.searchProducts)
}

func (a *api) searchProducts(ctx context.Context, in *struct {
	ReadInput
	FilterInput
	PassingInput
	Query     string `query:"q" required:"true" maxLength:"500" doc:"What to look for, in Russian or English." example:"набор для барбекю"`
	Limit     int    `query:"limit" minimum:"1" maximum:"200" default:"20" doc:"Products at most."`
	SessionID string `query:"session_id" maxLength:"200" doc:"For the search log."`
}) (*searchFound, error) {
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
	answer := &searchFound{Body: searchAnswer{Items: append([]products.Hit{}, found.Hits...), Notices: a.Notices()}}
	if in.passing {
		return answer, nil
	}
	out, err := issue(ctx, a.Discovery.LogSearch, discovery.LogSearch{SessionID: in.SessionID, Search: found.Search})
	if err != nil {
		return nil, err
	}
	answer.Position, answer.Body.SearchID, answer.Body.Position = fmt.Sprint(out.Position), &out.Result, out.Position
	return answer, nil
}
