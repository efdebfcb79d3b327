package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"sigs.k8s.io/yaml"

	"gifty/domain"
	"gifty/domain/analytics"
	"gifty/domain/configuration"
	"gifty/eventstore"
	readanalytics "gifty/projections/analytics"
)

type funnelCommand struct {
	Funnels  []string  `arg:"" optional:"" name:"name|file" help:"Funnels that come with the product or that the configuration module funnels keeps, or files with definitions (YAML or JSON); all in one reading of the log. None: lists them."`
	From     time.Time `help:"Only what occurred at this moment or later: RFC 3339, or a day, UTC."`
	To       time.Time `help:"Only what occurred before this moment or day."`
	AsOf     string    `name:"as-of" placeholder:"N|TIME" help:"The log as it was at this position or moment."`
	JSON     bool      `name:"json" xor:"format" help:"Print JSON."`
	CSV      bool      `name:"csv" xor:"format" help:"Print CSV, a row a step of every group."`
	Parquet  bool      `name:"parquet" xor:"format" help:"Write Parquet, the same rows; to --out or a pipe."`
	Out      string    `short:"o" placeholder:"FILE" help:"Write to this file."`
	Personal bool      `help:"Allow conditions on and breakdowns by personal fields. Whoever can run this may say so."`
	Effort
}

// Run replays the log through the funnels.
func (cmd funnelCommand) Run(ctx context.Context, config Config, c console) (err error) {
	question, err := cmd.question()
	if err != nil {
		return err
	}
	if cmd.Parquet && cmd.Out == "" && isTerminal(c.out) {
		return domain.Invalid("out_missing", "Parquet is nothing for a terminal; name a file with --out")
	}
	a, err := openEngine(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	kept, err := a.funnels(ctx)
	if err != nil {
		return err
	}
	if len(cmd.Funnels) == 0 {
		return listFunnels(c.out, kept)
	}
	if question.Funnels, err = findFunnels(kept, cmd.Funnels); err != nil {
		return err
	}
	prepared, err := readanalytics.Prepare(ctx, a.engine, question)
	if err != nil {
		return err
	}
	began := time.Now()
	options, done := cmd.drawn(c.err)
	answer, err := prepared.Run(ctx, options)
	done()
	if err != nil {
		return err
	}
	out, finish, err := outputOf(cmd.Out, c.out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, finish()) }()
	switch {
	case cmd.JSON:
		return printJSON(out, answer)
	case cmd.CSV:
		return answer.WriteCSV(out)
	case cmd.Parquet:
		return answer.WriteParquet(out)
	}
	printFunnels(out, answer)
	_, err = fmt.Fprintf(out, "\nthe log up to position %d, read in %s\n", answer.UpTo, time.Since(began).Round(time.Millisecond))
	return err
}

// outputOf is a file, or what is printed on when none is named.
func outputOf(path string, otherwise io.Writer) (io.Writer, func() error, error) {
	if path == "" {
		return otherwise, func() error { return nil }, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, nil, domain.Invalid("out_unusable", "%s can't be written; name another file", path).Because(err)
	}
	return f, f.Close, nil
}

func (cmd funnelCommand) question() (q readanalytics.Question, err error) {
	q = readanalytics.Question{From: cmd.From, To: cmd.To, Personal: cmd.Personal}
	if cmd.AsOf != "" {
		if n, err := strconv.ParseInt(cmd.AsOf, 10, 64); err == nil {
			q.UpTo = new(domain.Position(n))
		} else if q.AsOf, err = parseMoment(cmd.AsOf); err != nil {
			return q, domain.Invalid("as_of_invalid", "--as-of must be a position, such as 1000, or a moment, such as 2026-11-01T00:00:00Z or 2026-11-01")
		}
	}
	return q, nil
}

// funnels are those that can be asked by name: the product's, then the configuration's.
func (a *app) funnels(ctx context.Context) ([]analytics.Definition, error) {
	log := eventstore.Open(a.pool, a.engine.Types(), eventstore.Options{Logger: a.logger})
	defer log.Close()
	modules, err := modules()
	if err != nil {
		return nil, err
	}
	own, _, err := inForce(configuration.Commands{Log: log, Modules: modules}, analytics.OwnModule, analytics.ParseOwn).Current(ctx)
	if err != nil {
		return nil, err
	}
	return analytics.All(own)
}

// findFunnels takes the funnels that are kept under these names; what is none of them is a file's path.
func findFunnels(kept []analytics.Definition, names []string) (list []analytics.Definition, err error) {
	for _, name := range names {
		d, err := analytics.Named(kept, name)
		if err != nil {
			if file, why := readFunnel(name); !errors.Is(why, fs.ErrNotExist) || strings.ContainsAny(name, "./") { // no funnel's name has these
				d, err = file, why
			}
		}
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

func readFunnel(path string) (analytics.Definition, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return analytics.Definition{}, domain.Invalid("funnel_unreadable", "%s can't be read", path).Because(err)
	}
	if text, err = yaml.YAMLToJSONStrict(text); err != nil { // JSON is YAML
		return analytics.Definition{}, domain.Invalid("funnel_unreadable", "%s is neither YAML nor JSON", path).Because(err)
	}
	d, err := analytics.Parse(text)
	if err != nil {
		return d, fmt.Errorf("%s: %w", path, err)
	}
	return d, nil
}

func listFunnels(out io.Writer, list []analytics.Definition) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FUNNEL\tENTITY\tWINDOW\tSTEPS\tTITLE")
	for _, d := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", d.Name, d.Entity, d.Window, len(d.Steps), d.Title)
	}
	return w.Flush()
}
