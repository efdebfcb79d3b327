package main

import (
	"io"

	"github.com/schollz/progressbar/v3"

	"gifty/projections"
)

// Effort is how much of the machine a job over the whole log may use.
type Effort struct {
	Memory  int64 `env:"GIFTY_REBUILD_MEMORY" default:"1536" help:"MiB that the job itself may hold, beside what the process takes anyway: rows of read tables that don't fit go through files, and of a question what is on its way takes a quarter and what is counted half (${default})."`
	Workers int   `env:"GIFTY_REBUILD_WORKERS" help:"Connections and CPUs that the job may use; all when 0."`
}

func (e Effort) options() projections.RebuildOptions {
	return projections.RebuildOptions{Memory: e.Memory << 20, Workers: e.Workers}
}

// drawn is options with a bar for a person; the function ends it.
func (e Effort) drawn(w io.Writer) (projections.RebuildOptions, func()) {
	var b jobBar
	opt := e.options()
	opt.Progress = func(j projections.Job) { b.show(w, j) }
	return opt, func() { b.end(w) }
}

// jobBar is a bar that follows a job, whose total grows when rows don't fit into memory.
type jobBar struct {
	bar
	total int64
}

func (b *jobBar) show(w io.Writer, j projections.Job) {
	if j.Total == 0 {
		return
	}
	if b.drawn == nil {
		b.bar = newBar(w, j.Total, j.Kind, progressbar.OptionShowIts(), progressbar.OptionSetItsString("events"))
		b.total = j.Total
	}
	if b.drawn == nil { // no terminal
		return
	}
	if b.total != j.Total {
		b.total = j.Total
		b.drawn.ChangeMax64(j.Total)
	}
	b.drawn.Describe(j.Kind + " " + j.Phase)
	b.set(int(min(j.Events, j.Total)))
}
