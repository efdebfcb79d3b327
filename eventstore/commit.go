package eventstore

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"gifty/domain"
)

// commitTimeout bounds one transaction; a server that hangs longer is treated as away.
const commitTimeout = 30 * time.Second

// What a batch writes.
const (
	insertBlobs    = `INSERT INTO blobs (sha256, bytes) SELECT sha256(b), b FROM unnest($1::bytea[]) b ON CONFLICT DO NOTHING`
	insertCommands = `INSERT INTO commands (command_id, request_hash, first_position, last_position, result)
		SELECT i, h, f, l, r::json FROM unnest($1::uuid[], $2::bytea[], $3::bigint[], $4::bigint[], $5::text[]) AS t(i, h, f, l, r)`
	// insertKeys fails when a subject has a key already: then this one was made for nothing.
	insertKeys        = `INSERT INTO subject_keys (subject, wrapped) SELECT s, w FROM unnest($1::uuid[], $2::bytea[]) AS t(s, w)`
	insertSealedBlobs = `INSERT INTO sealed_blobs (sha256, subject, bytes) SELECT h, s, b FROM unnest($1::bytea[], $2::uuid[], $3::bytea[]) AS t(h, s, b) ON CONFLICT DO NOTHING`
	destroyKeys       = `INSERT INTO subject_keys (subject, destroyed_at) SELECT DISTINCT s, now() FROM unnest($1::uuid[]) AS s
		ON CONFLICT (subject) DO UPDATE SET wrapped = NULL, destroyed_at = coalesce(subject_keys.destroyed_at, excluded.destroyed_at)
		RETURNING pg_notify('` + destroyedChannel + `', subject::text)`
	removeBlobs = `DELETE FROM sealed_blobs WHERE subject = ANY($1)`

	moveHead = `UPDATE log_head SET position = $1, batch = $2 RETURNING pg_notify('` + Channel + `', position::text)`
)

// What a batch that does not wait for answers asks besides.
const (
	// swapHead fails (position is NOT NULL) unless the head names the batch that we follow.
	swapHead = `UPDATE log_head SET position = CASE WHEN batch = $3 THEN $1::bigint END, batch = $2 RETURNING pg_notify('` + Channel + `', position::text)`
	// versionsAt reads versions and the head they belong to in one snapshot, without a lock.
	versionsAt = `SELECT h.position, s, coalesce((SELECT version FROM events WHERE stream = s ORDER BY version DESC LIMIT 1), 0) FROM log_head h, unnest($1::text[]) s`
)

// Channel is the NOTIFY channel on which every commit announces the log's new head.
const Channel = "gifty_log"

// destroyedChannel is the one on which a commit names whose keys it has destroyed, so that no process remembers them.
const destroyedChannel = "gifty_keys_destroyed"

// topic is what Watermill calls the log.
const topic = "events"

// underWay is how many batches may be sent and unanswered: while the server works on one, the
// next is already with it.
const underWay = 2

// flight is a batch on its way.
type flight struct {
	batch []*request
	decision
	sent time.Time
}

// commitLoop turns queued appends into transactions until the store closes and the queue is empty.
func (s *Store) commitLoop() {
	l := &line{pool: s.own}
	defer l.drop()
	var flying []flight
	for {
		var batch []*request
		if len(flying) < underWay {
			batch = s.gather(len(flying) > 0)
		}
		switch {
		case len(batch) > 0:
			flying = s.dispatch(l, flying, batch)
		case len(flying) == 0:
			return
		default:
			flying = s.settle(l, flying)
		}
	}
}

// dispatch sends a batch after those under way, or, when it can't be decided from what this
// process knows, lets them land first and asks the log.
func (s *Store) dispatch(l *line, flying []flight, batch []*request) []flight {
	d, err := s.send(l, batch)
	if err == nil {
		return append(flying, flight{batch, d, time.Now()})
	}
	for len(flying) > 0 {
		flying = s.settle(l, flying)
	}
	if !errors.Is(err, errAsk) {
		l.drop()
	}
	s.commitAsking(l, batch)
	return nil
}

