package eventstore

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

// A payload with personal values is stored as
//
//	{"recipient_id":"…","name":null,"relation":"friend","age":null,"sealed":"…"}
//
// with null in place of each, and all of them encrypted together at the end. What is in "sealed" is, as
// base64, the subject's id and the ciphertext of the values, each with where it belongs. The type and the
// rest of the payload are its associated data: values can't be moved to another event, field or person.
// Without the key the same payload is one in which those fields are empty.

const (
	sealOpens  = `,"` + sealedMember + `":"`
	sealCloses = `"}`
	cutOut     = `null`
)

var base64Of = base64.StdEncoding

// seal takes the pieces out of a payload and encrypts them.
func (k *subjectKey) seal(name string, payload []byte, pieces []piece) ([]byte, error) {
	size := 0
	for _, p := range pieces {
		size += p.to - p.from + 2*binary.MaxVarintLen32
	}
	rest := make([]byte, 0, len(payload)+len(sealOpens)+base64Of.EncodedLen(sealOverhead+size)+len(sealCloses))
	values := make([]byte, 0, size)
	from := 0
	for _, p := range pieces {
		rest = append(rest, payload[from:p.from]...)
		values = binary.AppendUvarint(values, uint64(len(rest)))
		values = binary.AppendUvarint(values, uint64(p.to-p.from))
		values = append(values, payload[p.from:p.to]...)
		rest = append(rest, cutOut...)
		from = p.to
	}
	rest = append(rest, payload[from:]...)
	secret, err := k.aead.Encrypt(values, k.associated(name, rest))
	if err != nil {
		return nil, fmt.Errorf("encrypt %s: %w", name, err)
	}
	rest = append(rest[:len(rest)-1], sealOpens...)
	rest = k.appendSecret(rest, secret)
	return append(rest, sealCloses...), nil
}

// sealOverhead is what a secret has besides what is encrypted, in bytes: the subject, AES-GCM's nonce and tag.
const sealOverhead = len(uuid.UUID{}) + subtle.AESGCMIVSize + subtle.AESGCMTagSize

// appendSecret appends the subject's id and the ciphertext as base64.
func (k *subjectKey) appendSecret(dst, secret []byte) []byte {
	var short [512]byte
	raw := short[:0] // most need no memory of their own
	return base64Of.AppendEncode(dst, append(append(raw, k.subject[:]...), secret...))
}

func (k *subjectKey) associated(name string, rest []byte) []byte {
	data := make([]byte, 0, len(k.subject)+len(name)+1+len(rest)+1)
	data = append(append(data, k.subject[:]...), name...)
	return append(append(data, 0), rest...)
}

// sealed is what of a payload is encrypted, and what is not.
type sealed struct {
	subject uuid.UUID
	secret  []byte // as base64, the subject included
	before  []byte // the payload up to it
}

// rest is the payload without what is encrypted.
func (s sealed) rest() []byte { return append(s.before[:len(s.before):len(s.before)], '}') }

var errSeal = errors.New("what is sealed in the payload makes no sense")

// cutSeal finds what is sealed; ok is false when nothing is.
func cutSeal(payload []byte) (s sealed, ok bool, err error) {
	at := bytes.Index(payload, []byte(sealOpens))
	if at >= 0 && bytes.IndexByte(payload[at+len(sealOpens):], '"') != len(payload)-at-len(sealOpens)-len(sealCloses) {
		at = bytes.LastIndex(payload, []byte(sealOpens)) // that was a member within another; this is slow, and seldom needed
	}
	if at < 0 || !bytes.HasSuffix(payload[at+len(sealOpens):], []byte(sealCloses)) {
		return s, false, nil
	}
	s.before, s.secret = payload[:at], payload[at+len(sealOpens):len(payload)-len(sealCloses)]
	if bytes.IndexByte(s.secret, '"') >= 0 {
		return sealed{}, false, nil // other members follow
	}
	s.subject, err = subjectIn(s.secret)
	return s, true, err
}

// subjectBase64 is how much base64 the subject's id takes, with two bytes of what follows it.
const subjectBase64 = 24

func subjectIn(secret []byte) (subject uuid.UUID, err error) {
	if len(secret) < subjectBase64 {
		return subject, errSeal
	}
	var head [subjectBase64 / 4 * 3]byte
	if _, err := base64Of.Decode(head[:], secret[:subjectBase64]); err != nil {
		return subject, errSeal
	}
	copy(subject[:], head[:])
	return subject, nil
}

