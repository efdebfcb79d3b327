package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/google/uuid"
	"github.com/schollz/progressbar/v3"

	"gifty/domain"
	domaincatalogue "gifty/domain/catalogue"
	"gifty/domain/catalogue/feed"
)

type importCommand struct {
	Files    []string `arg:"" optional:"" name:"file" help:"Feeds; - reads standard input."`
	Demo     bool     `help:"Import the demo catalogue that ships in the program."`
	Source   *string  `placeholder:"NAME" help:"Whose products these are: those of different sources never collide, the same source again updates its own. Without it each file's name, less its extension; standard input needs it, and so does a file whose name changes from day to day."`
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
	case cmd.Source != nil && domaincatalogue.CheckSource(*cmd.Source) != nil:
		return domain.Invalid("source_invalid", "--source must be a name of at most 100 bytes without colons")
	case !currencyCode.MatchString(cmd.Currency):
		return domain.Invalid("currency_invalid", "--currency must be a three-letter ISO 4217 code such as RUB or EUR")
	}
	return cmd.checkNames()
}

// checkNames refuses files whose names don't tell their sources.
func (cmd importCommand) checkNames() error {
	if cmd.Source != nil {
		return nil
	}
	files := map[string]string{}
	for _, file := range cmd.Files {
		source := cmd.sourceOf(file)
		switch other, taken := files[source]; {
		case file == "-":
			return domain.Invalid("source_missing", "name the source of what comes from standard input: --source my-shop")
		case domaincatalogue.CheckSource(source) != nil:
			return domain.Invalid("source_invalid", "the file's name %q cannot name its source; say --source my-shop", filepath.Base(file))
		case taken:
			return domain.Invalid("source_ambiguous", "%s and %s would both be the source %q, and overwrite each other; import each by itself with its own --source", other, file, source)
		}
		files[source] = file
	}
	return nil
}

// sourceOf is the source of a feed: the one named, else the file's name without its extension.
func (cmd importCommand) sourceOf(file string) string {
	if cmd.Source != nil {
		return *cmd.Source
	}
	name := strings.TrimSuffix(filepath.Base(file), ".gz")
	return cmp.Or(strings.TrimSuffix(name, filepath.Ext(name)), name)
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
	imported, err := cmd.importAll(domain.WithPrincipal(ctx, domain.System), a, c, feeds)
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("%w; what was counted is stored, and importing the same again goes on from there", errStopped)
	case err != nil:
		return err
	case !imported:
		return domain.Invalid("nothing_imported", "nothing was imported: no record is a product")
	case cmd.NoEmbed:
		return nil
	}
	return a.embedAll(ctx, c.err)
}

// importAll prints a summary of each feed. imported is false when all had records and none a product.
func (cmd importCommand) importAll(ctx context.Context, a *app, c console, feeds []*os.File) (imported bool, err error) {
	refused := 0
	tell := func(source string, s feed.Summary, err error) {
		imported, refused = imported || s.Position > 0, refused+s.Refused.Count
		if err == nil || s.Position > 0 || s.Refused.Count > 0 {
			printSummary(c.out, source, s)
		}
	}
	if cmd.Demo {
		summary, err := a.importDemo(ctx)
		if tell(demoSource, summary, err); err != nil {
			return imported, err
		}
	}
	importers := map[string]*feed.Importer{}
	for i, file := range feeds {
		source := cmd.sourceOf(cmd.Files[i])
		if importers[source] == nil {
			importers[source] = a.importer(source)
		}
		summary, err := cmd.file(ctx, importers[source], c, cmd.Files[i], file)
		if tell(source, summary, err); err != nil {
			return imported, fmt.Errorf("%s: %w", file.Name(), err)
		}
	}
	return imported || refused == 0, nil
}

func (cmd importCommand) file(ctx context.Context, importer *feed.Importer, c console, name string, file *os.File) (none feed.Summary, err error) {
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
		return none, err
	}
	format, err := formatOf(cmd.Format, name, plain)
	if err != nil {
		return none, err
	}
	options := feed.Options{Currency: strings.ToUpper(cmd.Currency), Charset: charset}
	return importer.Import(newCommand(ctx), feed.Read(plain, format, options))
}

const shownReasons = 20

func printSummary(w io.Writer, source string, s feed.Summary) {
	fmt.Fprintf(w, "source %s: %d new, %d changed, %d unchanged, %d refused, %s\n", source, s.New, s.Changed, s.Unchanged, s.Refused.Count, counted(s.Duplicates.Count, "duplicate"))
	for _, left := range []feed.Left{s.Refused, s.Duplicates} {
		shown := left.First[:min(len(left.First), shownReasons)]
		for _, l := range shown {
			fmt.Fprintf(w, "  line %d: %s\n", l.Line, l.Reason)
		}
		if more := left.Count - len(shown); more > 0 {
			fmt.Fprintf(w, "  and %d more\n", more)
		}
	}
}

// importer brings feeds of a source into the catalogue.
func (a *app) importer(source string) *feed.Importer {
	return &feed.Importer{Catalogue: a.catalogue, Source: source, Persist: a.persist}
}

// newCommand names an import, so that a step whose outcome was lost is not counted as done by
// somebody else when it is tried again.
func newCommand(ctx context.Context) context.Context {
	return domain.WithCommand(ctx, uuid.Must(uuid.NewV7()))
}

// persist runs a step of an import, which is finished also when ctx ends meanwhile.
func (a *app) persist(ctx context.Context, step func(context.Context) error) error {
	ctx, release := graceful(ctx)
	defer release()
	err := a.patiently(ctx, step)
	var known *domain.Error
	if errors.As(err, &known) && known.Kind == domain.KindUnavailable {
		return errIncomplete.Because(err)
	}
	return err
}

var errIncomplete = domain.Unavailable("import_incomplete", "the database does not answer; what was counted is stored, and importing the same again goes on from there")
