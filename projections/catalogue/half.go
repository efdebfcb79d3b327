package catalogue

import (
	"encoding/binary"
	"math"
)

// half is a halfvec as Postgres sends it: how many numbers as a uint16, an unused uint16, and
// IEEE 754 binary16 numbers, big-endian. Read as bytes it costs a fifth of what its text does.
type half []byte

const halfHeader = 4

// floats are nil when there is no vector.
func (h half) floats() []float32 {
	if len(h) < halfHeader {
		return nil
	}
	return h.into(make([]float32, h.dim()))
}

// dim is how many numbers there are.
func (h half) dim() int { return max(0, len(h)-halfHeader) / 2 }

// into widens the numbers into v, which has room for them.
func (h half) into(v []float32) []float32 {
	numbers := h[halfHeader:]
	v = v[:len(numbers)/2]
	for i := range v {
		v[i] = float(binary.BigEndian.Uint16(numbers[:2]))
		numbers = numbers[2:]
	}
	return v
}

// float widens a binary16. The bits of exponent and fraction, moved to their places in a binary32,
// are the number but for the exponent's bias, 15 there and 127 here. Vectors hold neither infinities
// nor what is no number.
func float(h uint16) float32 {
	return math.Float32frombits(uint32(h&0x8000)<<16|uint32(h&0x7fff)<<13) * 0x1p112
}

func norm(v []float32) float64 { return math.Sqrt(dot(v, v)) }

// dot sums in four lanes, which the processor works on side by side.
func dot(a, b []float32) float64 {
	var s0, s1, s2, s3 float32
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return float64(s0) + float64(s1) + float64(s2) + float64(s3)
}
