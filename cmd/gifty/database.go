package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/trace"

	"gifty/domain"
	"gifty/eventstore/pgserver"
)

// database finds the database: the one named, or the folder's own server, started if need be.
func (c Config) database(ctx context.Context, logger *slog.Logger) (url string, stop func(context.Context) error, err error) {
	if c.DatabaseURL != "" {
		return c.DatabaseURL, func(context.Context) error { return nil }, knock(ctx, c.DatabaseURL)
	}
	server, err := pgserver.Start(ctx, pgserver.Options{Dir: c.path("postgres"), Bin: c.Postgres, Logger: logger})
	var known *domain.Error
	var file *fs.PathError
	if errors.As(err, &file) && !errors.As(err, &known) {
		err = domain.Unavailable("data_unusable", "the folder %s cannot be used; choose another with --data or GIFTY_DATA", c.Data).Because(err)
	}
	if err != nil {
		return "", nil, err
	}
	return server.URL(), server.Stop, nil
}

var errDatabaseURL = domain.Invalid("database_url_invalid", "the database URL (DATABASE_URL) is not one such as postgres://user:password@host:5432/gifty")

// answerWithin is how long a server may take to let us in before it counts as away.
const answerWithin = 10 * time.Second

// knock finds out whether the server lets us in, and says what to do when it does not. It never
// repeats the URL, which may hold a password.
func knock(ctx context.Context, url string) error {
	if !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
		return errDatabaseURL
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return errDatabaseURL
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return notLetIn(config, err)
	}
	return conn.Close(ctx)
}

func notLetIn(config *pgx.ConnConfig, err error) error {
	code := ""
	if said := (*pgconn.PgError)(nil); errors.As(err, &said) {
		code = said.Code
	}
	at := fmt.Sprintf("the database server at %s, port %d,", config.Host, config.Port)
	switch code {
	case pgerrcode.InvalidPassword, pgerrcode.InvalidAuthorizationSpecification:
		return domain.Unavailable("database_refuses_user", "%s does not accept user %q with that password; correct DATABASE_URL", at, config.User).Because(err)
	case pgerrcode.InvalidCatalogName:
		return domain.Unavailable("database_missing", "%s has no database %q; create it (createdb), or correct DATABASE_URL", at, config.Database).Because(err)
	}
	return domain.Unavailable("database_away", "%s does not answer; start it, correct DATABASE_URL, or leave that unset to use the folder's own server", at).Because(err)
}

func newPool(ctx context.Context, url string, conns int32, tracing trace.TracerProvider) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errDatabaseURL
	}
	config.MaxConns = conns
	if tracing != nil { // statements show in the traces of what asks for them, without their values
		config.ConnConfig.Tracer = otelpgx.NewTracer(otelpgx.WithTracerProvider(tracing))
	}
	config.ConnConfig.RuntimeParams["application_name"] = "gifty"
	config.ConnConfig.RuntimeParams["TimeZone"] = "UTC"
	config.ConnConfig.RuntimeParams["jit"] = "off" // compiling a search takes a hundred times as long as it does
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	return pool, nil
}

// poolBeside makes a pool like the app's, of so many connections.
func (a *app) poolBeside(ctx context.Context, conns int32) (*pgxpool.Pool, error) {
	config := a.pool.Config()
	config.MaxConns = conns
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err == nil {
		a.onClose(func(context.Context) { pool.Close() })
	}
	return pool, err
}

// Waiting for a database that is away.
const (
	patience   = 2 * time.Minute // with one outage
	retryPause = time.Second
	mostTries  = 5 // of the same thing, with a database that answers
)

// patiently does something that may be done twice, and again after the database was away. What
// another try can't mend comes back at once, and so does what the embedding service says, which has
// been tried enough.
func (a *app) patiently(ctx context.Context, do func(context.Context) error) error {
	for try := 1; ; try++ {
		err := do(ctx)
		var known *domain.Error
		if err == nil || ctx.Err() != nil || try == mostTries || isEmbedding(err) || errors.As(err, &known) && known.Kind != domain.KindUnavailable {
			return err
		}
		a.logger.Warn("waiting for the database", "error", err)
		waiting, cancel := context.WithTimeout(ctx, patience)
		for sleep(waiting, retryPause) && a.pool.Ping(waiting) != nil {
		}
		cancel()
	}
}

// graceful returns a context that outlives ctx by closing, for what should not be left half-way.
func graceful(ctx context.Context) (context.Context, context.CancelFunc) {
	outliving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(closing/2, cancel) })
	return outliving, func() { stop(); cancel() }
}
