// Package hashing turns counted features into vectors of a fixed length without a vocabulary:
// feature hashing with signs (Weinberger et al. 2009, arXiv:0902.2206). Texts that share words share
// coordinates; different words meet only by chance, and then as often with opposite signs.
package hashing

import (
	"hash/fnv"
	"math"
)

// Bag counts the features of one text. The zero Bag is empty.
type Bag struct {
	at       map[string]int
	features []feature
}

type feature struct {
	name   string
	count  int
	weight float64
}

// Add counts a feature once more. Its weight is the one given first.
func (b *Bag) Add(name string, weight float64) {
	i, ok := b.at[name]
	if !ok {
		if b.at == nil {
			b.at = map[string]int{}
		}
		i = len(b.features)
		b.at[name] = i
		b.features = append(b.features, feature{name: name, weight: weight})
	}
	b.features[i].count++
}

// Empty tells whether nothing was added.
func (b *Bag) Empty() bool { return len(b.features) == 0 }

// Vector is the bag in dim dimensions, of unit length, or nil for an empty bag. A feature that
// occurs n times counts 1 + ln n times its weight, so that repeating a word persuades little.
func (b *Bag) Vector(dim int) []float32 {
	sums := make([]float64, dim)
	for _, f := range b.features {
		h := fnv.New64a()
		h.Write([]byte(f.name))
		v := mix(h.Sum64())
		x := f.weight * (1 + math.Log(float64(f.count)))
		if v>>63 == 1 {
			x = -x
		}
		sums[v%uint64(dim)] += x
	}
	return unit(sums)
}

// mix spreads every bit of an FNV sum over all others (the finaliser of MurmurHash3), for similar
// names have similar sums.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// unit scales to length one; nil when there is no length to scale.
func unit(v []float64) []float32 {
	var squares float64
	for _, x := range v {
		squares += x * x
	}
	if squares == 0 {
		return nil
	}
	scale := 1 / math.Sqrt(squares)
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x * scale)
	}
	return out
}
