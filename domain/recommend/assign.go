package recommend

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// Share is an arm of an experiment and how many parts of the units it gets.
type Share struct {
	Name  string `json:"name"`
	Parts uint32 `json:"parts"` // of the sum of all arms' parts; 0: none
}

// Assign tells which arm a unit (a giver, a recipient) is in: always the same for the same
// experiment, unit and shares, on every machine, with nothing stored. Two experiments divide the same
// units independently. The answer is "" where no arm has any parts.
//
// The first 8 bytes of SHA-256(experiment, 0x00, unit), big-endian, times the sum of all parts, over
// 2⁶⁴, is a part's number; the arms own the parts in the order given. Growing the last arm at the
// cost of the one before moves only units between those two.
func Assign(experiment, unitID string, shares []Share) string {
	var total uint64
	for _, s := range shares {
		total += uint64(s.Parts)
	}
	sum := sha256.Sum256([]byte(experiment + "\x00" + unitID))
	part, _ := bits.Mul64(binary.BigEndian.Uint64(sum[:8]), total)
	for _, s := range shares {
		if part < uint64(s.Parts) {
			return s.Name
		}
		part -= uint64(s.Parts)
	}
	return ""
}
