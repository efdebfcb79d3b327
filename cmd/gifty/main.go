// Command gifty is the whole product: the server, and the tools around its log.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"gifty/domain"
	"gifty/projections"
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
	Config `embed:"" group:"settings"`

	Serve       serveCommand       `cmd:"" help:"Serve the API until Ctrl-C."`
	Recommend   recommendCommand   `cmd:"" help:"Print gift ideas with products, for a quiz file or for a person described by flags."`
	Search      searchCommand      `cmd:"" help:"Search the catalogue, by meaning and by words."`
	Explain     explainCommand     `cmd:"" help:"Say why a recommended page was as it was: features, weights, the events behind, and what was left out."`
	Evaluate    evaluateCommand    `cmd:"" help:"Say from logged choices what another policy would have earned, or why it cannot be told."`
	Simulate    simulateCommand    `cmd:"" help:"Let made-up givers with known preferences go through pages and react, and say what came of it."`
	Import      importCommand      `cmd:"" help:"Import a product feed: JSONL, CSV, Google Merchant (RSS, TSV) or Yandex YML; .gz too."`
	Vectors     vectorsCommand     `cmd:"" help:"The vectors that searches by meaning compare, of each embedding model: list, make, retire."`
	Events      eventsCommand      `cmd:"" help:"Show the log: filter, follow, export."`
	Funnel      funnelCommand      `cmd:"" help:"Replay the log through funnels: how far givers, sessions, ideas or gifts get through steps."`
	Kpis        kpisCommand        `cmd:"" name:"kpis" help:"Replay the log for the key figures of a day: active givers, completion, clicks, likes, coverage, health, trends."`
	Gaps        gapsCommand        `cmd:"" help:"What the catalogue lacks: ideas and searches that nothing comes near to, clustered by meaning."`
	Audit       auditCommand       `cmd:"" help:"How the ideas of each model and prompt version fare, and what language models were asked."`
	Projections projectionsCommand `cmd:"" help:"The read tables: list, rollback, prune."`
	Rebuild     rebuildCommand     `cmd:"" help:"Build read tables anew from the log, beside those that serve, and switch."`
	AsOf        asOfCommand        `cmd:"" name:"as-of" help:"Build read tables as they were at a log position or a moment, in a schema of their own."`
	Jobs        jobsCommand        `cmd:"" help:"The jobs over the whole log: list, stop, follow."`
	Reactions   reactionsCommand   `cmd:"" help:"What follows from events by itself, such as the ideas that a dialogue waits for: list, replay what was given up."`
	Token       tokenCommand       `cmd:"" help:"Tokens of programs: create, list, rotate, revoke."`
	Account     accountCommand     `cmd:"" help:"People with an account: who may do what besides being a giver; grant, revoke."`
	Verify      verifyCommand      `cmd:"" help:"Prove that the log has no gap and the read tables are its fold."`
	Erase       eraseCommand       `cmd:"" help:"Have somebody forgotten: destroy the key to all that was told of them."`
	Export      exportCommand      `cmd:"" help:"Print all that is known of somebody as JSON: events, rows, replies."`
	Keys        keysCommand        `cmd:"" help:"The key that personal data is sealed with: new, list, rotate, retire."`
	Migrate     migrateCommand     `cmd:"" help:"Change the schema of what is durable: up, down, version, force."`
	URL         urlCommand         `cmd:"" name:"url" help:"Print the database's connection string, for psql and pg_dump while the server runs."`
	Settings    configCommand      `cmd:"" name:"config" help:"Settings of this process in force (flags, environment), and the product's rules, texts and lists, kept as versions in the log: list, show, publish, activate, roll back, diff."`
	Openapi     openapiCommand     `cmd:"" help:"Print the API's OpenAPI 3.1 document."`
	Version     versionCommand     `cmd:"" help:"Print the program's version."`
}

// console is where a command prints and how it was called.
type console struct {
	out, err io.Writer
	parsed   *kong.Context
}

// printer is where a command prints. It remembers what could not be written, so that prints of many lines need
// not look at each, and an answer that is cut short by a full disk is no success.
type printer struct {
	io.Writer
	mutex sync.Mutex
	err   error
}

