package eventstore

import (
	"hash/maphash"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
)

// How many keys are remembered, about 2 KiB each, and for how long: in that time each process learns
// that another one has destroyed a key. One with a Signal is told at once, unless its connection is lost.
const (
	keptKeys  = 1 << 15
	keyShards = 1 << 6
	keptFor   = time.Minute

	recentKeys = 1 << 13
)

// knownKeys are the keys that were used last. They lie in shards: the goroutines of a rebuild look up
// millions of them, and would wait for one another. Safe for concurrent use.
type knownKeys struct {
	seed   maphash.Seed
	recent [recentKeys]atomic.Pointer[knownKey] // by hash, found faster than in a shard
	shards [keyShards]*lru.Cache[uuid.UUID, *knownKey]
	texts  sealedTexts
}

type knownKey struct {
	*subjectKey
	until time.Time // then it is read again
}

func newKnownKeys() (*knownKeys, error) {
	k := &knownKeys{seed: maphash.MakeSeed(), texts: sealedTexts{seed: maphash.MakeSeed()}}
	for i := range k.shards {
		shard, err := lru.New[uuid.UUID, *knownKey](keptKeys / keyShards)
		if err != nil {
			return nil, err
		}
		k.shards[i] = shard
	}
	return k, nil
}

// shard is by an id's last byte, since ids of one time begin alike.
func (k *knownKeys) shard(subject uuid.UUID) *lru.Cache[uuid.UUID, *knownKey] {
	return k.shards[subject[len(subject)-1]%keyShards]
}

func (k *knownKeys) place(subject uuid.UUID) *atomic.Pointer[knownKey] {
	return &k.recent[maphash.Bytes(k.seed, subject[:])%recentKeys]
}

func (k *knownKeys) get(subject uuid.UUID) (*subjectKey, bool) {
	place := k.place(subject)
	known := place.Load()
	if known == nil || known.subject != subject {
		var ok bool
		if known, ok = k.shard(subject).Get(subject); !ok {
			return nil, false
		}
		place.Store(known)
		if now, _ := k.shard(subject).Peek(subject); now != known {
			place.CompareAndSwap(known, nil) // it was removed meanwhile
		}
	}
	if time.Now().After(known.until) {
		return nil, false
	}
	return known.subjectKey, true
}

func (k *knownKeys) add(key *subjectKey) {
	known := &knownKey{key, time.Now().Add(keptFor)}
	k.shard(key.subject).Add(key.subject, known)
	k.place(key.subject).Store(known)
	if key.destroyed {
		k.texts.forget(key.subject)
	}
}

func (k *knownKeys) remove(subject uuid.UUID) {
	k.shard(subject).Remove(subject)
	k.place(subject).Store(nil)
	k.texts.forget(subject)
}

func (k *knownKeys) purge() {
	for _, shard := range k.shards {
		shard.Purge()
	}
	for i := range k.recent {
		k.recent[i].Store(nil)
	}
	k.texts.clear()
}
