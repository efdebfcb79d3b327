package eventstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// A value of a read table's column that is somebody's is stored as text: a mark, then in base64 the subject's
// id and the ciphertext. The same value gives the same text, so that tables can be compared; whether two
// of a person's values are alike is all that it tells.

const columnMark = '~'

// associatedColumn tells these ciphertexts from those of requests.
func associatedColumn(subject uuid.UUID) []byte { return append([]byte("column "), subject[:]...) }

// IsSealedColumn tells a sealed value from one that is stored as it is: JSON.
func IsSealedColumn(text []byte) bool { return len(text) > 0 && text[0] == columnMark }

// SealColumn appends a value's text; nothing when the subject has been erased. A subject without a key,
// such as one of whom everything was stored before there were keys, gets one.
func (k *Keys) SealColumn(dst []byte, subject uuid.UUID, value []byte) ([]byte, error) {
	key, err := k.forColumn(subject)
	switch {
	case err != nil:
		return dst, err
	case key == nil:
		return dst, errKeyMissing(subject)
	case key.destroyed:
		return dst, nil
	}
	place := k.known.texts.of(key, value)
	if place != nil {
		if last := place.Load(); last.is(key, value) {
			return append(dst, last.text...), nil
		}
	}
	before := len(dst)
	if dst, err = key.sealColumn(dst, value); err == nil && place != nil {
		place.Store(&sealedText{key, bytes.Clone(value), bytes.Clone(dst[before:])})
	}
	return dst, err
}

func (k *subjectKey) sealColumn(dst, value []byte) ([]byte, error) {
	secret, err := k.same.EncryptDeterministically(value, associatedColumn(k.subject))
	if err != nil {
		return dst, fmt.Errorf("seal a column: %w", err)
	}
	return k.appendSecret(append(dst, columnMark), secret), nil
}

// forColumn is the subject's key, a new one for who has none.
func (k *Keys) forColumn(subject uuid.UUID) (*subjectKey, error) {
	key, err := k.now(subject)
	if err != nil || key != nil {
		return key, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	if err := k.Ensure(ctx, subject); err != nil {
		return nil, err
	}
	return k.get(ctx, subject)
}

// OpenColumns opens sealed values, nil where the subject has been erased, having asked for all keys at once.
func (k *Keys) OpenColumns(ctx context.Context, texts [][]byte) ([][]byte, error) {
	wanted := map[uuid.UUID]struct{}{}
	for _, text := range texts {
		subject, err := columnSubject(text)
		if err != nil {
			return nil, err
		}
		wanted[subject] = struct{}{}
	}
	known, err := k.load(ctx, wanted)
	if err != nil {
		return nil, err
	}
	values := make([][]byte, len(texts))
	for i, text := range texts {
		subject, err := columnSubject(text)
		if err != nil {
			return nil, err
		}
		if values[i], err = openColumn(text, known[subject]); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// OpenColumn is OpenColumns of one.
func (k *Keys) OpenColumn(text []byte) ([]byte, error) {
	subject, err := columnSubject(text)
	if err != nil {
		return nil, err
	}
	key, err := k.now(subject)
	if err != nil {
		return nil, err
	}
	return openColumn(text, key)
}

var errColumn = errors.New("what is sealed in the column makes no sense")

func columnSubject(text []byte) (uuid.UUID, error) {
	if !IsSealedColumn(text) {
		return uuid.Nil, errColumn
	}
	return subjectIn(text[1:])
}

// openColumn opens by the subject's key; nil: there is none.
func openColumn(text []byte, key *subjectKey) ([]byte, error) {
	raw, err := base64Of.AppendDecode(nil, text[1:])
	if err != nil || len(raw) < len(uuid.UUID{}) {
		return nil, errColumn
	}
	subject := uuid.UUID(raw[:len(uuid.UUID{})])
	switch {
	case key == nil:
		return nil, errKeyMissing(subject)
	case key.destroyed:
		return nil, nil
	}
	value, err := key.same.DecryptDeterministically(raw[len(subject):], associatedColumn(subject))
	if err != nil {
		return nil, fmt.Errorf("open a column: %w", err)
	}
	return value, nil
}

// SealOwn seals a text that is nobody's in particular, though it may tell of people. Without keys it stays
// as it is.
func (k *Keys) SealOwn(text []byte) ([]byte, error) {
	if k == nil {
		return text, nil
	}
	return k.SealColumn(nil, ownSubject, text)
}

// OpenOwn opens what SealOwn gave; what was stored as it is stays so.
func (k *Keys) OpenOwn(stored []byte) ([]byte, error) {
	if !IsSealedColumn(stored) {
		return stored, nil
	}
	if k == nil {
		return nil, errNoKeys
	}
	return k.OpenColumn(stored)
}

// Blobs hands over what blobs there are of a subject.
func (k *Keys) Blobs(ctx context.Context, subject uuid.UUID, with func(sum, content []byte)) error {
	key, err := k.get(ctx, subject)
	if err != nil || key == nil || key.destroyed {
		return err
	}
	rows, err := k.pool.Query(ctx, `SELECT sha256, bytes FROM sealed_blobs WHERE subject = $1 ORDER BY sha256`, [16]byte(subject))
	if err != nil {
		return away(err)
	}
	defer rows.Close()
	for rows.Next() {
		var sum, secret []byte
		if err := rows.Scan(&sum, &secret); err != nil {
			return away(err)
		}
		content, err := key.aead.Decrypt(secret, sum)
		if err != nil {
			return fmt.Errorf("decrypt blob %x: %w", sum, err)
		}
		with(sum, content)
	}
	return away(rows.Err())
}
