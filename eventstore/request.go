package eventstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"gifty/domain"
)

// What goes along with events is sealed by the key of the first of them that is somebody's: the command's
// answer and its blobs. The request's hash could be found out by trying, so it is sealed by the log's own.

// sealedBlob is content that is somebody's.
type sealedBlob struct {
	sum     [sha256.Size]byte // of the content
	subject uuid.UUID
	bytes   []byte
}

// begins tells whether a write is the first of a subject's own stream: nothing was ever sealed for it.
func begins(w domain.Write, subject uuid.UUID) bool {
	return w.Expect == domain.NoStream && strings.HasSuffix(w.Stream, subject.String())
}

func (r *request) sealedBy(k *subjectKey) {
	if k == nil {
		return
	}
	if r.sealer == nil {
		r.sealer = k
	}
	if k.wrapped != nil && !k.stored.Load() && !slices.Contains(r.keys, k) {
		r.keys = append(r.keys, k)
	}
}

// sealRequest makes what goes along with the events ready to be stored.
func (s *Store) sealRequest(r *request) (err error) {
	r.hash, r.result = r.append.RequestHash, r.append.Result
	if r.hash == nil {
		r.hash = []byte{}
	}
	if s.types.keys == nil {
		return nil
	}
	if len(r.hash) > 0 {
		if r.hash, err = s.types.keys.own.aead.Encrypt(r.hash, []byte(associatedHash)); err != nil {
			return fmt.Errorf("seal the request's hash: %w", err)
		}
	}
	if r.sealer == nil {
		return nil
	}
	secret, err := r.sealer.aead.Encrypt(r.append.Result, r.append.CommandID[:])
	if err != nil {
		return fmt.Errorf("seal the result: %w", err)
	}
	r.result = make([]byte, 0, len(resultOpens)+base64Of.EncodedLen(len(r.sealer.subject)+len(secret))+len(sealCloses))
	r.result = append(r.sealer.appendSecret(append(r.result, resultOpens...), secret), sealCloses...)
	for _, b := range r.append.Blobs {
		sum := sha256.Sum256(b)
		secret, err := r.sealer.aead.Encrypt(b, sum[:])
		if err != nil {
			return fmt.Errorf("seal a blob: %w", err)
		}
		r.sealed = append(r.sealed, sealedBlob{sum, r.sealer.subject, secret})
	}
	return nil
}

// resultOpens begins a stored result that is sealed.
const resultOpens = `{"` + sealedMember + `":"`

// openResult is a command's answer as it was given. That to somebody who has been erased is ErrErased.
func (s *Store) openResult(ctx context.Context, command uuid.UUID, stored []byte) ([]byte, error) {
	secret, ok := bytes.CutPrefix(stored, []byte(resultOpens))
	if !ok || !bytes.HasSuffix(secret, []byte(sealCloses)) {
		return stored, nil
	}
	if s.types.keys == nil {
		return nil, errNoKeys
	}
	raw, err := base64Of.AppendDecode(nil, secret[:len(secret)-len(sealCloses)])
	if err != nil || len(raw) < len(uuid.UUID{}) {
		return nil, errSeal
	}
	key, err := s.types.keys.toOpen(ctx, uuid.UUID(raw[:16]))
	if err != nil {
		return nil, err
	}
	clear, err := key.aead.Decrypt(raw[16:], command[:])
	if err != nil {
		return nil, fmt.Errorf("decrypt the result of command %s: %w", command, err)
	}
	return clear, nil
}

// openHash is a request's hash as it was given. The first logs sealed it as columns are, and before there
// were keys it was stored as it is.
func (s *Store) openHash(stored []byte) []byte {
	if s.types.keys == nil {
		return stored
	}
	own := s.types.keys.own
	if hash, err := own.aead.Decrypt(stored, []byte(associatedHash)); err == nil {
		return hash
	}
	if hash, err := own.same.DecryptDeterministically(stored, []byte(associatedHash)); err == nil {
		return hash
	}
	return stored
}

const associatedHash = "request"

// toOpen is the key that something was sealed by: ErrErased when it has been destroyed.
func (k *Keys) toOpen(ctx context.Context, subject uuid.UUID) (*subjectKey, error) {
	key, err := k.get(ctx, subject)
	switch {
	case err != nil:
		return nil, err
	case key == nil:
		return nil, errKeyMissing(subject)
	case key.destroyed:
		return nil, ErrErased
	}
	return key, nil
}

func errKeyMissing(subject uuid.UUID) error {
	return fmt.Errorf("the key of %s is missing; restore table subject_keys from a backup", subject)
}

// writeKeys queues the new keys, what is sealed by them, and last those to destroy.
func (d *decision) writeKeys(queue queue) error {
	if len(d.keys) > 0 {
		var subjects [][16]byte
		var wrapped [][]byte
		for _, k := range d.keys {
			subjects, wrapped = append(subjects, k.subject), append(wrapped, k.wrapped)
		}
		if err := queue(insertKeys, subjects, wrapped); err != nil {
			return err
		}
	}
	if len(d.sealed) > 0 {
		var sums, contents [][]byte
		var subjects [][16]byte
		for _, b := range d.sealed {
			sums, subjects, contents = append(sums, b.sum[:]), append(subjects, b.subject), append(contents, b.bytes)
		}
		if err := queue(insertSealedBlobs, sums, subjects, contents); err != nil {
			return err
		}
	}
	if len(d.forget) == 0 {
		return nil
	}
	var subjects [][16]byte
	for _, s := range d.forget {
		subjects = append(subjects, s)
	}
	if err := queue(removeBlobs, subjects); err != nil {
		return err
	}
	return queue(destroyKeys, subjects)
}

const readBlob = `SELECT NULL::uuid, bytes FROM blobs WHERE sha256 = $1
	UNION ALL SELECT subject, bytes FROM sealed_blobs WHERE sha256 = $1`

// Blob returns the content stored under a SHA-256, or a not_found error; of somebody who has been
// erased it is ErrErased.
func (s *Store) Blob(ctx context.Context, sha256 []byte) ([]byte, error) {
	rows, err := s.pool.Query(ctx, readBlob, sha256)
	if err != nil {
		return nil, s.unanswered(err)
	}
	var subject *uuid.UUID
	var bytes, clear []byte
	var of []sealedBlob
	_, err = pgx.ForEachRow(rows, []any{&subject, &bytes}, func() error {
		if subject == nil {
			clear = slices.Clone(bytes)
		} else {
			of = append(of, sealedBlob{subject: *subject, bytes: slices.Clone(bytes)})
		}
		return nil
	})
	if err != nil || clear != nil {
		return clear, s.unanswered(err)
	}
	err = errNoBlob(sha256)
	for _, b := range of {
		if clear, err = s.openBlob(ctx, b, sha256); !errors.Is(err, ErrErased) {
			break
		}
	}
	return clear, s.unanswered(err)
}

func (s *Store) openBlob(ctx context.Context, b sealedBlob, sum []byte) ([]byte, error) {
	if s.types.keys == nil {
		return nil, errNoKeys
	}
	key, err := s.types.keys.toOpen(ctx, b.subject)
	if err != nil {
		return nil, err
	}
	clear, err := key.aead.Decrypt(b.bytes, sum)
	if err != nil {
		return nil, fmt.Errorf("decrypt blob %x: %w", sum, err)
	}
	return clear, nil
}
