package projections

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5"
)

// session is an open transaction: Watermill's for the live path, pgx's for all else.
type session interface {
	exec(ctx context.Context, sql string, args ...any) error
	// text is the first column of the first row.
	text(ctx context.Context, sql string, args ...any) (string, error)
	// pairs hands on rows of two byte strings.
	pairs(ctx context.Context, do func(a, b []byte), sql string, args ...any) error
}

type liveSession struct{ tx *sql.Tx }

func (s liveSession) exec(ctx context.Context, sql string, args ...any) error {
	_, err := s.tx.ExecContext(ctx, sql, args...)
	return err
}

func (s liveSession) text(ctx context.Context, sql string, args ...any) (t string, err error) {
	err = s.tx.QueryRowContext(ctx, sql, args...).Scan(&t)
	return t, err
}

func (s liveSession) pairs(ctx context.Context, do func(a, b []byte), sql string, args ...any) error {
	rows, err := s.tx.QueryContext(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var a, b []byte
		if err := rows.Scan(&a, &b); err != nil {
			return err
		}
		do(a, b)
	}
	return rows.Err()
}

type pgxSession struct{ tx pgx.Tx }

func (s pgxSession) exec(ctx context.Context, sql string, args ...any) error {
	_, err := s.tx.Exec(ctx, sql, args...)
	return err
}

func (s pgxSession) text(ctx context.Context, sql string, args ...any) (t string, err error) {
	err = s.tx.QueryRow(ctx, sql, args...).Scan(&t)
	return t, err
}

func (s pgxSession) pairs(ctx context.Context, do func(a, b []byte), sql string, args ...any) error {
	rows, err := s.tx.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	var a, b []byte
	_, err = pgx.ForEachRow(rows, []any{&a, &b}, func() error {
		do(a, b)
		return nil
	})
	return err
}
