package alltest

import (
	"testing"

	"gifty/projections"
)

// ListOf reads a list to its end, page after page of so many, and returns what of makes of each item.
func ListOf[T, R any](t testing.TB, limit int, list func(projections.PageRequest) (projections.Page[T], error), of func(T) R) (all []R) {
	t.Helper()
	for page := (projections.PageRequest{Limit: limit}); ; {
		p, err := list(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range p.Items {
			all = append(all, of(item))
		}
		if page.Cursor = p.Next; page.Cursor == "" {
			return all
		}
	}
}
