package projections

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"gifty/domain"
)

// How many items a page has.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// Page is one page of a list.
type Page[R any] struct {
	Items []R    `json:"items"`
	Next  string `json:"next,omitempty"` // where the next page starts; empty on the last one
}

// PageRequest is what a client asks for: where the last page ended ("" for the first page) and how
// many items it wants (0: DefaultLimit).
type PageRequest struct {
	Cursor string
	Limit  int
}

// List is a query to be read page by page. It reads on from the last row it gave (keyset paging),
// so pages stay correct, and equally fast, while rows come and go.
type List struct {
	SQL  string // without ORDER BY and LIMIT
	Args []any  // $1, $2 …
	// By are the columns that order the list. None may be NULL, and together they must tell any two
	// rows apart. R must have them.
	By   []string
	Desc bool // all of them descending
}

// cursor is what a Page's Next holds, as base64 of JSON. Clients must not look into it.
type cursor struct {
	Order  string   `json:"o"`
	Values []string `json:"v"`
}

var errCursor = domain.Invalid("cursor_invalid", "this cursor is not one that this list gave; start again without a cursor")

// SelectPage reads one page of a list. Errors: cursor_invalid, limit_invalid, and those of Select.
func SelectPage[R any](ctx context.Context, db Querier, l List, req PageRequest) (Page[R], error) {
	limit := req.Limit
	if limit == 0 {
		limit = DefaultLimit
	}
	if limit < 1 || limit > MaxLimit {
		return Page[R]{}, domain.Invalid("limit_invalid", "limit must be between 1 and %d", MaxLimit)
	}
	after, err := l.decode(req.Cursor)
	if err != nil {
		return Page[R]{}, err
	}
	fields := fieldsOf(reflect.TypeFor[R]())
	sql, args, err := l.page(fields, after, limit+1)
	if err != nil {
		return Page[R]{}, err
	}
	items, err := Select[R](ctx, db, sql, args...)
	if err != nil {
		var pg *pgconn.PgError
		if after != nil && errors.As(err, &pg) && strings.HasPrefix(pg.Code, "22") {
			return Page[R]{}, errCursor.Because(err) // values of the wrong type: tampered with
		}
		return Page[R]{}, err
	}
	page := Page[R]{Items: items}
	if len(items) > limit {
		page.Items = items[:limit]
		page.Next, err = l.encode(fields, reflect.ValueOf(page.Items[limit-1]))
	}
	return page, err
}

// page is the list's SQL from the row after these values on, and its arguments.
func (l List) page(fields map[string]reflect.StructField, after []string, limit int) (string, []any, error) {
	args := slices.Clone(l.Args)
	direction, compare := "", ">"
	if l.Desc {
		direction, compare = " DESC", "<"
	}
	var order, columns, values []string
	for i, name := range l.By {
		f, ok := fields[name]
		if !ok {
			return "", nil, fmt.Errorf("the list is ordered by %q, which its rows don't have", name)
		}
		column, err := columnOf(f)
		if err != nil {
			return "", nil, err
		}
		order = append(order, "page."+quote(name)+direction)
		if after != nil {
			args = append(args, after[i])
			columns = append(columns, "page."+quote(name))
			values = append(values, fmt.Sprintf("$%d::text::%s", len(args), column.sql))
		}
	}
	where := ""
	if after != nil {
		where = fmt.Sprintf(" WHERE (%s) %s (%s)", strings.Join(columns, ", "), compare, strings.Join(values, ", "))
	}
	args = append(args, limit)
	return fmt.Sprintf("SELECT * FROM (%s) AS page%s ORDER BY %s LIMIT $%d", l.SQL, where, strings.Join(order, ", "), len(args)), args, nil
}

func (l List) order() string { return fmt.Sprintf("%s desc=%t", strings.Join(l.By, ","), l.Desc) }

func (l List) encode(fields map[string]reflect.StructField, row reflect.Value) (string, error) {
	c := cursor{Order: l.order()}
	for _, name := range l.By {
		j, err := json.Marshal(row.FieldByIndex(fields[name].Index).Interface())
		if err != nil {
			return "", fmt.Errorf("cursor: %w", err)
		}
		var text string
		if json.Unmarshal(j, &text) != nil {
			text = string(j) // a number or boolean: its JSON is its text
		}
		c.Values = append(c.Values, text)
	}
	j, err := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(j), err
}

// decode returns the values of the last row that a client saw; nil for an empty cursor.
func (l List) decode(text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	var c cursor
	j, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(j, &c)
	}
	if err != nil || c.Order != l.order() || len(c.Values) != len(l.By) {
		return nil, errCursor
	}
	return c.Values, nil
}
