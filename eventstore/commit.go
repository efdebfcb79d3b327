package eventstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"gifty/domain"
)

// commitTimeout bounds one transaction; a server that hangs longer is treated as away.
const commitTimeout = 30 * time.Second

// The three questions of a batch. They go down in one round trip after BEGIN; under READ COMMITTED
// each sees a snapshot taken after the head's lock was granted, so what they answer can't change
// before our commit.
const (
	lockHead      = `SELECT position FROM log_head FOR UPDATE`
	readVersions  = `SELECT s, coalesce((SELECT version FROM events WHERE stream = s ORDER BY version DESC LIMIT 1), 0) FROM unnest($1::text[]) s`
	knownCommands = `SELECT command_id, request_hash, first_position, last_position, result FROM commands WHERE command_id = ANY($1)`

	insertBlobs    = `INSERT INTO blobs (sha256, bytes) SELECT sha256(b), b FROM unnest($1::bytea[]) b ON CONFLICT DO NOTHING`
	insertCommands = `INSERT INTO commands (command_id, request_hash, first_position, last_position, result)
		SELECT i, h, f, l, r::json FROM unnest($1::uuid[], $2::bytea[], $3::bigint[], $4::bigint[], $5::text[]) AS t(i, h, f, l, r)`
	moveHead = `UPDATE log_head SET position = $1 RETURNING pg_notify('` + Channel + `', position::text)`
)

// Channel is the NOTIFY channel on which every commit announces the log's new head.
const Channel = "gifty_log"

// topic is what Watermill calls the log.
const topic = "events"

// commit runs one transaction for the batch and answers every caller, or returns an error that
// answered nobody. sent is called when the commit is on its way.
func (s *Store) commit(batch []*request, sent func()) error {
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release() // a connection left inside a transaction is closed by the pool
	state, err := ask(ctx, conn.Conn(), batch)
	if err != nil {
		return err
	}
	d := decide(batch, state)
	if len(d.accepted) == 0 {
		sent()
		_, err := conn.Exec(ctx, "rollback")
		if err != nil {
			return err
		}
	} else if err := s.store(ctx, conn.Conn(), d, state.head, sent); err != nil {
		return err
	}
	s.opt.Committed(len(batch), len(d.events), time.Since(began))
	for i, r := range batch {
		r.answer <- d.answers[i]
	}
	return nil
}

// state is what the log knows that a batch depends on.
type state struct {
	head     domain.Position
	versions map[string]int
	commands map[uuid.UUID]domain.StoredCommand
}

func ask(ctx context.Context, conn *pgx.Conn, batch []*request) (st state, err error) {
	streams, ids := questions(batch)
	st.versions = make(map[string]int, len(streams))
	b := &pgx.Batch{}
	b.Queue("begin")
	b.Queue(lockHead).QueryRow(func(row pgx.Row) error { return row.Scan(&st.head) })
	b.Queue(readVersions, streams).Query(func(rows pgx.Rows) error {
		var stream string
		var version int
		_, err := pgx.ForEachRow(rows, []any{&stream, &version}, func() error {
			st.versions[stream] = version
			return nil
		})
		return err
	})
	if len(ids) > 0 {
		b.Queue(knownCommands, ids).Query(func(rows pgx.Rows) error {
			st.commands, err = scanCommands(rows)
			return err
		})
	}
	return st, conn.SendBatch(ctx, b).Close()
}

// questions are the distinct streams of a batch, and the command ids that may be known already.
func questions(batch []*request) (streams []string, ids []uuid.UUID) {
	seen := make(map[string]struct{}, len(batch))
	for _, r := range batch {
		if r.named || r.retried {
			ids = append(ids, r.append.CommandID)
		}
		for _, w := range r.writes {
			if _, ok := seen[w.stream]; !ok {
				seen[w.stream] = struct{}{}
				streams = append(streams, w.stream)
			}
		}
	}
	return streams, ids
}

