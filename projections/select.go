package projections

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"gifty/domain"
	"gifty/eventstore"
)

// Querier is a pgx pool, connection or transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Select runs a query and fills one R a row. Columns go by name into the fields with that json
// tag; columns without a field are dropped and fields without a column stay zero. Times are UTC.
// While the database is away the error is a domain one, of kind unavailable.
func Select[R any](ctx context.Context, db Querier, sql string, args ...any) ([]R, error) {
	items, err := selectOnce[R](ctx, db, sql, args)
	if planChanged(err) {
		// A view was switched to a new version since this connection prepared the query; pgx has
		// dropped the statement by now.
		items, err = selectOnce[R](ctx, db, sql, args)
	}
	if err != nil && eventstore.IsOutage(err) {
		return nil, errAway.Because(err)
	}
	return items, err
}

// First is Select for the first row; ok is false when there is none.
func First[R any](ctx context.Context, db Querier, sql string, args ...any) (row R, ok bool, err error) {
	items, err := Select[R](ctx, db, sql, args...)
	if err != nil || len(items) == 0 {
		return row, false, err
	}
	return items[0], true, nil
}

var errAway = &domain.Error{
	Kind: domain.KindUnavailable, Code: "database_unavailable",
	Message: "the database does not answer; retry in a moment", RetryAfter: time.Second,
}

func planChanged(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "0A000" && strings.Contains(pg.Message, "cached plan")
}

func selectOnce[R any](ctx context.Context, db Querier, sql string, args []any) ([]R, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	fields := fieldsOf(reflect.TypeFor[R]())
	var into [][]int // a result column's field; nil to drop it
	sealed := sealedFields{keys: keysOf(db)}
	for i, d := range rows.FieldDescriptions() {
		f := fields[d.Name]
		into = append(into, f.Index)
		if f.Index != nil && isPersonal(f) {
			sealed.columns = append(sealed.columns, i)
		}
	}
	items, dst := []R{}, make([]any, len(into))
	for rows.Next() {
		var item R
		v := reflect.ValueOf(&item).Elem()
		for i, index := range into {
			dst[i] = nil
			if index != nil {
				dst[i] = v.FieldByIndex(index).Addr().Interface()
			}
		}
		sealed.scan(dst)
		if err := rows.Scan(dst...); err != nil {
			return nil, fmt.Errorf("read %T: %w", item, err)
		}
		utc(dst)
		items = append(items, item)
	}
	if err := rows.Err(); err != nil || len(sealed.columns) == 0 {
		return items, err
	}
	return items, sealed.open(ctx, len(items), func(row, column int) reflect.Value {
		return reflect.ValueOf(&items[row]).Elem().FieldByIndex(into[column])
	})
}

// fieldsOf lists a row struct's fields by column name.
func fieldsOf(row reflect.Type) map[string]reflect.StructField {
	fields := map[string]reflect.StructField{}
	for _, f := range reflect.VisibleFields(row) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && !f.Anonymous && name != "" && name != "-" {
			fields[name] = f
		}
	}
	return fields
}

// utc moves scanned times from the machine's zone to UTC.
func utc(scanned []any) {
	for _, p := range scanned {
		switch t := p.(type) {
		case *time.Time:
			*t = t.UTC()
		case **time.Time:
			if *t != nil {
				**t = (*t).UTC()
			}
		}
	}
}
