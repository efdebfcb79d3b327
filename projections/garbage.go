package projections

import (
	"runtime/debug"
	"sync"
)

// rareCollections is how much garbage a rebuild may leave lying about, in percent of what is in use, as long as
// its memory has room for it.
const rareCollections = 400

// collections are what the runtime, which knows one setting for the whole process, has garbage collected by.
var collections struct {
	sync.Mutex
	builds  int // that run
	percent int // before them
	limit   int64
}

// collectRarely lets garbage lie about while it and everything else fit into memory (bytes): of what a rebuild
// makes little lives on, and looking for that costs a tenth of its time. The function that it returns ends that.
// Of several at once the first one's memory counts, and a stricter limit, as GOMEMLIMIT may set, stays.
func collectRarely(memory int64) (end func()) {
	c := &collections
	c.Lock()
	defer c.Unlock()
	if c.builds++; c.builds == 1 {
		c.limit = debug.SetMemoryLimit(-1)
		debug.SetMemoryLimit(min(c.limit, memory))
		c.percent = debug.SetGCPercent(rareCollections)
	}
	return func() {
		c.Lock()
		defer c.Unlock()
		if c.builds--; c.builds == 0 {
			debug.SetGCPercent(c.percent)
			debug.SetMemoryLimit(c.limit)
		}
	}
}
