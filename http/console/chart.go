package console

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// chart is figures by day. On the page it is a table, of which the script draws the picture and from
// which it exports: so nothing is told that can't be read without sight or script.
type chart struct {
	ID, Title, Note string
	Kind            string // line, bars
	Days            []time.Time
	Series          []series
}

// series is a line of a chart.
type series struct {
	Name   string
	Values []float64 // by day; NaN: nothing is known
	Links  []templ.SafeURL
	Share  bool // of one; shown as percent
}

func (s series) text(w *words, i int) string {
	if math.IsNaN(s.Values[i]) {
		return noValue
	}
	if s.Share {
		return w.Percent(s.Values[i])
	}
	return w.Float(s.Values[i], 2)
}

// raw is the value as scripts read it.
func (s series) raw(i int) string {
	if math.IsNaN(s.Values[i]) {
		return ""
	}
	return strconv.FormatFloat(s.Values[i], 'g', 6, 64)
}

// spark is the points of a small line in a box of 100 × 28, for a polyline.
func spark(values []float64) string {
	top := 0.0
	for _, v := range values {
		if !math.IsNaN(v) {
			top = max(top, v)
		}
	}
	var points []string
	for i, v := range values {
		if math.IsNaN(v) {
			continue
		}
		y := 26.0
		if top > 0 {
			y = 26 - 24*v/top
		}
		x := 100 * float64(i) / float64(max(1, len(values)-1))
		points = append(points, strconv.FormatFloat(x, 'f', 1, 64)+","+strconv.FormatFloat(y, 'f', 1, 64))
	}
	return strings.Join(points, " ")
}