func (p *printer) Write(b []byte) (int, error) {
	n, err := p.Writer.Write(b)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.err = cmp.Or(p.err, err)
	return n, err
}

func (p *printer) failed() error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.err
}

// fileOf is the file that is printed to, if it is one.
func fileOf(w io.Writer) (f *os.File, ok bool) {
	if p, printed := w.(*printer); printed {
		w = p.Writer
	}
	f, ok = w.(*os.File)
	return f, ok
}

const about = `Gifty proposes gifts: describe a person, get ideas with real products, and every step is an event
in one log that can be explained and replayed.

Without a database URL each command uses the folder's own Postgres in .gifty/, starting it if need be.`

// run is main without the process: it returns the exit code. 0: done, 1: failed, 2: called wrongly.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	var cli commands
	exited := -1
	parser, err := kong.New(&cli, kong.Name("gifty"), kong.Description(about), kong.Writers(out, errOut),
		kong.TypeMapper(reflect.TypeFor[time.Time](), kong.MapperFunc(decodeMoment)), kong.Exit(func(code int) { exited = code }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.ExplicitGroups([]kong.Group{{Key: "settings", Title: "Settings of every command (`gifty config` lists what is in force):"}}))
	if err != nil {
		fmt.Fprintln(errOut, "gifty:", err)
		return 1
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(joinNegatives(args))
	if exited >= 0 { // --help has printed
		return exited
	}
	if err != nil {
		misused(errOut, err)
		return 2
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	printed := &printer{Writer: out}
	err = parsed.Run(cli.Config, console{out: printed, err: errOut, parsed: parsed})
	if err == nil {
		err = printed.failed()
	}
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil && isCutShort(err):
		err = errStopped
	}
	report(errOut, err)
	return 1
}

// joinNegatives makes --age -1 one argument: by itself, -1 would be taken for a flag, and the error be
// about that.
func joinNegatives(args []string) []string {
	var joined []string
	for _, arg := range args {
		last := len(joined) - 1
		negative := len(arg) > 1 && arg[0] == '-' && '0' <= arg[1] && arg[1] <= '9'
		if negative && last >= 0 && strings.HasPrefix(joined[last], "--") && !strings.Contains(joined[last], "=") {
			joined[last] += "=" + arg
			continue
		}
		joined = append(joined, arg)
	}
	return joined
}

// errStopped is a command that was told to stop before it was done.
var errStopped = errors.New("stopped before the end")

// isCutShort tells an error that only says that the time was up.
func isCutShort(err error) bool {
	var known *domain.Error
	if errors.Is(err, projections.ErrKept) {
		return false
	}
	return errors.Is(err, context.Canceled) || errors.As(err, &known) && known.Kind == domain.KindUnavailable
}

// misused tells how the program is called.
func misused(w io.Writer, err error) {
	help := "gifty --help"
	var wrong *kong.ParseError
	if errors.As(err, &wrong) && wrong.Context.Selected() != nil {
		help = wrong.Context.Selected().FullPath() + " --help"
	}
	var known *domain.Error
	if errors.As(err, &known) {
		err = known // without the command's path before it
	}
	report(w, err)
	fmt.Fprintf(w, "Run `%s` for what there is.\n", help)
}

// report prints an error for a person: what to do, then which inputs are to blame, then the cause.
func report(w io.Writer, err error) {
	var known *domain.Error
	if !errors.As(err, &known) {
		fmt.Fprintln(w, "gifty:", plain(err.Error()))
		return
	}
	told := strings.TrimSuffix(err.Error(), known.Error()) + known.Message // with what it was wrapped in
	for _, f := range known.Fields {
		told += "\n  " + strings.TrimLeft(f.Path+" ", " ") + f.Message
	}
	if cause := known.Unwrap(); cause != nil && !strings.Contains(told, cause.Error()) {
		told += "\n  cause: " + cause.Error()
	}
	fmt.Fprintln(w, "gifty:", told)
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(c console) error {
	_, err := fmt.Fprintln(c.out, "gifty", version)
	return err
}