func scanCommands(rows pgx.Rows) (map[uuid.UUID]domain.StoredCommand, error) {
	known := map[uuid.UUID]domain.StoredCommand{}
	var id uuid.UUID
	var c domain.StoredCommand
	_, err := pgx.ForEachRow(rows, []any{&id, &c.RequestHash, &c.First, &c.Last, &c.Result}, func() error {
		c.RequestHash, c.Result = bytes.Clone(c.RequestHash), bytes.Clone(c.Result)
		known[id] = c
		return nil
	})
	return known, err
}

// decision is a batch's outcome, decided before anything is written.
type decision struct {
	answers  []answer // one a request, in the batch's order
	accepted []*request
	receipts []domain.Receipt // one an accepted request
	events   message.Messages
	blobs    [][]byte
}

// decide gives each request its positions or its refusal, in order, as if each had had a
// transaction of its own.
func decide(batch []*request, st state) decision {
	d := decision{answers: make([]answer, len(batch))}
	next := st.head + 1
	if st.commands == nil {
		st.commands = map[uuid.UUID]domain.StoredCommand{}
	}
	for i, r := range batch {
		if known, ok := st.commands[r.append.CommandID]; ok {
			d.answers[i] = repeated(r, known)
			continue
		}
		if err := r.check(st.versions); err != nil {
			d.answers[i] = answer{err: err}
			continue
		}
		receipt := domain.Receipt{First: next, Versions: make(map[string]int, len(r.writes))}
		for _, w := range r.writes {
			for _, e := range w.events {
				st.versions[w.stream]++
				d.events = append(d.events, newMessage(e, next, w.stream, st.versions[w.stream], r.origin))
				next++
			}
			receipt.Versions[w.stream] = st.versions[w.stream]
		}
		receipt.Last = next - 1
		d.blobs = append(d.blobs, r.append.Blobs...)
		d.accepted = append(d.accepted, r)
		d.receipts = append(d.receipts, receipt)
		d.answers[i] = answer{receipt: receipt}
		st.commands[r.append.CommandID] = domain.StoredCommand{RequestHash: r.append.RequestHash, First: receipt.First, Last: receipt.Last, Result: r.append.Result}
	}
	return d
}

func repeated(r *request, known domain.StoredCommand) answer {
	if !bytes.Equal(known.RequestHash, r.append.RequestHash) {
		return answer{err: domain.ErrCommandReused}
	}
	return answer{receipt: domain.Receipt{First: known.First, Last: known.Last, Result: known.Result, Repeated: true}}
}

func (r *request) check(versions map[string]int) error {
	for _, w := range r.writes {
		if w.expect != domain.AnyVersion && w.expect != versions[w.stream] {
			return domain.ErrVersion.Because(fmt.Errorf("stream %s is at version %d, not %d", w.stream, versions[w.stream], w.expect))
		}
	}
	return nil
}

// store writes what was accepted, in one round trip that ends with the commit.
func (s *Store) store(ctx context.Context, conn *pgx.Conn, d decision, head domain.Position, sent func()) error {
	b := &pgx.Batch{}
	if len(d.events) > 0 {
		if err := publish(b, d.events, s.opt.Now()); err != nil {
			return err
		}
	}
	if len(d.blobs) > 0 {
		b.Queue(insertBlobs, d.blobs)
	}
	queueCommands(b, d)
	if n := len(d.events); n > 0 {
		head += domain.Position(n)
		b.Queue(moveHead, head)
	}
	b.Queue("commit")
	results := conn.SendBatch(ctx, b)
	sent()
	if err := results.Close(); err != nil {
		return err
	}
	if conn.PgConn().TxStatus() != 'I' {
		return errors.New("the transaction did not end with its commit")
	}
	return nil
}

func queueCommands(b *pgx.Batch, d decision) {
	n := len(d.accepted)
	ids, hashes, results := make([]uuid.UUID, n), make([][]byte, n), make([]string, n)
	first, last := make([]int64, n), make([]int64, n)
	for i, r := range d.accepted {
		ids[i], results[i] = r.append.CommandID, string(r.append.Result)
		if hashes[i] = r.append.RequestHash; hashes[i] == nil {
			hashes[i] = []byte{}
		}
		first[i], last[i] = int64(d.receipts[i].First), int64(d.receipts[i].Last)
	}
	b.Queue(insertCommands, ids, hashes, first, last, results)
}
