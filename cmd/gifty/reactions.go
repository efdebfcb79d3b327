package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/projections"
	"gifty/projections/discovery"
	reactions "gifty/projections/reaction"
)

// book is what there is to be done by reactions.
func (a *app) book() reactions.Book {
	return reactions.Book{DB: a.pool, Tables: []string{discovery.Steps.Name}, Keys: a.keys}
}

// react does what follows from events until ctx ends, so many at once, each kept for so long.
func (a *app) react(ctx context.Context, workers int, lease time.Duration) {
	steps := reactions.Reaction{
		Table: discovery.Steps.Name,
		Do: func(ctx context.Context, item reactions.Item) error {
			return a.discovery.TakeStep(ctx, item.Subject, item.ID)
		},
		Park: func(ctx context.Context, item reactions.Item, reason string) error {
			return a.discovery.FailStep(ctx, item.Subject, item.ID, reason)
		},
	}
	worker := reactions.NewWorker(a.pool, []reactions.Reaction{steps}, reactions.Options{
		Keys: a.keys, Workers: workers, Lease: lease, Logger: a.logger, Tracing: a.tracing, Moved: a.engine.Moved, Done: newReactionMetrics(a.metrics).done,
		Jitter: func(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) },
	})
	worker.Run(ctx)
}

type reactionsCommand struct {
	List   listReactionsCommand  `cmd:"" default:"withargs" help:"List what is still to be done, oldest first."`
	Replay replayReactionCommand `cmd:"" help:"Try again what was given up."`
}

type listReactionsCommand struct {
	Parked bool `help:"Only what was given up."`
}

// Run lists them.
func (cmd listReactionsCommand) Run(ctx context.Context, config Config, c console) error {
	a, err := openEngine(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TABLE\tID\tFOR\tSTATE\tATTEMPTS\tREQUESTED\tERROR")
	for _, table := range a.book().Tables {
		for page := (projections.PageRequest{Limit: projections.MaxLimit}); ; {
			found, err := a.book().List(ctx, table, cmd.Parked, page)
			if err != nil {
				return err
			}
			for _, s := range found.Items {
				failure := ""
				if s.Error != nil {
					failure = shorten(*s.Error, 200)
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", s.Table, s.ID, s.Subject, s.State, s.Attempts, s.Requested.Format(time.RFC3339), failure)
			}
			if page.Cursor = found.Next; page.Cursor == "" {
				break
			}
		}
	}
	return w.Flush()
}

type replayReactionCommand struct {
	ID  string `arg:"" optional:"" help:"What to try again."`
	All bool   `help:"All that was given up."`
}

// Run lets a running server try again.
func (cmd replayReactionCommand) Run(ctx context.Context, config Config, c console) error {
	id, err := uuid.Parse(cmd.ID)
	if err != nil && !cmd.All || cmd.ID != "" && cmd.All {
		return domain.Invalid("reaction_unnamed", "name what to try again by the id that `gifty reactions` shows, or say --all")
	}
	a, err := openEngine(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	total := 0
	for _, table := range a.book().Tables {
		n, err := a.book().Replay(ctx, table, id)
		if err != nil {
			return err
		}
		total += n
	}
	fmt.Fprintf(c.out, "%d are tried again, as soon as a server runs\n", total)
	return nil
}
