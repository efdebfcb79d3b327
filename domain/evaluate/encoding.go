package evaluate

import (
	"math"
	"slices"
	"strings"
)

// maxLevels is how many distinct values of a column get an indicator of their own; a column that has more
// is a number, if all its values are, and else tells apart the first seen alone.
const maxLevels = 16

// encoder turns a column's text into numbers: indicators, or one standardised number.
type encoder struct {
	column int
	levels map[string]int // in the order seen
	many   bool           // more levels than maxLevels
	text   bool           // a value that is no number
	n      float64
	mean   float64 // with m2, Welford's running moments
	m2     float64
	spread float64 // the standard deviation; set by settle
}

func newEncoder(column int) *encoder { return &encoder{column: column, levels: map[string]int{}} }

// see learns a value; an empty one is missing and tells nothing.
func (e *encoder) see(text string) {
	if text == "" || e.many && e.text {
		return
	}
	if !e.many {
		if _, ok := e.levels[text]; !ok {
			if e.many = len(e.levels) == maxLevels; !e.many {
				e.levels[strings.Clone(text)] = len(e.levels) // the text is a piece of its whole row
			}
		}
	}
	x, err := numberIn(text)
	if err != nil {
		e.text = true
		return
	}
	e.n++
	d := x - e.mean
	e.mean += d / e.n
	e.m2 += d * (x - e.mean)
}

func (e *encoder) numeric() bool { return e.many && !e.text }

// width is how many numbers a value becomes; 0 for a column that tells nothing.
func (e *encoder) width() int {
	switch {
	case e.numeric():
		return 1
	case len(e.levels) < 2:
		return 0
	}
	return len(e.levels)
}

func (e *encoder) settle() {
	if e.spread = math.Sqrt(e.m2 / max(1, e.n)); e.spread == 0 || math.IsInf(e.spread, 0) || math.IsNaN(e.spread) {
		e.spread = math.Inf(1) // numbers too alike or too large to tell apart become 0
	}
}

// put writes a value to numbers that are 0.
func (e *encoder) put(text string, into []float64) {
	if !e.numeric() {
		if i, ok := e.levels[text]; ok {
			into[i] = 1
		}
		return
	}
	if x, err := numberIn(text); err == nil {
		into[0] = (x - e.mean) / e.spread
	}
}

// encoders encode a row's features one after another.
type encoders []*encoder

// settle ends learning and leaves out what tells nothing.
func (c encoders) settle() encoders {
	for _, e := range c {
		e.settle()
	}
	return slices.DeleteFunc(c, func(e *encoder) bool { return e.width() == 0 })
}

func (c encoders) width() (sum int) {
	for _, e := range c {
		sum += e.width()
	}
	return sum
}

func (c encoders) put(record []string, into []float64) {
	clear(into)
	for _, e := range c {
		e.put(record[e.column], into)
		into = into[e.width():]
	}
}
