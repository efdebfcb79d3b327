package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// bar shows a person how far something is, how fast it goes and how long it will take. The zero bar
// shows nothing.
type bar struct{ drawn *progressbar.ProgressBar }

// newBar draws on a terminal, and nowhere else. A total of -1 is not known: then it counts.
func newBar(w io.Writer, total int64, doing string, more ...progressbar.Option) bar {
	if !drawsOn(w) {
		return bar{}
	}
	const barPause, barWidth = 100 * time.Millisecond, 30
	b := progressbar.NewOptions64(total, append([]progressbar.Option{
		progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(shorten(doing, barWidth)), progressbar.OptionSetWidth(barWidth),
		progressbar.OptionShowCount(), progressbar.OptionThrottle(barPause), progressbar.OptionSetRenderBlankState(true),
		progressbar.OptionSetSpinnerChangeInterval(0), // else an unknown total's spinner would draw for ever
	}, more...)...)
	return bar{b}
}

func drawsOn(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// move adds to what is done.
func (b bar) move(n int) {
	if b.drawn != nil {
		_ = b.drawn.Add(n) // a bar that can't be drawn is no failure; nor below
	}
}

// set says how much is done.
func (b bar) set(n int) {
	if b.drawn != nil {
		_ = b.drawn.Set(n)
	}
}

// reading moves the bar by the bytes that are read.
func (b bar) reading(r io.Reader) io.Reader {
	if b.drawn == nil {
		return r
	}
	counted := progressbar.NewReader(r, b.drawn)
	return &counted
}

// end leaves the bar as it stands and goes on below it.
func (b bar) end(w io.Writer) {
	if b.drawn != nil {
		_ = b.drawn.Exit()
		fmt.Fprintln(w)
	}
}
