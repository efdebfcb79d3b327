package eventstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	siv "github.com/tink-crypto/tink-go/v2/daead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"

	"gifty/domain"
	"gifty/eventstore/keyring"
)

// Keys are the keys of the people whose data the log holds, one a person, kept in table subject_keys
// and wrapped by the ring's. What is sealed by a key that was destroyed can't be opened any more,
// wherever a copy of it lies. Safe for concurrent use.
type Keys struct {
	pool *pgxpool.Pool
	ring *keyring.Ring

	known *knownKeys
	mu    sync.Mutex // one goroutine makes a new subject's key
	own   *subjectKey
}

// subjectKey is one subject's key.
type subjectKey struct {
	subject   uuid.UUID
	destroyed bool
	aead      tink.AEAD              // of what is in the log: never the same twice
	same      tink.DeterministicAEAD // of columns of read tables: the same for the same, so that tables compare

	wrapped []byte      // of one that may not be stored yet
	stored  atomic.Bool // it is
}

// A subject's key is AES-256-GCM's and AES-SIV's in one piece.
const (
	gcmBytes = 32
	sivBytes = siv.AESSIVKeySize
	allBytes = gcmBytes + sivBytes
)

// ownSubject stands for the log itself: its key is of what is nobody's in particular.
var ownSubject = uuid.Max

// OpenKeys reads the log's own key, making it in a new database. An error says that the ring is
// another database's.
func OpenKeys(ctx context.Context, pool *pgxpool.Pool, ring *keyring.Ring) (*Keys, error) {
	known, err := newKnownKeys()
	if err != nil {
		return nil, err
	}
	k := &Keys{pool: pool, ring: ring, known: known}
	if err := k.Ensure(ctx, ownSubject); err != nil {
		return nil, err
	}
	k.own, err = k.get(ctx, ownSubject)
	return k, err
}

// Ring is what the keys are wrapped by.
func (k *Keys) Ring() *keyring.Ring { return k.ring }

const (
	readKeys = `SELECT subject, wrapped FROM subject_keys WHERE subject = ANY($1)`
	makeKeys = `INSERT INTO subject_keys (subject, wrapped) SELECT s, w FROM unnest($1::uuid[], $2::bytea[]) AS t(s, w) ON CONFLICT DO NOTHING`
)

// load has the subjects' keys ready, in one question for all that are not known. It returns those
// that exist; one that was destroyed is among them.
func (k *Keys) load(ctx context.Context, subjects map[uuid.UUID]struct{}) (map[uuid.UUID]*subjectKey, error) {
	found := make(map[uuid.UUID]*subjectKey, len(subjects))
	var missing [][16]byte
	for s := range subjects {
		if key, ok := k.known.get(s); ok {
			found[s] = key
		} else {
			missing = append(missing, s)
		}
	}
	if len(missing) == 0 {
		return found, nil
	}
	rows, err := k.pool.Query(ctx, readKeys, missing)
	if err != nil {
		return nil, away(err)
	}
	var id [16]byte
	var wrapped []byte
	_, err = pgx.ForEachRow(rows, []any{&id, &wrapped}, func() error {
		key, err := k.unwrap(id, wrapped)
		if err == nil {
			found[id] = key
			k.known.add(key)
		}
		return err
	})
	return found, away(err)
}

// get is load of one; nil when there is no such key.
func (k *Keys) get(ctx context.Context, subject uuid.UUID) (*subjectKey, error) {
	if key, ok := k.known.get(subject); ok {
		return key, nil
	}
	found, err := k.load(ctx, map[uuid.UUID]struct{}{subject: {}})
	return found[subject], err
}

