package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"gifty/domain"
	"gifty/domain/evaluate"
	"gifty/domain/recommend"
	"gifty/projections/recommendation"
)

// evaluatePolicy is a policy to evaluate on the pages that were served.
type evaluatePolicy struct {
	Policy       string    `placeholder:"FILE" help:"A policy as JSON (a name, a version and what differs from the default): what would it have earned on the pages that were served?"`
	Served       []string  `placeholder:"FILES" help:"Policies that served some of the pages, beside the built-in and the configured ones, separated by commas; also these as they were once."`
	From         time.Time `placeholder:"TIME" help:"Only pages served from then on: a moment, RFC 3339, or a day, UTC."`
	To           time.Time `placeholder:"TIME" help:"Only pages served before then: a moment or a day."`
	First        int       `placeholder:"N" help:"Judge the first N gifts of a page alone: less has to be alike for the log to tell (0: all)."`
	FixedWeights bool      `help:"Take the policy's weights as its file has them, not as the feedback before each page would have moved them."`
}

func (cmd evaluatePolicy) validate() error {
	switch {
	case cmd.First < 0 || cmd.First > recommend.MaxPage:
		return domain.Invalid("first_invalid", "--first must be 1 to %d, or 0 for all", recommend.MaxPage)
	case !cmd.To.IsZero() && !cmd.From.Before(cmd.To):
		return domain.Invalid("span_invalid", "--from must be before --to")
	case cmd.Policy == "" && cmd.given():
		return domain.Invalid("policy_missing", "--served, --from, --to, --first and --fixed-weights go with --policy; name its file")
	}
	return nil
}

func (cmd evaluatePolicy) given() bool {
	return len(cmd.Served) > 0 || !cmd.From.IsZero() || !cmd.To.IsZero() || cmd.First > 0 || cmd.FixedWeights
}

// logged is the pages to evaluate on, but for the log.
func (cmd evaluatePolicy) logged(config Config) (*recommendation.Logged, error) {
	target, err := readPolicy(cmd.Policy)
	if err != nil {
		return nil, err
	}
	var served []recommend.Policy
	for _, name := range cmd.Served {
		p, err := readPolicy(name)
		if err != nil {
			return nil, err
		}
		served = append(served, p)
	}
	ranking, err := config.ranking()
	if err != nil {
		return nil, err
	}
	// Last: a file may say what they were once.
	served = append(append(served, ranking.Policies...), append(recommend.FormerPolicies(), recommend.DefaultPolicy())...)
	return &recommendation.Logged{Target: target, Served: served, From: cmd.From, To: cmd.To, First: cmd.First, Fixed: cmd.FixedWeights}, cmd.unused(target, served)
}

// unused refuses a target of a version under which another policy served.
func (cmd evaluatePolicy) unused(target recommend.Policy, served []recommend.Policy) error {
	for _, p := range served {
		if p.Name == target.Name && p.Version == target.Version && p != target {
			return domain.Invalid("policy_version_used", "%s: policy %s version %d served and was another; give this one a version of its own", cmd.Policy, p.Name, p.Version)
		}
	}
	return nil
}

// readPolicy reads a policy's file.
func readPolicy(name string) (recommend.Policy, error) {
	data, err := readFile(name)
	if why := (*fs.PathError)(nil); errors.As(err, &why) {
		err = domain.Invalid("policy_unreadable", "the policy cannot be read: %v", why.Err)
	}
	if err != nil {
		return recommend.Policy{}, fmt.Errorf("%s: %w", name, err)
	}
	p, err := recommend.ParsePolicy(data)
	if err != nil {
		return p, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// evaluate reads the log and says about what the report is.
func (cmd evaluatePolicy) evaluate(ctx context.Context, config Config, c console, o evaluate.Options) (about string, r evaluate.Report, err error) {
	pages, err := cmd.logged(config)
	if err != nil {
		return "", r, err
	}
	a, err := openLog(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return "", r, err
	}
	defer a.close()
	published, err := publishedPolicies(ctx, a.store)
	if err == nil {
		err = cmd.unused(pages.Target, published)
	}
	if err != nil {
		return "", r, err
	}
	pages.Log, pages.Served = a.store, append(published, pages.Served...)
	r, err = evaluate.Evaluate(drawn(pages.Decisions(ctx), c), o)
	if ctx.Err() != nil {
		return "", r, ctx.Err()
	}
	left := leftOut(pages.LeftOut())
	if r.Decisions == 0 && err != nil && len(left) > 0 {
		err = fmt.Errorf("%s: %w", strings.Join(left, "; "), err)
	}
	r.Notes = append(r.Notes, left...)
	if i := slices.IndexFunc(pages.Served, pages.Target.RanksAs); i >= 0 && pages.Served[i].Name != pages.Target.Name {
		r.Notes = append(r.Notes, fmt.Sprintf("the target makes the same pages as %s: it differs in nothing that they know", recommendation.PolicyName(pages.Served[i])))
	}
	return cmd.about(pages, r), r, err
}

func (cmd evaluatePolicy) about(pages *recommendation.Logged, r evaluate.Report) string {
	what, weights := "pages", "its weights as feedback had moved them by each page"
	if cmd.First > 0 {
		what = fmt.Sprintf("pages, the first %d gifts of each", cmd.First)
	}
	if cmd.FixedWeights {
		weights = "its weights as configured"
	}
	return fmt.Sprintf("%d %s; the target is %s, %s\nreward of a page: the sum over its gifts of purchase 2, like or shortlist 1, click 0.3, dislike -1",
		r.Decisions, what, recommendation.PolicyName(pages.Target), weights)
}

// drawn shows how far each walk over the log is.
func drawn(log evaluate.Log, c console) evaluate.Log {
	walks := 0
	return func(yield func(*evaluate.Decision, error) bool) {
		walks++
		bar := newBar(c.err, -1, fmt.Sprintf("pages, pass %d", walks))
		defer bar.end(c.err)
		for d, err := range log {
			if !yield(d, err) {
				return
			}
			bar.move(1)
		}
	}
}

func leftOut(l recommendation.LeftOut) (notes []string) {
	for _, why := range []struct {
		pages int
		told  string
	}{
		{l.Unseen, "pages of which nothing is known to have been seen are left out"},
		{l.Empty, "pages without gifts are left out"},
		{l.OldFeatures, "pages whose features meant something else are left out"},
	} {
		if why.pages > 0 {
			notes = append(notes, fmt.Sprintf("%d %s", why.pages, why.told))
		}
	}
	return notes
}
