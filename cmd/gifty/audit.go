package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"gifty/projections"
	"gifty/projections/discovery"
)

type auditCommand struct {
	Ideas auditIdeasCommand `cmd:"" default:"1" help:"Compare how the ideas of each model and prompt version fare."`
	Calls auditCallsCommand `cmd:"" help:"List what language models were asked, the latest first."`
}

type auditIdeasCommand struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Run prints a line a model and prompt version.
func (cmd auditIdeasCommand) Run(ctx context.Context, config Config, c console) error {
	a, err := openLog(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	if err := a.engine.CatchUp(ctx); err != nil {
		return err
	}
	audits, err := discovery.Audits(ctx, a.read)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return printJSON(c.out, audits)
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "MODEL\tPROMPT\tIDEAS\tSHOWN\tLIKED\tDISLIKED\tCLICKED\tBOUGHT\tLIKE RATE")
	for _, r := range audits {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%.3f\n", r.ModelName, r.PromptVersion, r.Ideas, r.Shown, r.Liked, r.Disliked, r.Clicked, r.Bought, r.LikeRate)
	}
	return w.Flush()
}

type auditCallsCommand struct {
	Session string `placeholder:"ID" help:"Of this session alone."`
	Limit   int    `default:"50" help:"At most so many (${default}), 200 at most."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

// Run prints a line a call.
func (cmd auditCallsCommand) Run(ctx context.Context, config Config, c console) error {
	a, err := openLog(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	if err := a.engine.CatchUp(ctx); err != nil {
		return err
	}
	page, err := discovery.ListModelCalls(ctx, a.read, cmd.Session, projections.PageRequest{Limit: cmd.Limit})
	if err != nil {
		return err
	}
	if cmd.JSON {
		return printJSON(c.out, page.Items)
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "WHEN\tPURPOSE\tPROMPT\tPROVIDER\tMODEL\tIN\tOUT\tCOST\tMS\tFAILURE")
	for _, m := range page.Items {
		cost, failure := "-", "-"
		if m.Cost != nil && m.Currency != nil {
			cost = m.Cost.String() + " " + *m.Currency
		}
		if m.Failure != nil {
			failure = *m.Failure
		}
		fmt.Fprintf(w, "%s\t%s\t%s@%s\t%s\t%s\t%d\t%d\t%s\t%.0f\t%s\n", m.AskedAt.Format(time.RFC3339), m.Purpose, m.Prompt, m.PromptVersion, m.Provider, m.Model,
			m.InputTokens, m.OutputTokens, cost, m.DurationMS, failure)
	}
	return w.Flush()
}