// open puts the values back into their places.
func (k *subjectKey) open(name string, s sealed) ([]byte, error) {
	raw, err := base64Of.AppendDecode(make([]byte, 0, base64Of.DecodedLen(len(s.secret))), s.secret)
	if err != nil {
		return nil, errSeal
	}
	associated := append(k.associated(name, s.before), '}')
	rest := associated[len(associated)-len(s.before)-1:]
	values, err := k.aead.Decrypt(raw[len(k.subject):], associated)
	if err != nil {
		return nil, fmt.Errorf("decrypt %s: %w", name, err)
	}
	payload := make([]byte, 0, len(rest)+len(values))
	from := 0
	for len(values) > 0 {
		at, size, value := cutValue(values)
		if value == nil || at < from || at+len(cutOut) > len(rest) {
			return nil, errSeal
		}
		payload = append(append(payload, rest[from:at]...), value[:size]...)
		from, values = at+len(cutOut), value[size:]
	}
	return append(payload, rest[from:]...), nil
}

// cutValue reads the place and size of the first value; it begins what is returned, which is nil when
// there is none.
func cutValue(values []byte) (at, size int, from []byte) {
	place, n := binary.Uvarint(values)
	if n <= 0 {
		return 0, 0, nil
	}
	length, m := binary.Uvarint(values[n:])
	if from = values[n+max(m, 0):]; m <= 0 || length > uint64(len(from)) || place > uint64(1<<31) {
		return 0, 0, nil
	}
	return int(place), int(length), from
}

// With is the register for a log whose personal fields are sealed by keys.
func (t *Types) With(keys *Keys) *Types {
	other := *t
	other.keys = keys
	return &other
}

// Keys are what personal fields are sealed by; nil: they are not.
func (t *Types) Keys() *Keys { return t.keys }

// encode is Encode with what is personal sealed, and the key that it was sealed by; nil when nothing is.
func (t *Types) encode(ctx context.Context, event any, fresh func(uuid.UUID) bool) (name string, payload []byte, key *subjectKey, err error) {
	name, payload, err = t.Encode(event)
	p := t.byName[name].personal
	if err != nil || t.keys == nil || p == nil {
		return name, payload, nil, err
	}
	pieces := p.pieces(payload)
	if len(pieces) == 0 {
		return name, payload, nil, nil
	}
	subject := p.subject(event)
	if key, err = t.keys.forWriting(ctx, subject, fresh(subject)); err != nil {
		return name, nil, nil, err
	}
	payload, err = key.seal(name, payload, pieces)
	return name, payload, key, err
}

// Seal is Encode with what is personal sealed. It makes a key for a subject that has none.
func (t *Types) Seal(ctx context.Context, event any) (name string, payload []byte, err error) {
	name, payload, key, err := t.encode(ctx, event, func(uuid.UUID) bool { return false })
	if key != nil && !key.stored.Load() {
		if err := t.keys.Ensure(ctx, key.subject); err != nil {
			return name, nil, err
		}
		name, payload, _, err = t.encode(ctx, event, func(uuid.UUID) bool { return false })
	}
	return name, payload, err
}

// Opened is a stored payload with what was sealed in its place, or, when its key has been destroyed,
// without. It may have to ask for the key.
func (t *Types) Opened(name string, payload []byte) ([]byte, error) {
	return t.opened(name, payload, nil)
}

// opened looks for keys in known first.
func (t *Types) opened(name string, payload []byte, known map[uuid.UUID]*subjectKey) ([]byte, error) {
	if t.byName[name].personal == nil {
		return payload, nil
	}
	s, ok, err := cutSeal(payload)
	if err != nil || !ok {
		return payload, err
	}
	if t.keys == nil {
		return nil, errNoKeys
	}
	key := known[s.subject]
	if key == nil {
		if key, err = t.keys.now(s.subject); err != nil {
			return nil, err
		}
	}
	switch {
	case key == nil:
		return nil, errKeyMissing(s.subject)
	case key.destroyed:
		return s.rest(), nil
	}
	return key.open(name, s)
}

// keysFor has the keys ready that payloads are sealed by.
func (t *Types) keysFor(ctx context.Context, events func(yield func(name string, payload []byte) bool)) (map[uuid.UUID]*subjectKey, error) {
	if t.keys == nil {
		return nil, nil
	}
	wanted := map[uuid.UUID]struct{}{}
	for name, payload := range events {
		if t.byName[name].personal == nil {
			continue
		}
		if s, ok, err := cutSeal(payload); ok && err == nil {
			wanted[s.subject] = struct{}{}
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	return t.keys.load(ctx, wanted)
}
