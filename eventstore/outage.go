package eventstore

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// isOutage tells a server that is away, starting, stopping or out of room from a statement that
// can never work. Whatever keeps us from connecting, no statement was tried. SQLSTATE classes:
// 08 connection, 40 rollback, 53 resources, 57 operator intervention, 58 system; and 55P03 lock
// timeout, 25P03 idle-in-transaction timeout.
func isOutage(err error) bool {
	var connect *pgconn.ConnectError
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &connect):
		return true
	case errors.As(err, &pg):
		return slices.ContainsFunc([]string{"08", "40", "53", "57", "58", "55P03", "25P03"}, func(class string) bool {
			return strings.HasPrefix(pg.Code, class)
		})
	}
	var network net.Error
	return errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, context.DeadlineExceeded)
}

// isRefusal tells that the server answered and rolled back, and the connection goes on.
func isRefusal(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.SeverityUnlocalized == "ERROR"
}
