package eventstore

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"

	"github.com/google/uuid"
)

// derivedLen is what a derived key has in bytes.
const derivedLen = 32

// Derive makes a key of the log's own for one purpose, always the same. It outlives rotations of the
// ring, and who learns it learns no other.
func (k *Keys) Derive(purpose string) ([]byte, error) {
	// AES-SIV is a pseudorandom function of what it encrypts, and of the data beside.
	random, err := k.own.same.EncryptDeterministically(make([]byte, 2*derivedLen), []byte("derive "+purpose))
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	key, err := hkdf.Key(sha256.New, random, nil, "gifty "+purpose, derivedLen)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	return key, nil
}

// Seal encrypts something of a person's that is kept outside of the log. Once the person's key is
// destroyed it can't be opened any more.
func (k *Keys) Seal(ctx context.Context, subject uuid.UUID, purpose string, text []byte) ([]byte, error) {
	if err := k.Ensure(ctx, subject); err != nil {
		return nil, err
	}
	key, err := k.living(ctx, subject)
	if err != nil {
		return nil, err
	}
	return key.aead.Encrypt(text, beside(subject, purpose))
}

// Open decrypts what Seal made, or returns ErrErased.
func (k *Keys) Open(ctx context.Context, subject uuid.UUID, purpose string, sealed []byte) ([]byte, error) {
	key, err := k.living(ctx, subject)
	if err != nil {
		return nil, err
	}
	text, err := key.aead.Decrypt(sealed, beside(subject, purpose))
	if err != nil {
		return nil, fmt.Errorf("open what is sealed for %s: %w", purpose, err)
	}
	return text, nil
}

func (k *Keys) living(ctx context.Context, subject uuid.UUID) (*subjectKey, error) {
	key, err := k.get(ctx, subject)
	if err == nil && (key == nil || key.destroyed) {
		err = ErrErased
	}
	return key, err
}

// beside binds what is sealed to its person and purpose. It can't be what an event's is bound to, whose
// types have a dot.
func beside(subject uuid.UUID, purpose string) []byte {
	return append(append(subject[:len(subject):len(subject)], "outside\x00"...), purpose...)
}
