package pgserver

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"gifty/domain"
)

const connectWithin = 5 * time.Second

// admit makes the database and the extension where they are missing, and returns the database's URL.
// Every start does it: the one before may have been killed in between.
func (c *cluster) admit(ctx context.Context, p place) (string, error) {
	url, err := c.url(p, database)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	err = addVector(ctx, url)
	switch code(err) {
	case pgerrcode.InvalidPassword:
		return "", domain.Unavailable("postgres_password_wrong", "the server of %s refuses the password in its file password: put the file back from a backup", c.dir).Because(err)
	case pgerrcode.InvalidCatalogName: // the server has not got it yet
	default:
		return url, err
	}
	maintenance, err := c.url(p, "postgres")
	if err != nil {
		return "", err
	}
	if err := execute(ctx, maintenance, "CREATE DATABASE "+database); err != nil {
		return "", err
	}
	return url, addVector(ctx, url)
}

// addVector also brings an older pgvector's objects up to the installed version; it says nothing where
// there is nothing to do.
func addVector(ctx context.Context, url string) error {
	return execute(ctx, url, `
		SET client_min_messages = error;
		CREATE EXTENSION IF NOT EXISTS vector;
		ALTER EXTENSION vector UPDATE`)
}

func execute(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.PgConn().Exec(ctx, sql).ReadAll()
	return err
}

// notYet tells an error that passes: the server does not listen yet, recovers, or is full.
func notYet(err error) bool {
	switch code(err) {
	case pgerrcode.CannotConnectNow, pgerrcode.TooManyConnections, pgerrcode.AdminShutdown, pgerrcode.CrashShutdown:
		return true
	case "":
		var dial *pgconn.ConnectError
		return errors.As(err, &dial) || errors.Is(err, context.DeadlineExceeded)
	}
	return false
}

func code(err error) string {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return said.Code
	}
	return ""
}
