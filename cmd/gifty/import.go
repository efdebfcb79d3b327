package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/schollz/progressbar/v3"

	"gifty/domain"
	domaincatalogue "gifty/domain/catalogue"
	"gifty/domain/catalogue/feed"
)

type importCommand struct {
	Files    []string `arg:"" optional:"" name:"file" help:"Feeds; - reads standard input."`
	Demo     bool     `help:"Import the demo catalogue that ships in the program."`
	Source   string   `default:"import" help:"Name of the feed; products of different sources never collide."`
	Format   string   `enum:"auto,jsonl,csv,tsv,rss,yml" default:"auto" help:"jsonl, csv, tsv, rss (Google Merchant) or yml (Yandex); auto looks."`
	Currency string   `default:"RUB" placeholder:"CODE" help:"Of prices that name none (${default})."`
	NoEmbed  bool     `help:"Leave the vectors to the server; until then the products are found by words alone."`
}

var currencyCode = regexp.MustCompile(`^[A-Za-z]{3}$`)

// Validate refuses what can't be imported as it is called.
func (cmd importCommand) Validate() error {
	switch {
	case len(cmd.Files) == 0 && !cmd.Demo:
		return domain.Invalid("nothing_to_import", "name a feed, - for standard input, or say --demo")
	case cmd.Source == "" || len(cmd.Source) > 100:
		return domain.Invalid("source_invalid", "--source must be a name of at most 100 bytes")
	case !currencyCode.MatchString(cmd.Currency):
		return domain.Invalid("currency_invalid", "--currency must be a three-letter ISO 4217 code such as RUB or EUR")
	}
	return nil
}

// Run imports the feeds and waits until their products can be found.
func (cmd importCommand) Run(ctx context.Context, config Config, c console) error {
	feeds, err := openFeeds(cmd.Files)
	if err != nil {
		return err
	}
	defer closeFeeds(feeds)
	start := open
	if cmd.NoEmbed {
		start = openLog
	}
	a, err := start(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	total := &summary{}
	err = cmd.importAll(domain.WithPrincipal(ctx, domain.System), a, c, feeds, total)
	if err == nil || total.Position > 0 || total.Refused > 0 {
		total.print(c.out)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("%w; what was counted is stored, and importing the same again goes on from there", errStopped)
	case err != nil:
		return err
	case total.Refused > 0 && total.Position == 0:
		return domain.Invalid("nothing_imported", "nothing was imported: no record is a product")
	case cmd.NoEmbed:
		return nil
	}
	return a.embedAll(ctx, c.err)
}

func (cmd importCommand) importAll(ctx context.Context, a *app, c console, feeds []*os.File, total *summary) error {
	if cmd.Demo {
		if err := a.importDemo(ctx, total); err != nil {
			return err
		}
	}
	for i, file := range feeds {
		if err := cmd.file(ctx, a, c, cmd.Files[i], file, total); err != nil {
			return fmt.Errorf("%s: %w", file.Name(), err)
		}
	}
	return nil
}

func (cmd importCommand) file(ctx context.Context, a *app, c console, name string, file *os.File, total *summary) error {
	shown := filepath.Base(name)
	if name == "-" {
		shown = "standard input"
	}
	bar := newBar(c.err, feedSize(file), "importing "+shown, progressbar.OptionShowBytes(true))
	defer bar.end(c.err)
	raw, release := interruptible(ctx, bar.reading(file))
	defer release()
	plain, err := uncompressed(raw)
	if err != nil {
		return err
	}
	format, err := formatOf(cmd.Format, name, plain)
	if err != nil {
		return err
	}
	options := feed.Options{Currency: strings.ToUpper(cmd.Currency), Charset: charset}
	return a.importFeed(ctx, cmd.Source, feed.Read(plain, format, options), total)
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

// chunkItems is how many products one command takes.
const chunkItems = 500

// importFeed stores a feed's items in chunks. Each chunk is a command of its own: what was stored
// before an error stays, and importing again goes on from there.
func (a *app) importFeed(ctx context.Context, source string, lines func(func(feed.Line, error) bool), total *summary) error {
	chunk := make([]domaincatalogue.Item, 0, chunkItems)
	flush := func() error {
		if ctx.Err() != nil || len(chunk) == 0 {
			return ctx.Err()
		}
		err := a.importChunk(ctx, domaincatalogue.ImportProducts{Source: source, Items: chunk}, total)
		chunk = chunk[:0]
		return err
	}
	for line, err := range lines {
		switch {
		case err != nil: // the feed can't be read on
			return errors.Join(flush(), err)
		case line.Refused != nil:
			total.refuse(line.Number, line.Refused)
			continue
		}
		if chunk = append(chunk, line.Item); len(chunk) == chunkItems {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// chunkTime bounds one try to store a chunk.
const chunkTime = 30 * time.Second

// importChunk stores a chunk, which is finished also when ctx ends meanwhile. Tries share a command
// id: one whose outcome was lost is not counted as done by somebody else.
func (a *app) importChunk(ctx context.Context, cmd domaincatalogue.ImportProducts, total *summary) error {
	ctx, release := graceful(domain.WithCommand(ctx, uuid.Must(uuid.NewV7())))
	defer release()
	err := a.patiently(ctx, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, chunkTime)
		defer cancel()
		out, err := a.catalogue.Import(ctx, cmd)
		if err == nil {
			total.Imported, total.Position = total.Add(out.Result), max(total.Position, out.Position)
		}
		return err
	})
	var known *domain.Error
	if errors.As(err, &known) && known.Kind == domain.KindUnavailable {
		return errIncomplete.Because(err)
	}
	return err
}

var errIncomplete = domain.Unavailable("import_incomplete", "the database does not answer; what was counted is stored, and importing the same again goes on from there")
