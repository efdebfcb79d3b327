package projections

// slab holds many small runs of bytes in few allocations without pointers, which the garbage
// collector need not look into.
type slab struct {
	chunks [][]byte
	live   int // bytes
	dead   int // bytes of runs that were dropped
}

// span is where a run of bytes is in a slab; one without size is nowhere.
type span struct{ chunk, at, size uint32 }

const (
	smallChunk = 4 << 10
	largeChunk = 128 << 10
)

// add copies b, which is not empty, into the slab.
func (s *slab) add(b []byte) span {
	last := len(s.chunks) - 1
	if last < 0 || cap(s.chunks[last])-len(s.chunks[last]) < len(b) {
		size := max(len(b), min(largeChunk, max(smallChunk, s.live)))
		s.chunks = append(s.chunks, make([]byte, 0, size))
		last++
	}
	at := len(s.chunks[last])
	s.chunks[last] = append(s.chunks[last], b...)
	s.live += len(b)
	return span{uint32(last), uint32(at), uint32(len(b))}
}

// replace puts b where the run p was if it fits there, else elsewhere.
func (s *slab) replace(p span, b []byte) span {
	if uint32(len(b)) > p.size {
		s.drop(p)
		return s.add(b)
	}
	copy(s.chunks[p.chunk][p.at:], b)
	s.live -= int(p.size) - len(b)
	s.dead += int(p.size) - len(b)
	return span{p.chunk, p.at, uint32(len(b))}
}

// drop forgets a run.
func (s *slab) drop(p span) {
	s.live -= int(p.size)
	s.dead += int(p.size)
}

// wasteful tells whether it is worth to copy what is left into a new slab.
func (s *slab) wasteful() bool { return s.dead > s.live && s.dead > largeChunk }

func (s *slab) bytes(p span) []byte { return s.chunks[p.chunk][p.at : p.at+p.size : p.at+p.size] }