// settle waits for the oldest batch under way and answers its callers. When it failed, those sent
// after it have failed too, since each demands its predecessor: all are decided anew.
func (s *Store) settle(l *line, flying []flight) []flight {
	f := flying[0]
	err := l.land()
	if err == nil {
		s.answer(f)
		return flying[1:]
	}
	again := f.batch
	for _, later := range flying[1:] {
		if isRefusal(err) {
			_ = l.land() // refused as well
		}
		again = append(again, later.batch...)
	}
	if !isRefusal(err) {
		l.drop() // the outcome is unknown; the command ids will tell
	}
	s.chain.forget()
	s.commitAsking(l, again)
	return nil
}

func (s *Store) answer(f flight) {
	took := time.Since(f.sent)
	s.pace = (7*s.pace + took) / 8
	s.answered = len(f.batch)
	s.opt.Committed(len(f.batch), len(f.events), took)
	if s.types.keys != nil {
		s.types.keys.settle(f.decision)
	}
	for i, r := range f.batch {
		r.answer <- f.answers[i]
	}
}

// errAsk says that a batch can't be decided from what this process knows.
var errAsk = errors.New("ask the log")

// send decides the batch from the chain and sends it down the line without waiting. What the chain
// does not know a constraint catches: the head names another batch (somebody else appended), a
// stream expected to be new exists, a command id is known. Then nothing is stored and the error
// is errAsk. When the head's condition held, what the batch was decided from was the present, so
// its refusals hold too.
func (s *Store) send(l *line, batch []*request) (decision, error) {
	if !s.chain.known {
		return decision{}, errAsk
	}
	versions, err := s.guessVersions(batch)
	if err != nil {
		return decision{}, err
	}
	head := s.chain.head
	d := decide(batch, state{head: head, versions: versions})
	if len(d.accepted) == 0 {
		return decision{}, errAsk // nothing to send, so nothing that would prove the refusals
	}
	if err := l.open(swapHead, insertEvents, insertBlobs, insertCommands, insertKeys, insertSealedBlobs, destroyKeys, removeBlobs); err != nil {
		return decision{}, err
	}
	next, end := s.opt.NewID(), head+domain.Position(len(d.events))
	if err := l.queue(swapHead, int64(end), [16]byte(next), [16]byte(s.chain.batch)); err != nil {
		return decision{}, err
	}
	if err := s.write(d, l.queue); err != nil {
		return decision{}, err
	}
	s.chain.extend(next, end, link{before: head, versions: versions})
	return d, l.flush()
}

// guessVersions returns what the chain, and failing that an unlocked read, says of the streams
// whose version matters. One that is expected not to exist is left out: if it does, the unique
// key of its first event tells.
func (s *Store) guessVersions(batch []*request) (map[string]int, error) {
	versions := map[string]int{}
	var unknown []string
	for _, r := range batch {
		for _, w := range r.writes {
			if _, seen := versions[w.stream]; seen {
				continue
			}
			if v, ok := s.chain.version(w.stream); ok {
				versions[w.stream] = v
			} else if w.expect != domain.NoStream || len(w.events) == 0 {
				versions[w.stream] = 0
				unknown = append(unknown, w.stream)
			}
		}
	}
	if len(unknown) == 0 {
		return versions, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	rows, err := s.own.Query(ctx, versionsAt, unknown)
	if err != nil {
		return nil, err
	}
	var head domain.Position
	var stream string
	var version int
	_, err = pgx.ForEachRow(rows, []any{&head, &stream, &version}, func() error {
		versions[stream] = version
		return nil
	})
	if err == nil && !s.chain.covers(head) {
		err = errAsk
	}
	return versions, err
}

// write hands what was accepted to queue, a statement at a time.
func (s *Store) write(d decision, queue queue) error {
	if len(d.events) > 0 {
		if err := publish(queue, d.events, s.opt.Now()); err != nil {
			return err
		}
	}
	if len(d.blobs) > 0 {
		if err := queue(insertBlobs, d.blobs); err != nil {
			return err
		}
	}
	if err := d.writeKeys(queue); err != nil {
		return err
	}
	n := len(d.accepted)
	ids, hashes, results := make([][16]byte, n), make([][]byte, n), make([]string, n)
	first, last := make([]int64, n), make([]int64, n)
	for i, r := range d.accepted {
		ids[i], hashes[i], results[i] = r.append.CommandID, r.hash, string(r.result)
		first[i], last[i] = int64(d.receipts[i].First), int64(d.receipts[i].Last)
	}
	return queue(insertCommands, ids, hashes, first, last, results)
}
