package eventstore

import (
	"github.com/google/uuid"

	"gifty/domain"
)

// chain is what this process knows of the log without asking. As long as log_head still names the
// batch that we appended last, nobody else has appended, and the log is exactly what we made it.
//
// It lets batches follow each other down one connection without waiting for answers: the head is
// moved on condition that it names the batch before, which may itself still be on its way. The
// condition is checked under the head's row lock, so a chain that is wrong costs a retry and
// nothing else.
type chain struct {
	known  bool            // the fields below describe the log's end
	head   domain.Position // once all our batches have committed
	batch  uuid.UUID       // our last
	recent []link          // our latest batches in a row, oldest first
}

// link is one of our batches.
type link struct {
	before   domain.Position // head before it
	versions map[string]int  // of the streams it looked at, after it
}

// links is how many batches are remembered: more than may be on their way, because a snapshot
// taken now does not hold those.
const links = 8

// version of a stream, when one of our latest batches looked at it.
func (c *chain) version(stream string) (int, bool) {
	for i := len(c.recent) - 1; i >= 0; i-- {
		if v, ok := c.recent[i].versions[stream]; ok {
			return v, true
		}
	}
	return 0, false
}

// covers tells whether every batch after head is remembered, so that a snapshot taken at head,
// overlaid with version, is the present.
func (c *chain) covers(head domain.Position) bool {
	return len(c.recent) > 0 && head >= c.recent[0].before
}

// extend adds a batch that follows our last one.
func (c *chain) extend(batch uuid.UUID, head domain.Position, l link) {
	c.recent = append(c.recent, l)
	c.recent = c.recent[max(0, len(c.recent)-links):]
	c.head, c.batch = head, batch
}

// restart begins a new chain with a batch that was decided under the head's lock, after the
// log's last batch. When that one was not ours, others are appending too, and guessing what they
// leave us would mostly fail: the chain stays unknown until two batches of ours follow each other.
func (c *chain) restart(last, batch uuid.UUID, head domain.Position, l link) {
	c.known = c.batch == last
	c.head, c.batch, c.recent = head, batch, []link{l}
}

// forget drops the chain: somebody else appended, or a batch of ours failed.
func (c *chain) forget() { c.known, c.recent = false, nil }
