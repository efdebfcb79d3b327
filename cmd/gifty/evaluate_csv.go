package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/schollz/progressbar/v3"

	"gifty/domain"
	"gifty/domain/evaluate"
)

// evaluateCSV is a file of logged choices, and a policy to evaluate on it.
type evaluateCSV struct {
	CSV      string                   `name:"csv" placeholder:"FILE" help:"Logged choices, a row each: columns action, reward, propensity; position, giver, time, pi if known; the rest describes the context. .gz too; - reads standard input."`
	Target   evaluate.Acting          `enum:"auto,uniform,best,pi" default:"auto" help:"How the policy acts: uniform over the file's actions; best, by a reward model fitted on other givers; pi, as that column says; auto is pi where there is one, else uniform."`
	Columns  map[evaluate.Role]string `mapsep:"," placeholder:"ROLE=NAME" help:"Columns that are called otherwise, such as reward=bought,action=sku."`
	Features []string                 `placeholder:"NAMES" help:"Columns that describe the context, separated by commas; every column without a role when left out."`
}

func (cmd evaluateCSV) validate() error {
	for role := range cmd.Columns {
		if roles := evaluate.Roles(); !slices.Contains(roles, role) {
			return domain.Invalid("columns_invalid", "--columns must be pairs such as reward=bought with roles among %v; there is no %s", roles, role)
		}
	}
	return nil
}

// evaluate reads the file and says about what the report is.
func (cmd evaluateCSV) evaluate(ctx context.Context, c console, o evaluate.Options) (about string, r evaluate.Report, err error) {
	path, shown, forget, err := cmd.path(ctx)
	if err != nil {
		return "", r, err
	}
	defer forget()
	passes := 0
	table, err := evaluate.CSV{Columns: cmd.Columns, Features: cmd.Features, Open: func() (io.ReadCloser, error) {
		passes++
		return openPass(ctx, c.err, path, fmt.Sprintf("%s, pass %d", shown, passes))
	}}.Scan()
	if err != nil {
		return "", r, fmt.Errorf("%s: %w", shown, err)
	}
	target := cmd.Target
	if target == "auto" {
		target = table.Acting()
	}
	about = fmt.Sprintf("%s: %d rows, %d actions; the target is %s", shown, table.Rows, table.Actions(), target)
	if r, err = table.Evaluate(target, o); err != nil {
		err = fmt.Errorf("%s: %w", shown, err)
	}
	return about, r, err
}

// path is the file's, or that of a copy of standard input, which could not be read twice.
func (cmd evaluateCSV) path(ctx context.Context) (path, shown string, forget func(), err error) {
	if cmd.CSV != "-" {
		return cmd.CSV, filepath.Base(cmd.CSV), func() {}, nil
	}
	file, err := os.CreateTemp("", "gifty-*.csv")
	if err != nil {
		return "", "", nil, err
	}
	forget = func() { _ = os.Remove(file.Name()) } // what stays behind is in the folder that is emptied
	in, release := interruptible(ctx, os.Stdin)
	defer release()
	_, err = io.Copy(file, in)
	if err = errors.Join(err, file.Close()); err != nil {
		forget()
		return "", "", nil, err
	}
	return file.Name(), "standard input", forget, nil
}

// pass is a file as it is read once.
type pass struct {
	io.Reader
	close func() error
}

func (p pass) Close() error { return p.close() }

// openPass reads a file from its beginning, with a bar of its own, until ctx ends.
func openPass(ctx context.Context, w io.Writer, path, doing string) (io.ReadCloser, error) {
	file, err := os.Open(path)
	if why := (*fs.PathError)(nil); errors.As(err, &why) {
		return nil, domain.Invalid("csv_unreadable", "the file cannot be read: %v", why.Err)
	}
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || info.IsDir() {
		file.Close()
		return nil, errors.Join(err, domain.Invalid("csv_unreadable", "this is a folder; name a file in it"))
	}
	bar := newBar(w, feedSize(file), doing, progressbar.OptionShowBytes(true))
	raw, release := interruptible(ctx, bar.reading(file))
	shut := func() error {
		release()
		bar.end(w)
		return file.Close()
	}
	plain, err := uncompressed(raw)
	if err != nil {
		return nil, errors.Join(err, shut())
	}
	return pass{plain, shut}, nil
}
