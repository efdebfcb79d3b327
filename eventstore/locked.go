package eventstore

import (
	"bytes"
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"gifty/domain"
)

// What a batch under the head's lock asks, in one round trip after BEGIN. Under READ COMMITTED each
// statement sees a snapshot taken after the lock was granted, so the answers hold until our commit.
const (
	lockHead      = `SELECT position, batch FROM log_head FOR UPDATE`
	readVersions  = `SELECT s, coalesce((SELECT version FROM events WHERE stream = s ORDER BY version DESC LIMIT 1), 0) FROM unnest($1::text[]) s`
	knownCommands = `SELECT command_id, request_hash, first_position, last_position, result FROM commands WHERE command_id = ANY($1)`
)

// commitLocked asks the log under the head's lock and appends: two round trips.
func (s *Store) commitLocked(l *line, batch []*request) (decision, error) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	conn, err := l.plain(ctx)
	if err != nil {
		return decision{}, err
	}
	st, err := s.ask(ctx, conn, batch)
	if err != nil {
		return decision{}, err
	}
	d := decide(batch, st)
	if len(d.accepted) == 0 {
		_, err := conn.Exec(ctx, "rollback")
		return d, err
	}
	b := &pgx.Batch{}
	if err := s.write(d, func(sql string, args ...any) error { b.Queue(sql, args...); return nil }); err != nil {
		return decision{}, err
	}
	next, end := s.opt.NewID(), st.head+domain.Position(len(d.events))
	b.Queue(moveHead, end, [16]byte(next))
	b.Queue("commit")
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		return decision{}, err
	}
	if conn.PgConn().TxStatus() != 'I' {
		return decision{}, errors.New("the transaction did not end with its commit")
	}
	s.chain.restart(st.batch, next, end, link{before: st.head, versions: st.versions})
	return d, nil
}

func (s *Store) ask(ctx context.Context, conn *pgx.Conn, batch []*request) (st state, err error) {
	streams, ids := questions(batch)
	st.versions = make(map[string]int, len(streams))
	b := &pgx.Batch{}
	b.Queue("begin")
	b.Queue(lockHead).QueryRow(func(row pgx.Row) error { return row.Scan(&st.head, &st.batch) })
	b.Queue(readVersions, streams).Query(func(rows pgx.Rows) error {
		var stream string
		var version int
		_, err := pgx.ForEachRow(rows, []any{&stream, &version}, func() error {
			st.versions[stream] = version
			return nil
		})
		return err
	})
	b.Queue(knownCommands, ids).Query(func(rows pgx.Rows) error {
		st.commands, err = s.scanCommands(rows)
		return err
	})
	if subjects := newSubjects(batch); len(subjects) > 0 {
		st.keys = map[uuid.UUID][]byte{}
		b.Queue(readKeys, subjects).Query(func(rows pgx.Rows) error {
			var id [16]byte
			var wrapped []byte
			_, err := pgx.ForEachRow(rows, []any{&id, &wrapped}, func() error {
				st.keys[id] = wrapped
				return nil
			})
			return err
		})
	}
	return st, conn.SendBatch(ctx, b).Close()
}

// questions are the distinct streams and the command ids of a batch.
func questions(batch []*request) (streams []string, ids [][16]byte) {
	seen := make(map[string]struct{}, len(batch))
	for _, r := range batch {
		ids = append(ids, r.append.CommandID)
		for _, w := range r.writes {
			if _, ok := seen[w.stream]; !ok {
				seen[w.stream] = struct{}{}
				streams = append(streams, w.stream)
			}
		}
	}
	return streams, ids
}

// newSubjects are those for whom the batch has new keys.
func newSubjects(batch []*request) (subjects [][16]byte) {
	for _, r := range batch {
		for _, k := range r.keys {
			subjects = append(subjects, k.subject)
		}
	}
	return subjects
}

func (s *Store) scanCommands(rows pgx.Rows) (map[uuid.UUID]domain.StoredCommand, error) {
	known := map[uuid.UUID]domain.StoredCommand{}
	var id [16]byte
	var c domain.StoredCommand
	_, err := pgx.ForEachRow(rows, []any{&id, &c.RequestHash, &c.First, &c.Last, &c.Result}, func() error {
		c.RequestHash, c.Result = s.openHash(bytes.Clone(c.RequestHash)), bytes.Clone(c.Result)
		known[id] = c
		return nil
	})
	return known, err
}
