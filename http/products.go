package http

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/projections"
	products "gifty/projections/catalogue"
)

// FilterInput narrows products. Prices are texts so that they stay exact.
type FilterInput struct {
	MinPrice string `query:"min_price" pattern:"^[0-9]{1,12}([.][0-9]{1,4})?$" patternDescription:"an amount such as 500 or 19.90" doc:"In currency; RUB when that is absent. Products without a price are left out." example:"500"`
	MaxPrice string `query:"max_price" pattern:"^[0-9]{1,12}([.][0-9]{1,4})?$" patternDescription:"an amount such as 8000 or 19.90" doc:"In currency; RUB when that is absent. Products without a price are left out." example:"8000"`
	Currency string `query:"currency" pattern:"^[A-Za-z]{3}$" patternDescription:"an ISO 4217 code such as RUB or EUR" doc:"ISO 4217." example:"RUB"`
	Category string `query:"category" maxLength:"1000" doc:"A category's name, as list-categories has it."`
	Merchant string `query:"merchant" maxLength:"500" doc:"A shop's name."`
	Age      string `query:"age" pattern:"^[0-9]{1,3}$" patternDescription:"a whole number of years" doc:"Of whom it is for, in years: products that are said to be for those older or younger are left out." example:"6"`
}

func (f FilterInput) filter() (products.Filter, error) {
	filter := products.Filter{Currency: f.Currency, Category: f.Category, Merchant: f.Merchant}
	if f.Age != "" {
		age, err := strconv.Atoi(f.Age)
		if err != nil {
			return filter, err
		}
		filter.Age = &age
	}
	for _, price := range []struct {
		text string
		to   **domain.Amount
	}{{f.MinPrice, &filter.MinPrice}, {f.MaxPrice, &filter.MaxPrice}} {
		if price.text == "" {
			continue
		}
		amount, err := domain.NewAmount(price.text)
		if err != nil {
			return filter, err
		}
		*price.to = &amount
		filter.Currency = cmp.Or(filter.Currency, "RUB")
	}
	if low, high := filter.MinPrice, filter.MaxPrice; low != nil && high != nil && low.GreaterThan(high.Decimal) {
		return filter, domain.Invalid("price_range_empty", "no price is from %s to %s; min_price must not be above max_price", low, high).
			On("min_price", "must be at most max_price")
	}
	return filter, nil
}

func registerProducts(a *api) {
	handle(a, huma.Operation{
		OperationID: "list-products", Method: http.MethodGet, Path: "/v1/products", Tags: []string{tagCatalogue}, Security: forAll(),
		Summary: "List products by id", Errors: readErrors(),
	}, a.listProducts)
	handle(a, huma.Operation{
		OperationID: "get-product", Method: http.MethodGet, Path: "/v1/products/{gift_id}", Tags: []string{tagCatalogue}, Security: forAll(),
		Summary: "Read one product", Errors: readErrors(http.StatusNotFound),
		Description: "Retired products are there too, with is_active false.",
	}, a.getProduct)
	handle(a, huma.Operation{
		OperationID: "list-product-embeddings", Method: http.MethodGet, Path: "/v1/product-embeddings", Tags: []string{tagCatalogue}, Security: forStaff(account.WorkerCompute),
		Summary: "List which products have vectors, of which models", Errors: readErrors(),
	}, a.listEmbeddings)
	handle(a, huma.Operation{
		OperationID: "list-categories", Method: http.MethodGet, Path: "/v1/categories", Tags: []string{tagCatalogue}, Security: forAll(),
		Summary: "List the category names that feeds use", Errors: readErrors(),
	}, a.listCategories)
}

func (a *api) listProducts(ctx context.Context, in *struct {
	PageInput
	FilterInput
	Inactive bool `query:"inactive" doc:"Retired products too."`
}) (*pageOf[products.Product], error) {
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	filter.Inactive = in.Inactive
	return list(ctx, a, in.PageInput, products.Products.Name, func(ctx context.Context, page projections.PageRequest) (projections.Page[products.Product], error) {
		return products.List(ctx, a.DB, filter, page)
	})
}

func (a *api) getProduct(ctx context.Context, in *struct {
	ReadInput
	GiftID string `path:"gift_id" maxLength:"3000" doc:"Percent-encoded: a gift id may hold a URL." example:"demo:en-bbq-kettle-grill"`
}) (*struct{ Body products.Product }, error) {
	if err := a.wait(ctx, in.MinPosition, products.Products.Name); err != nil {
		return nil, err
	}
	p, err := products.Get(ctx, a.DB, in.GiftID)
	if err != nil {
		return nil, err
	}
	return &struct{ Body products.Product }{p}, nil
}

func (a *api) listEmbeddings(ctx context.Context, in *struct {
	PageInput
	GiftID string `query:"gift_id" maxLength:"3000" doc:"Of this product alone."`
}) (*pageOf[products.EmbeddingInfo], error) {
	return list(ctx, a, in.PageInput, products.Embeddings.Name, func(ctx context.Context, page projections.PageRequest) (projections.Page[products.EmbeddingInfo], error) {
		return products.ListEmbeddings(ctx, a.DB, in.GiftID, page)
	})
}

func (a *api) listCategories(ctx context.Context, in *PageInput) (*pageOf[products.CategoryMap], error) {
	return list(ctx, a, *in, products.CategoryMaps.Name, func(ctx context.Context, page projections.PageRequest) (projections.Page[products.CategoryMap], error) {
		return products.ListCategories(ctx, a.DB, page)
	})
}

// list answers a page of one table's rows.
func list[R any](ctx context.Context, a *api, in PageInput, table string, read func(context.Context, projections.PageRequest) (projections.Page[R], error)) (*pageOf[R], error) {
	if err := a.wait(ctx, in.MinPosition, table); err != nil {
		return nil, err
	}
	page, err := read(ctx, in.request())
	if err != nil {
		return nil, err
	}
	return &pageOf[R]{page}, nil
}
