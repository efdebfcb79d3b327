package eventstore

import (
	"encoding/binary"
	"errors"
	"time"

	"gifty/domain"
)

// AppendTo appends the event as bytes that CutRaw takes apart again: a form for scratch files of
// this process's own making, not for keeping.
func (r RawEvent) AppendTo(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(r.Position))
	dst = binary.AppendUvarint(dst, uint64(r.Version))
	dst = append(dst, r.EventID[:]...)
	dst = binary.AppendVarint(dst, r.OccurredAt.UnixMicro())
	for _, text := range []string{r.Stream, r.Type} {
		dst = append(binary.AppendUvarint(dst, uint64(len(text))), text...)
	}
	for _, j := range [][]byte{r.origin, r.payload} {
		dst = append(binary.AppendUvarint(dst, uint64(len(j))), j...)
	}
	return dst
}

var errRaw = errors.New("the bytes are no event")

// CutRaw reads the event that src begins with and returns the rest. The event refers to src.
func CutRaw(src []byte) (r RawEvent, rest []byte, err error) {
	c := cutter{rest: src}
	r.Position = domain.Position(c.uvarint())
	r.Version = int(c.uvarint())
	copy(r.EventID[:], c.take(uint64(len(r.EventID))))
	r.OccurredAt = time.UnixMicro(c.varint()).UTC()
	r.Stream, r.Type = string(c.take(c.uvarint())), string(c.take(c.uvarint()))
	r.origin, r.payload = c.take(c.uvarint()), c.take(c.uvarint())
	if c.short {
		return RawEvent{}, nil, errRaw
	}
	return r, c.rest, nil
}

type cutter struct {
	rest  []byte
	short bool
}

func (c *cutter) take(n uint64) []byte {
	if n > uint64(len(c.rest)) {
		c.short, c.rest = true, nil
		return nil
	}
	taken := c.rest[:n:n]
	c.rest = c.rest[n:]
	return taken
}

func (c *cutter) uvarint() uint64 {
	v, n := binary.Uvarint(c.rest)
	c.take(uint64(max(n, 0)))
	c.short = c.short || n <= 0
	return v
}

func (c *cutter) varint() int64 {
	v, n := binary.Varint(c.rest)
	c.take(uint64(max(n, 0)))
	c.short = c.short || n <= 0
	return v
}
