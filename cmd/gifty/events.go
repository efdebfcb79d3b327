package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/term"

	"gifty/domain"
	"gifty/eventstore"
	"gifty/projections/events"
)

type eventsCommand struct {
	Type        []string        `placeholder:"NAME,…" help:"Only these types, such as discovery.started.v1."`
	Stream      string          `placeholder:"NAME" help:"Only this stream, such as recipient-<id> or discovery-<id>; the table then tells it in words."`
	After       domain.Position `placeholder:"N" help:"Only after this position."`
	UpTo        domain.Position `placeholder:"N" help:"Only up to this position."`
	From        time.Time       `help:"Only what occurred at this moment or later: RFC 3339, or a day, UTC."`
	To          time.Time       `help:"Only what occurred before this moment or day."`
	Actor       string          `placeholder:"NAME" help:"Only what this actor caused: giver:<id>, worker, system."`
	Correlation uuid.UUID       `placeholder:"ID" help:"Only what this request set off."`
	Limit       int             `placeholder:"N" help:"At most so many; all when 0, and 50 of a table on a terminal."`
	Newest      bool            `help:"The newest first."`
	Follow      bool            `short:"f" help:"Go on with what is appended, until Ctrl-C."`
	Format      string          `default:"table" enum:"table,jsonl,csv,parquet" placeholder:"NAME" help:"table, jsonl, csv or parquet (${default})."`
	Out         string          `short:"o" placeholder:"FILE" help:"Write to this file."`
	Personal    bool            `help:"Show personal fields: names, ages, interests, what people typed. Without it they are masked. Whoever can run this may say so, and answers for where the output goes."`
}

// glance is how many events a terminal is shown of its own accord.
const glance = 50

func (cmd eventsCommand) request(terminal bool) events.Request {
	limit := cmd.Limit
	if limit == 0 && terminal && cmd.Format == "table" && !cmd.Follow {
		limit = glance
	}
	return events.Request{
		Filter: eventstore.Filter{
			Types: cmd.Type, Stream: cmd.Stream, After: cmd.After, UpTo: cmd.UpTo, From: cmd.From, To: cmd.To,
			Actor: cmd.Actor, Correlation: cmd.Correlation, Newest: cmd.Newest, Limit: limit,
		},
		Follow: cmd.Follow, Personal: cmd.Personal,
	}
}

// Run prints the events.
func (cmd eventsCommand) Run(ctx context.Context, config Config, c console) (err error) {
	out, finish, err := outputOf(cmd.Out, c.out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, finish()) }()
	a, err := openEngine(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	signal := eventstore.NewSignal(a.pool, a.logger)
	if cmd.Follow {
		listening, stop := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() { defer close(ended); signal.Run(listening) }()
		defer func() { stop(); <-ended }()
	}
	list, err := events.NewBrowser(a.pool, a.engine.Types(), signal).Events(ctx, cmd.request(isTerminal(out)))
	if err != nil {
		return err
	}
	w, err := cmd.writer(out)
	if err != nil {
		return err
	}
	found := false
	for e, err := range list {
		found = true
		if err == nil {
			err = w.Write(e)
		}
		if err == nil && cmd.Follow {
			err = w.Flush()
		}
		if ctx.Err() != nil && cmd.Follow {
			break // as asked
		}
		if err != nil {
			return err
		}
	}
	if !found && !cmd.Follow {
		fmt.Fprintln(c.err, "no event in the log is of what was asked for")
	}
	return w.Close()
}

func (cmd eventsCommand) writer(out io.Writer) (events.Writer, error) {
	if cmd.Format != "table" {
		return events.NewWriter(events.Format(cmd.Format), out)
	}
	t := eventTable{out: out, width: 0}
	if f, ok := fileOf(out); ok && isTerminal(out) {
		t.width, _, _ = term.GetSize(int(f.Fd())) // 0, which cuts nothing, where it can't be told
	}
	if cmd.Stream != "" {
		return &story{out: out, width: t.width, names: map[string]string{}}, nil
	}
	_, err := fmt.Fprintf(out, eventLine, "POSITION", "OCCURRED AT", "TYPE", "ACTOR", "STREAM", "PAYLOAD")
	return t, err
}

func isTerminal(w io.Writer) bool {
	f, ok := fileOf(w)
	return ok && term.IsTerminal(int(f.Fd()))
}

// eventTable prints a line an event as soon as it is there.
type eventTable struct {
	out   io.Writer
	width int // of the terminal; 0: none
}

const eventLine = "%9v  %-23s  %-38s  %-8s  %-50s  %s\n"

func (t eventTable) Write(e eventstore.Entry) error {
	actor, _, _ := strings.Cut(e.Actor, ":")
	line := fmt.Sprintf(eventLine, e.Position, e.OccurredAt.Format("2006-01-02 15:04:05.000"), e.Type, actor, e.Stream, e.Payload)
	if t.width > 0 {
		line = shorten(strings.TrimSuffix(line, "\n"), t.width) + "\n"
	}
	_, err := io.WriteString(t.out, line)
	return err
}

func (eventTable) Flush() error { return nil }
func (eventTable) Close() error { return nil }
