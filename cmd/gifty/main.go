// Command gifty is the whole product: the server, and the tools around its log.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"gifty/domain"
)

// version is set by the linker for releases.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { // a second Ctrl-C ends at once
		<-ctx.Done()
		stop()
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// commands is the command line: settings shared by all, and a sub-command each.
type commands struct {
	Config

	Serve       serveCommand       `cmd:"" help:"Serve the API until Ctrl-C."`
	Recommend   recommendCommand   `cmd:"" help:"Print gift ideas with products, for a quiz file or for a person described by flags."`
	Search      searchCommand      `cmd:"" help:"Search the catalogue, by meaning and by words."`
	Import      importCommand      `cmd:"" help:"Import a product feed: JSONL, CSV, Google Merchant (RSS, TSV) or Yandex YML; .gz too."`
	Projections projectionsCommand `cmd:"" help:"List the read tables: version, position, lag, state."`
	Migrate     migrateCommand     `cmd:"" help:"Change the schema of what is durable: up, down, version, force."`
	Settings    settingsCommand    `cmd:"" name:"config" help:"List the settings in force and where each came from."`
	Openapi     openapiCommand     `cmd:"" help:"Print the API's OpenAPI 3.1 document."`
	Version     versionCommand     `cmd:"" help:"Print the program's version."`
}

// console is where a command prints and how it was called.
type console struct {
	out, err io.Writer
	parsed   *kong.Context
}

const about = `Gifty proposes gifts: describe a person, get ideas with real products, and every step is an event
in one log that can be explained and replayed.

Without a database URL each command uses the folder's own Postgres in .gifty/, starting it if need be.`

// run is main without the process: it returns the exit code. 0: done, 1: failed, 2: called wrongly.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	var cli commands
	exited := -1
	parser, err := kong.New(&cli, kong.Name("gifty"), kong.Description(about), kong.Writers(out, errOut),
		kong.Exit(func(code int) { exited = code }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.DefaultEnvars("GIFTY"))
	if err != nil {
		fmt.Fprintln(errOut, "gifty:", err)
		return 1
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 { // --help has printed
		return exited
	}
	if err != nil {
		fmt.Fprintf(errOut, "gifty: %v\nRun `gifty --help` for what there is.\n", err)
		return 2
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(cli.Config, console{out: out, err: errOut, parsed: parsed})
	if err == nil || errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return 0
	}
	report(errOut, err)
	return 1
}

// report prints an error for a person: what to do, then which inputs are to blame, then the cause.
func report(w io.Writer, err error) {
	var known *domain.Error
	if !errors.As(err, &known) {
		fmt.Fprintln(w, "gifty:", err)
		return
	}
	fmt.Fprintln(w, "gifty:", known.Message)
	for _, f := range known.Fields {
		fmt.Fprintln(w, " ", strings.TrimLeft(f.Path+" ", " ")+f.Message)
	}
	if cause := known.Unwrap(); cause != nil {
		fmt.Fprintln(w, "  cause:", cause)
	}
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(c console) error {
	_, err := fmt.Fprintln(c.out, "gifty", version)
	return err
}
