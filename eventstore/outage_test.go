package eventstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func TestOutages(t *testing.T) {
	t.Parallel()
	_, refused := pgx.Connect(t.Context(), "postgres://127.0.0.1:1/none?connect_timeout=1")
	state := func(code string) error { return fmt.Errorf("append: %w", &pgconn.PgError{Code: code}) }
	for _, c := range []struct {
		err  error
		want bool
	}{
		{nil, false}, {errors.New("something else"), false}, {context.Canceled, false},
		{refused, true}, {io.ErrUnexpectedEOF, true}, {net.ErrClosed, true}, {context.DeadlineExceeded, true},
		{&net.OpError{Op: "read", Err: errors.New("reset")}, true},
		{state("57P01"), true}, {state("53100"), true}, {state("40P01"), true}, {state("08006"), true}, {state("55P03"), true},
		{state("25P03"), true}, {state("23505"), false}, {state("22P02"), false}, {state("54000"), false}, {state("55000"), false}, {state(""), false},
	} {
		if got := isOutage(c.err); got != c.want {
			t.Errorf("%v: outage %t", c.err, got)
		}
	}
}
