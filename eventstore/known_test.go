package eventstore

import (
	"testing"

	"github.com/google/uuid"
)

func madeKey(t *testing.T, subject uuid.UUID) *subjectKey {
	t.Helper()
	key, err := newSubjectKey(subject, make([]byte, allBytes))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestKeysAreRememberedUntilTheyAreRemoved(t *testing.T) {
	t.Parallel()
	known, err := newKnownKeys()
	if err != nil {
		t.Fatal(err)
	}
	var subjects []uuid.UUID
	for range 2 * recentKeys { // so that many share a place
		key := madeKey(t, uuid.New())
		subjects = append(subjects, key.subject)
		known.add(key)
	}
	for range 2 {
		for _, s := range subjects {
			if key, ok := known.get(s); !ok || key.subject != s {
				t.Fatalf("%v of %s", key, s)
			}
		}
	}
	gone := subjects[7]
	known.remove(gone)
	if _, ok := known.get(gone); ok {
		t.Error("a key that was removed is remembered")
	}
	known.add(&subjectKey{subject: subjects[8], destroyed: true})
	if key, ok := known.get(subjects[8]); !ok || !key.destroyed {
		t.Error("a key that was destroyed goes on")
	}
	known.purge()
	for _, s := range subjects {
		if _, ok := known.get(s); ok {
			t.Fatal("a key is remembered after all were forgotten")
		}
	}
}

// What a column's value was sealed as is used again for the same value by the same key alone, and goes with it.
func TestSealedTextsAreOfOneKey(t *testing.T) {
	t.Parallel()
	known, err := newKnownKeys()
	if err != nil {
		t.Fatal(err)
	}
	k := &Keys{known: known}
	who := uuid.New()
	known.add(madeKey(t, who))
	seal := func(value string) string {
		text, err := k.SealColumn([]byte("kept"), who, []byte(value))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	remembered := func() (n int) {
		for i := range known.texts.slots {
			if known.texts.slots[i].Load() != nil {
				n++
			}
		}
		return n
	}
	first := seal(`"fishing"`)
	if seal(`"fishing"`) != first || seal(`"coffee"`) == first || seal(`"fishing"`) != first || remembered() != 2 {
		t.Errorf("%q, then %q; %d remembered", first, seal(`"fishing"`), remembered())
	}
	seal(string(make([]byte, shortText+1)))
	if remembered() != 2 {
		t.Error("a long value is remembered")
	}
	other := make([]byte, allBytes)
	other[gcmBytes] = 1
	key, err := newSubjectKey(who, other)
	if err != nil {
		t.Fatal(err)
	}
	known.add(key)
	if seal(`"fishing"`) == first {
		t.Error("another key seals as the one before")
	}
	known.add(&subjectKey{subject: who, destroyed: true})
	if text := seal(`"fishing"`); text != "kept" || remembered() != 0 {
		t.Errorf("%q of who is erased; %d remembered", text, remembered())
	}
}

// Logs of before hold hashes sealed as columns are, and hashes that were stored as they are.
func TestHashesOfOlderLogsAreOpened(t *testing.T) {
	t.Parallel()
	own := madeKey(t, ownSubject)
	s := &Store{types: &Types{keys: &Keys{own: own}}}
	hash := []byte("0123456789abcdef0123456789abcdef")
	now, err := own.aead.Encrypt(hash, []byte(associatedHash))
	if err != nil {
		t.Fatal(err)
	}
	older, err := own.same.EncryptDeterministically(hash, []byte(associatedHash))
	if err != nil {
		t.Fatal(err)
	}
	for _, stored := range [][]byte{now, older, hash} {
		if got := s.openHash(stored); string(got) != string(hash) {
			t.Errorf("%x is opened as %q", stored, got)
		}
	}
}
