package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"gifty/domain"
	"gifty/projections/recommendation"
)

// Config is what every command needs. Each setting is a flag and an environment variable.
type Config struct {
	DatabaseURL string `env:"DATABASE_URL" placeholder:"URL" help:"Postgres to use, and only that one: postgres://user:password@host/gifty. Empty: the folder's own server."`
	Data        string `env:"GIFTY_DATA" default:".gifty" placeholder:"DIR" help:"Folder of the own server, the models and what else is kept (${default})."`
	Postgres    string `env:"GIFTY_POSTGRES" placeholder:"DIR" help:"Folder of Postgres's programs, when they are not found by themselves."`
	MaxConns    int32  `env:"GIFTY_MAX_CONNS" default:"16" help:"Connections for queries; appends and projectors have their own."`
	Projectors  int32  `name:"projector-conns" env:"GIFTY_PROJECTOR_CONNS" default:"0" help:"Connections that projectors share; 0: one for each read table, so that none waits for another."`
	Spill       string `env:"GIFTY_SPILL" placeholder:"DIR" help:"Folder for what rebuilding read tables can't hold in memory, and for what a stopped rebuild keeps; the data folder's rebuild/ when empty."`
	Migrations  string `env:"GIFTY_MIGRATIONS" enum:"auto,manual" default:"auto" help:"auto applies missing migrations at start; manual refuses to start without them."`

	Embedder        string `env:"GIFTY_EMBEDDER" enum:"auto,local,hash,openai,tei" default:"auto" help:"What makes vectors of words: the built-in model (local), hashing alone, or a service that speaks OpenAI's or TEI's protocol; auto is local where its weights are, else hash."`
	EmbedderURL     string `env:"GIFTY_EMBEDDER_URL" placeholder:"URL" help:"The embedding service's address."`
	EmbedderModel   string `env:"GIFTY_EMBEDDER_MODEL" placeholder:"NAME" help:"The service's model."`
	EmbedderVersion string `env:"GIFTY_EMBEDDER_VERSION" placeholder:"V" default:"1" help:"Raise it when the service changes the model behind the name (${default})."`
	EmbedderKey     string `env:"GIFTY_EMBEDDER_KEY" secret:"" placeholder:"KEY" help:"The service's key."`
	EmbedderDim     int    `env:"GIFTY_EMBEDDER_DIM" default:"1024" help:"Numbers in the service's vectors."`

	Policies string `env:"GIFTY_POLICIES" placeholder:"FILE" help:"Policies that rank pages of gifts, and an experiment among them, as JSON; the built-in policy when empty."`

	Models `embed:""`
	Access `embed:""`
	SignIn `embed:""`

	Privacy `embed:""`

	replays int    // questions of the log that are answered at once
	rebuild Effort // of the rebuilds that projectors begin by themselves

	LogLevel  slog.Level `env:"GIFTY_LOG_LEVEL" default:"INFO" help:"DEBUG, INFO, WARN or ERROR."`
	LogFormat string     `env:"GIFTY_LOG_FORMAT" enum:"text,json" default:"text" help:"text or json."`
}

// Validate refuses settings under which commands would wait for themselves.
func (c Config) Validate() error {
	if c.MaxConns < 2 {
		return domain.Invalid("max_conns_invalid", "--max-conns (GIFTY_MAX_CONNS) must be at least 2")
	}
	if c.Projectors < 0 {
		return domain.Invalid("projector_conns_invalid", "--projector-conns (GIFTY_PROJECTOR_CONNS) must be 0 or more")
	}
	_, err := c.ranking()
	return err
}

// ranking is by which policies pages are made.
func (c Config) ranking() (recommendation.Ranking, error) {
	if c.Policies == "" {
		return recommendation.DefaultRanking(), nil
	}
	data, err := readFile(c.Policies)
	if why := (*fs.PathError)(nil); errors.As(err, &why) {
		err = domain.Invalid("ranking_unreadable", "the file that --policies (GIFTY_POLICIES) names cannot be read: %v", why.Err)
	}
	if err != nil {
		return recommendation.Ranking{}, fmt.Errorf("%s: %w", c.Policies, err)
	}
	r, err := recommendation.ParseRanking(data)
	if err != nil {
		return r, fmt.Errorf("%s: %w", c.Policies, err)
	}
	return r, nil
}

func (c Config) logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// quietLogger is for commands that answer on the terminal: what a server tells of its comings and
// goings is noise there.
func (c Config) quietLogger(w io.Writer) *slog.Logger {
	if c.LogLevel == slog.LevelInfo {
		c.LogLevel = slog.LevelWarn
	}
	return c.logger(w)
}

func (c Config) path(elements ...string) string {
	return filepath.Join(append([]string{c.Data}, elements...)...)
}

type settingsCommand struct {
	// What serve would use is listed too, so its flags are understood here.
	Serving `embed:""`
}

// Run lists every setting, its value and its source. Secrets are not shown.
func (settingsCommand) Run(c console) error {
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SETTING\tVALUE\tFROM\tENVIRONMENT")
	for _, flag := range settings(c.parsed) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", flag.Name, shown(flag), source(c.parsed, flag), strings.Join(flag.Envs, " "))
	}
	return w.Flush()
}

func settings(parsed *kong.Context) (flags []*kong.Flag) {
	for _, f := range parsed.Flags() {
		if f.Name != "help" {
			flags = append(flags, f)
		}
	}
	return flags
}

// shown is a setting's value, without what must stay secret.
func shown(f *kong.Flag) string {
	if !f.Target.IsValid() || f.Target.IsZero() && slices.Contains([]reflect.Kind{reflect.String, reflect.Slice, reflect.Struct}, f.Target.Kind()) {
		return "-"
	}
	value := fmt.Sprint(f.Target.Interface())
	switch {
	case f.Tag.Has("secret"):
		return "(set)"
	case strings.HasSuffix(f.Name, "url"):
		return withoutPassword(value)
	}
	return value
}

// withoutPassword shows an address; one that can't be understood is not shown, as who knows what of
// it is secret.
func withoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" && u.RawQuery == "" {
		return "(set, but no URL)"
	}
	query := u.Query()
	for name := range query {
		if strings.Contains(name, "pass") || strings.Contains(name, "key") || strings.Contains(name, "token") {
			query.Set(name, "xxxxx")
		}
	}
	if u.RawQuery != "" {
		u.RawQuery = query.Encode()
	}
	return u.Redacted()
}

func source(parsed *kong.Context, f *kong.Flag) string {
	for _, p := range parsed.Path {
		if p.Flag == f && !p.Resolved {
			return "flag"
		}
	}
	for _, name := range f.Envs {
		if _, ok := os.LookupEnv(name); ok {
			return "environment"
		}
	}
	return "default"
}
