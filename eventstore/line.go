package eventstore

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// line is the connection that batches go down on, one after the other, the next before the last
// has been answered. It is used by one goroutine.
type line struct {
	pool    *pgxpool.Pool
	conn    *pgxpool.Conn
	pipe    *pgconn.Pipeline
	hangUp  context.CancelFunc
	known   map[string]*pgconn.StatementDescription
	builder pgx.ExtendedQueryBuilder
}

// plain returns the connection for ordinary use, opening it when there is none.
func (l *line) plain(ctx context.Context) (*pgx.Conn, error) {
	if l.pipe != nil {
		err := l.pipe.Close()
		l.pipe = nil
		l.hangUp()
		if err != nil {
			l.drop()
		}
	}
	if l.conn == nil {
		conn, err := l.pool.Acquire(ctx)
		if err != nil {
			return nil, err
		}
		l.conn, l.known = conn, map[string]*pgconn.StatementDescription{}
	}
	return l.conn.Conn(), nil
}

// open readies the pipeline and prepares the statements.
func (l *line) open(statements ...string) error {
	if l.pipe != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	conn, err := l.plain(ctx)
	if err != nil {
		return err
	}
	for i, sql := range statements {
		if l.known[sql] == nil {
			if l.known[sql], err = conn.Prepare(ctx, fmt.Sprint("append_", i), sql); err != nil {
				return err
			}
		}
	}
	ctx, l.hangUp = context.WithCancel(context.Background())
	l.pipe = conn.PgConn().StartPipeline(ctx)
	return nil
}

// queue adds a prepared statement to what is sent with the next flush.
func (l *line) queue(sql string, args ...any) error {
	statement, ok := l.known[sql]
	if !ok {
		return fmt.Errorf("statement is not prepared: %s", sql)
	}
	if err := l.builder.Build(l.conn.Conn().TypeMap(), statement, args); err != nil {
		return err
	}
	l.pipe.SendQueryStatement(statement, l.builder.ParamValues, l.builder.ParamFormats, l.builder.ResultFormats)
	return nil
}

// flush sends what was queued as one transaction.
func (l *line) flush() error {
	timer := time.AfterFunc(commitTimeout, l.hangUp)
	defer timer.Stop()
	return l.pipe.Sync()
}

// land reads the oldest unanswered transaction's results and returns its first error: a
// *pgconn.PgError when the server refused it, else the connection's.
func (l *line) land() error {
	timer := time.AfterFunc(commitTimeout, l.hangUp)
	defer timer.Stop()
	var first error
	for {
		result, err := l.pipe.GetResults()
		if reader, ok := result.(*pgconn.ResultReader); ok {
			_, err = reader.Close()
		}
		if first == nil {
			first = err
		}
		if _, done := result.(*pgconn.PipelineSync); done || err != nil && l.conn.Conn().IsClosed() {
			return first
		}
		if result == nil && err == nil {
			return fmt.Errorf("the pipeline ended without an answer")
		}
	}
}

// drop gives the connection up; the pool closes it unless it is idle and sound.
func (l *line) drop() {
	if l.pipe != nil {
		_ = l.pipe.Close() // it failed already
		l.pipe = nil
		l.hangUp()
	}
	if l.conn != nil {
		l.conn.Release()
		l.conn = nil
	}
}
