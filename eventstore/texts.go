package eventstore

import (
	"bytes"
	"hash/maphash"
	"sync/atomic"

	"github.com/google/uuid"
)

// sealedTexts remembers what short values of columns were sealed as. Most are sealed again soon: what an
// idea is called stands in five tables, and in some of them with each of its products. Each value has one
// place, which the last one keeps. Safe for concurrent use.
type sealedTexts struct {
	seed  maphash.Seed
	slots [keptTexts]atomic.Pointer[sealedText]
}

// How many texts are remembered, and up to which length of the value, in bytes: 30 MiB at most.
const (
	keptTexts = 1 << 16
	shortText = 128
)

// sealedText is immutable.
type sealedText struct {
	key         *subjectKey
	value, text []byte
}

// of is the value's place; nil: it is too long.
func (s *sealedTexts) of(key *subjectKey, value []byte) *atomic.Pointer[sealedText] {
	if len(value) > shortText {
		return nil
	}
	sum := maphash.Bytes(s.seed, value) ^ maphash.Bytes(s.seed, key.subject[:])
	return &s.slots[sum%keptTexts]
}

// is tells whether it is this value's, by this very key.
func (t *sealedText) is(key *subjectKey, value []byte) bool {
	return t != nil && t.key == key && bytes.Equal(t.value, value)
}

// forget drops what tells of a subject.
func (s *sealedTexts) forget(subject uuid.UUID) {
	for i := range s.slots {
		if t := s.slots[i].Load(); t != nil && t.key.subject == subject {
			s.slots[i].Store(nil)
		}
	}
}

func (s *sealedTexts) clear() {
	for i := range s.slots {
		s.slots[i].Store(nil)
	}
}
