package catalogue

import (
	"context"
	"fmt"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/projections"
)

// CategoryMap is a category name that feeds use, and the category of ours that it means.
type CategoryMap struct {
	ExternalName       string `json:"external_name" db:"pk"`
	InternalCategoryID *int   `json:"internal_category_id" doc:"null until it was mapped"`
	IsVerified         bool   `json:"is_verified" doc:"a person has looked at the mapping"`
	Source             string `json:"source" doc:"the feed that used it first"`
	projections.Stamps
}

// CategoryMaps is every category name seen in a feed.
var CategoryMaps = projections.Table[CategoryMap]{
	Name: "category_maps", Version: 1,
	Doc: "A category name that feeds use.",
	Fold: projections.Fold(
		projections.On(
			func(e catalogue.CategorySeen, _ domain.Meta) CategoryMap {
				return CategoryMap{ExternalName: e.ExternalName}
			},
			func(r *CategoryMap, e catalogue.CategorySeen, _ domain.Meta) { r.Source = e.Source }),
	),
}

// ListCategories reads category names in their order.
func ListCategories(ctx context.Context, db projections.Querier, page projections.PageRequest) (projections.Page[CategoryMap], error) {
	return projections.SelectPage[CategoryMap](ctx, db, projections.List{
		SQL: `SELECT * FROM category_maps`, By: []string{"external_name"},
	}, page)
}

func placeholder(n int) string { return fmt.Sprintf("$%d", n) }
