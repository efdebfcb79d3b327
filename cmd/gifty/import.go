package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/text/encoding/htmlindex"

	"gifty/domain"
	domaincatalogue "gifty/domain/catalogue"
	"gifty/domain/catalogue/demo"
	"gifty/domain/catalogue/feed"
	"gifty/projections/catalogue"
)

type importCommand struct {
	Files    []string `arg:"" optional:"" name:"file" help:"Feeds; - reads standard input."`
	Demo     bool     `help:"Import the demo catalogue that ships in the program."`
	Source   string   `default:"import" help:"Name of the feed; products of different sources never collide (${default})."`
	Format   string   `enum:"auto,jsonl,csv,tsv,rss,yml" default:"auto" help:"jsonl, csv, tsv, rss (Google Merchant) or yml (Yandex); auto looks (${default})."`
	Currency string   `default:"RUB" help:"Of prices that name none (${default})."`
	NoEmbed  bool     `help:"Leave the vectors to the server; until then the products are found by words alone."`
}

// Run imports the feeds and waits until their products can be found.
func (cmd importCommand) Run(ctx context.Context, config Config, c console) error {
	if len(cmd.Files) == 0 && !cmd.Demo {
		return domain.Invalid("nothing_to_import", "name a feed, or say --demo")
	}
	a, err := open(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	ctx = domain.WithPrincipal(ctx, domain.System)
	var total summary
	if cmd.Demo {
		if err := a.importDemo(ctx, &total); err != nil {
			return err
		}
	}
	for _, name := range cmd.Files {
		if err := cmd.file(ctx, a, c, name, &total); err != nil {
			total.print(c.out)
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	total.print(c.out)
	if cmd.NoEmbed {
		return nil
	}
	return a.embedAll(ctx, c.err)
}

func (cmd importCommand) file(ctx context.Context, a *app, c console, name string, total *summary) error {
	in, size, err := openFeed(name)
	if err != nil {
		return err
	}
	defer in.Close()
	bar := newBar(c.err, size, "importing "+name)
	counted := progressbar.NewReader(in, bar)
	plain, err := uncompressed(&counted)
	if err != nil {
		return err
	}
	format, err := cmd.format(name, plain)
	if err != nil {
		return err
	}
	err = a.importFeed(ctx, cmd.Source, feed.Read(plain, format, feed.Options{Currency: cmd.Currency, Charset: charset}), total)
	_ = bar.Finish() // a bar that can't be drawn is no failure
	fmt.Fprintln(c.err)
	return err
}

func openFeed(name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		return io.NopCloser(os.Stdin), -1, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// uncompressed unpacks gzip, known by its first bytes.
func uncompressed(r io.Reader) (*bufio.Reader, error) {
	plain := bufio.NewReaderSize(r, 64<<10)
	if head, _ := plain.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(plain)
		if err != nil {
			return nil, err
		}
		return bufio.NewReaderSize(z, 64<<10), nil
	}
	return plain, nil
}

func (cmd importCommand) format(name string, r *bufio.Reader) (feed.Format, error) {
	if cmd.Format != "auto" {
		return feed.ParseFormat(cmd.Format)
	}
	head, _ := r.Peek(4096) // a short file is no error
	format, ok := feed.Detect(strings.TrimSuffix(name, ".gz"), head)
	if !ok {
		return "", domain.Invalid("format_unknown", "this looks like none of the feeds known; say --format jsonl, csv, tsv, rss or yml")
	}
	return format, nil
}

// charset reads the encodings that feeds declare.
func charset(label string, r io.Reader) (io.Reader, error) {
	e, err := htmlindex.Get(label)
	if err != nil {
		return nil, fmt.Errorf("encoding %q is not known", label)
	}
	return e.NewDecoder().Reader(r), nil
}

// summary is what became of a feed.
type summary struct {
	domaincatalogue.Imported
	Refused  int
	Reasons  []string // the first of them
	Position domain.Position
}

const shownReasons = 20

func (s *summary) refuse(line int, err error) {
	s.Refused++
	if len(s.Reasons) < shownReasons {
		s.Reasons = append(s.Reasons, fmt.Sprintf("line %d: %v", line, err))
	}
}

func (s *summary) print(w io.Writer) {
	fmt.Fprintf(w, "%d new, %d changed, %d unchanged, %d refused\n", s.New, s.Changed, s.Unchanged, s.Refused)
	for _, reason := range s.Reasons {
		fmt.Fprintln(w, " ", reason)
	}
	if more := s.Refused - len(s.Reasons); more > 0 {
		fmt.Fprintf(w, "  and %d more\n", more)
	}
}

// importChunk is how many products one command takes.
const importChunk = 500

// importFeed stores a feed's items in chunks. Each chunk is a command of its own: what was stored
// before an error stays, and importing again goes on from there.
func (a *app) importFeed(ctx context.Context, source string, lines func(func(feed.Line, error) bool), total *summary) error {
	chunk := make([]domaincatalogue.Item, 0, importChunk)
	flush := func() error {
		if len(chunk) == 0 {
			return nil
		}
		out, err := a.catalogue.Import(ctx, domaincatalogue.ImportProducts{Source: source, Items: chunk})
		if err != nil {
			return err
		}
		total.Imported, total.Position = total.Add(out.Result), max(total.Position, out.Position)
		chunk = chunk[:0]
		return nil
	}
	for line, err := range lines {
		if err != nil { // the feed can't be read on
			if flushed := flush(); flushed != nil {
				return flushed
			}
			return err
		}
		if line.Refused != nil {
			total.refuse(line.Number, line.Refused)
			continue
		}
		if chunk = append(chunk, line.Item); len(chunk) == importChunk {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// importDemo stores the demo catalogue.
func (a *app) importDemo(ctx context.Context, total *summary) error {
	return a.importFeed(ctx, "demo", func(yield func(feed.Line, error) bool) {
		n := 0
		for item, err := range demo.Items() {
			n++
			if !yield(feed.Line{Number: n, Item: item}, err) {
				return
			}
		}
	}, total)
}

// demoWhenEmpty gives a newcomer something to find: with nothing in the catalogue, the demo.
func (a *app) demoWhenEmpty(ctx context.Context) error {
	head, err := a.store.Head(ctx)
	if err != nil || head > 0 {
		return err
	}
	a.logger.Info("the catalogue is empty; importing the demo catalogue")
	return a.importDemo(domain.WithPrincipal(ctx, domain.System), &summary{})
}

// embedAll returns when every product has its vector, drawing a bar. The work may be this
// process's or that of a server which holds the lock.
func (a *app) embedAll(ctx context.Context, w io.Writer) error {
	working, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.embedForEver(working)
	}()
	defer func() {
		stop()
		<-ended
	}()
	if err := a.engine.CatchUp(ctx); err != nil {
		return err
	}
	missing, err := a.unembedded(ctx)
	if err != nil || missing == 0 {
		return err
	}
	bar := newBar(w, int64(missing), "making vectors")
	defer fmt.Fprintln(w)
	for {
		if !sleep(ctx, embeddingPause) {
			return ctx.Err()
		}
		left, err := a.unembedded(ctx)
		if err != nil {
			return err
		}
		_ = bar.Set64(int64(missing - left)) // a bar that can't be drawn is no failure
		if left > 0 {
			continue
		}
		if err := a.engine.CatchUp(ctx); err != nil {
			return err
		}
		return catalogue.Analyze(ctx, a.pool)
	}
}

// unembedded counts the products that lack a vector and can have one: a title such as "!!!" can't.
func (a *app) unembedded(ctx context.Context) (int, error) {
	left, err := catalogue.CountMissing(ctx, a.pool, a.embedder.Model())
	if err != nil || left > embeddingBatch {
		return left, err
	}
	rest, err := catalogue.Missing(ctx, a.pool, a.embedder.Model(), "", embeddingBatch)
	rest = slices.DeleteFunc(rest, func(p catalogue.Unembedded) bool { return !domaincatalogue.HasWords(p.ContentText) })
	return len(rest), err
}

// newBar draws progress on a terminal and nothing elsewhere. Without a known total it counts.
func newBar(w io.Writer, total int64, doing string) *progressbar.ProgressBar {
	f, ok := w.(*os.File)
	visible := ok && isTerminal(f)
	options := []progressbar.Option{
		progressbar.OptionSetWriter(w), progressbar.OptionSetVisibility(visible), progressbar.OptionSetDescription(doing),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionThrottle(barPause), progressbar.OptionSetWidth(30),
	}
	if strings.HasPrefix(doing, "importing") {
		options = append(options, progressbar.OptionShowBytes(true))
	}
	return progressbar.NewOptions64(total, options...)
}

const barPause = embeddingPause / 2