// now is get for those who can't be told to stop. Most keys are known, and those cost no more than looking.
func (k *Keys) now(subject uuid.UUID) (*subjectKey, error) {
	if key, ok := k.known.get(subject); ok {
		return key, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	return k.get(ctx, subject)
}

func (k *Keys) unwrap(subject uuid.UUID, wrapped []byte) (*subjectKey, error) {
	if wrapped == nil {
		return &subjectKey{subject: subject, destroyed: true}, nil
	}
	raw, err := k.ring.Unwrap(wrapped, subject[:])
	if err != nil {
		return nil, err
	}
	key, err := newSubjectKey(subject, raw)
	if err == nil {
		key.stored.Store(true)
	}
	return key, err
}

func newSubjectKey(subject uuid.UUID, raw []byte) (*subjectKey, error) {
	if len(raw) != allBytes {
		return nil, fmt.Errorf("the key of %s has %d bytes, not %d", subject, len(raw), allBytes)
	}
	gcm, err := subtle.NewAESGCM(raw[:gcmBytes])
	if err != nil {
		return nil, err
	}
	same, err := siv.NewAESSIV(raw[gcmBytes:])
	if err != nil {
		return nil, err
	}
	return &subjectKey{subject: subject, aead: gcm, same: same}, nil
}

// generate makes a key that nobody has stored.
func (k *Keys) generate(subject uuid.UUID) (*subjectKey, error) {
	raw := make([]byte, allBytes)
	rand.Read(raw) // never fails
	key, err := newSubjectKey(subject, raw)
	if err != nil {
		return nil, err
	}
	key.wrapped, err = k.ring.Wrap(raw, subject[:])
	return key, err
}

// forWriting is the subject's key, a new one for who has none. fresh says that the subject is only
// just beginning, so that nobody need ask for a key that can't be there; should it be, the log refuses
// the new one.
func (k *Keys) forWriting(ctx context.Context, subject uuid.UUID, fresh bool) (*subjectKey, error) {
	key, known := k.known.get(subject)
	if !known && !fresh {
		var err error
		if key, err = k.get(ctx, subject); err != nil {
			return nil, err
		}
	}
	if key == nil {
		k.mu.Lock()
		defer k.mu.Unlock()
		if key, known = k.known.get(subject); !known {
			var err error
			if key, err = k.generate(subject); err != nil {
				return nil, err
			}
			k.known.add(key)
		}
	}
	if key.destroyed {
		return nil, ErrErased
	}
	return key, nil
}

// ErrErased answers for who asked to be forgotten.
var ErrErased = domain.NotFound("erased", "this person's data has been erased")

// Ensure makes keys for those of the subjects that have none.
func (k *Keys) Ensure(ctx context.Context, subjects ...uuid.UUID) error {
	wanted := make(map[uuid.UUID]struct{}, len(subjects))
	for _, s := range subjects {
		wanted[s] = struct{}{}
	}
	found, err := k.load(ctx, wanted)
	if err != nil {
		return err
	}
	var ids [][16]byte
	var wrapped [][]byte
	for s := range wanted {
		if found[s] == nil || found[s].wrapped != nil && !found[s].stored.Load() {
			key, err := k.generate(s)
			if err != nil {
				return err
			}
			ids, wrapped = append(ids, s), append(wrapped, key.wrapped)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if _, err := k.pool.Exec(ctx, makeKeys, ids, wrapped); err != nil {
		return away(err)
	}
	for _, id := range ids {
		k.known.remove(id) // whoever was first, its key is read
	}
	_, err = k.load(ctx, wanted)
	return err
}

// again asks for the keys of subjects for whom somebody else was first.
func (k *Keys) again(ctx context.Context, late []*subjectKey) error {
	subjects := make(map[uuid.UUID]struct{}, len(late))
	for _, key := range late {
		k.known.remove(key.subject)
		subjects[key.subject] = struct{}{}
	}
	_, err := k.load(ctx, subjects)
	return err
}

// settle remembers what a commit has done to keys.
func (k *Keys) settle(d decision) {
	for _, key := range d.keys {
		key.stored.Store(true)
	}
	for _, s := range d.forget {
		k.known.add(&subjectKey{subject: s, destroyed: true})
	}
}

// dropped forgets a key that another process has destroyed: whoever needs it next asks the table.
func (k *Keys) dropped(subject uuid.UUID) { k.known.remove(subject) }

// missed forgets all keys, for some may have been destroyed unheard.
func (k *Keys) missed() { k.known.purge() }

// errKeyTaken says that somebody else was first to make a subject's key.
var errKeyTaken = errors.New("the subject has another key")

var errNoKeys = errors.New("it is sealed, and this program was started without keys")
