package feed

import (
	"crypto/sha256"
	"errors"

	"gifty/domain"
	"gifty/domain/catalogue"
)

// Summary is what became of a feed: every record of it is in exactly one of the counts. Beside an
// error they count what was read and stored until then.
type Summary struct {
	catalogue.Imported
	Refused    Left            // records that are no product
	Duplicates Left            // products that stand in the feed before; the first is taken
	Position   domain.Position // in the log, that holds the effect; 0 when nothing was offered
	Repeated   bool            `json:"-"` // the request was answered before, and this is that answer
}

// Left counts records that were left out, and keeps the first of them.
type Left struct {
	Count int
	First []LeftLine
}

// LeftLine is a record that was left out.
type LeftLine struct {
	Line   int    // as Line.Number
	Code   string // as of a domain.Error
	Reason string
}

// keptLines bounds what is kept of a feed with nothing good in it.
const keptLines = 100

func (l *Left) add(line LeftLine) {
	if l.Count++; len(l.First) < keptLines {
		l.First = append(l.First, line)
	}
}

// leftLine tells why a record was left out, without what is for logs alone.
func leftLine(number int, why error) LeftLine {
	line := LeftLine{Line: number, Reason: why.Error()}
	var known *domain.Error
	if errors.As(why, &known) {
		line.Code, line.Reason = known.Code, known.Message
	}
	return line
}

func (s *Summary) add(out domain.Outcome[catalogue.Imported]) {
	s.Imported, s.Position = s.Add(out.Result), max(s.Position, out.Position)
}

// seen remembers the products that a feed has named, by half of their key's SHA-256: nobody can
// make two keys that share it. It takes 20 to 40 bytes a product.
type seen map[[sha256.Size / 2]byte]struct{}

// add answers whether the product is new to the feed.
func (s seen) add(giftID string) bool {
	sum := sha256.Sum256([]byte(giftID))
	before := len(s)
	s[[sha256.Size / 2]byte(sum[:])] = struct{}{}
	return len(s) > before
}
