package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"text/tabwriter"
	"time"

	"sigs.k8s.io/yaml"

	"gifty/domain"
	"gifty/domain/analytics"
	readanalytics "gifty/projections/analytics"
)

type funnelCommand struct {
	Funnels  []string  `arg:"" optional:"" name:"name|file" help:"Funnels that are shipped or in the data folder's funnels/, or files with definitions (YAML or JSON); all in one reading of the log. None: lists them."`
	From     time.Time `help:"Only what occurred at this moment or later, RFC 3339."`
	To       time.Time `help:"Only what occurred before this moment, RFC 3339."`
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
	if len(cmd.Funnels) == 0 {
		return listFunnels(c.out, config)
	}
	question, err := cmd.question(config)
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

func (cmd funnelCommand) question(config Config) (q readanalytics.Question, err error) {
	q = readanalytics.Question{From: cmd.From, To: cmd.To, Personal: cmd.Personal}
	if cmd.AsOf != "" {
		if n, err := strconv.ParseInt(cmd.AsOf, 10, 64); err == nil {
			q.UpTo = new(domain.Position(n))
		} else if q.AsOf, err = time.Parse(time.RFC3339, cmd.AsOf); err != nil {
			return q, domain.Invalid("as_of_invalid", "--as-of must be a position, such as 1000, or a moment, such as 2026-11-01T00:00:00Z")
		}
	}
	for _, name := range cmd.Funnels {
		d, err := findFunnel(config, name)
		if err != nil {
			return q, err
		}
		q.Funnels = append(q.Funnels, d)
	}
	return q, nil
}

// findFunnel reads a file of this path, or one of this name in the data folder, or takes what is shipped.
func findFunnel(config Config, name string) (analytics.Definition, error) {
	for _, path := range []string{name, config.path("funnels", name+".yaml"), config.path("funnels", name+".yml"), config.path("funnels", name+".json")} {
		text, err := os.ReadFile(path)
		var missing *fs.PathError
		if errors.As(err, &missing) {
			continue
		}
		if err != nil {
			return analytics.Definition{}, err
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
	return analytics.ShippedNamed(name)
}

func listFunnels(out io.Writer, config Config) error {
	list, err := analytics.Shipped()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FUNNEL\tENTITY\tWINDOW\tSTEPS\tTITLE")
	for _, d := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", d.Name, d.Entity, d.Window, len(d.Steps), d.Title)
	}
	own, err := os.ReadDir(config.path("funnels"))
	if err == nil {
		for _, f := range own {
			fmt.Fprintf(w, "%s\t\t\t\t%s\n", f.Name(), config.path("funnels", f.Name()))
		}
	}
	return w.Flush()
}
