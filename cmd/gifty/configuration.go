package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"gifty/domain"
	"gifty/domain/configuration"
	"gifty/domain/discovery"
	"gifty/domain/discovery/builtin"
	"gifty/domain/discovery/llm"
)

// modules are what there is to configure in the database. What configures a process is in Config.
func modules() ([]configuration.Module, error) {
	lists, err := builtin.ShippedLists()
	if err != nil {
		return nil, err
	}
	prompts, err := json.Marshal(llm.DefaultPrompts())
	return []configuration.Module{
		{
			Name: discovery.RulesModule, Doc: "Figures that dialogues go by, ways out of dead ends, questions of last resort.",
			Shipped: discovery.ShippedRules(),
			Check: func(config []byte, template string) error {
				return checked(template, func() error { _, err := discovery.ParseRules(config); return err })
			},
		},
		{
			Name: builtin.ListsModule, Doc: "Topics that are too wide and their parts, topics by age, wordings of hints and questions.",
			Shipped: lists,
			Check: func(config []byte, template string) error {
				return checked(template, func() error { _, err := builtin.ParseLists(config); return err })
			},
		},
		{
			Name: "prompts", Doc: "What language models are told: texts, sizes, limits and temperatures of each kind of question.",
			Shipped: prompts,
			Check: func(config []byte, template string) error {
				return checked(template, func() error { _, err := parsePrompts(config, ""); return err })
			},
		},
	}, err
}

// parsePrompts reads prompts, and refuses those that could not be used.
func parsePrompts(config []byte, _ string) (p llm.Prompts, err error) {
	d := json.NewDecoder(bytes.NewReader(config))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, domain.Invalid("prompts_malformed", "these are no prompts: %s", err)
	}
	return p, p.Validate()
}

// promptsOf are the prompts in force.
func promptsOf(c configuration.Commands) func(context.Context) (llm.Prompts, error) {
	parsed := configuration.NewParsed(c, "prompts", parsePrompts)
	return func(ctx context.Context) (llm.Prompts, error) {
		p, _, err := parsed.Current(ctx)
		return p, err
	}
}

// checked refuses a prompt template for a module that has none.
func checked(template string, check func() error) error {
	if template != "" {
		return domain.Invalid("prompt_template_unused", "this module has no prompt template")
	}
	return check()
}

// configured tells dialogues the rules in force.
type configured struct {
	rules *configuration.Parsed[discovery.Rules]
}

// Rules reads them.
func (c configured) Rules(ctx context.Context) (discovery.Rules, map[string]int, error) {
	rules, version, err := c.rules.Current(ctx)
	return rules, map[string]int{discovery.RulesModule: version}, err
}

func newConfigured(c configuration.Commands) configured {
	return configured{configuration.NewParsed(c, discovery.RulesModule, func(config []byte, _ string) (discovery.Rules, error) { return discovery.ParseRules(config) })}
}

func listsOf(c configuration.Commands) func(context.Context) (builtin.Lists, int, error) {
	return configuration.NewParsed(c, builtin.ListsModule, func(config []byte, _ string) (builtin.Lists, error) { return builtin.ParseLists(config) }).Current
}

type configurationCommand struct {
	List     listConfigurationCommand     `cmd:"" default:"1" help:"List the modules and the versions in force."`
	Show     showConfigurationCommand     `cmd:"" help:"Print a module as JSON."`
	Publish  publishConfigurationCommand  `cmd:"" help:"Publish a version of a module from a JSON file."`
	Activate activateConfigurationCommand `cmd:"" help:"Put a version of a module in force; 0 is what the product comes with."`
	RollBack rollBackConfigurationCommand `cmd:"" name:"roll-back" help:"Put the version in force that was before."`
	Diff     diffConfigurationCommand     `cmd:"" help:"Print where two versions of a module differ."`
}

// withConfiguration runs do with the commands on the log.
func withConfiguration(ctx context.Context, config Config, c console, do func(context.Context, configuration.Commands) error) error {
	a, err := openLog(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	all, err := modules()
	if err != nil {
		return err
	}
	return do(domain.WithPrincipal(ctx, domain.System), configuration.Commands{Log: a.store, Modules: all})
}

type listConfigurationCommand struct{}

// Run lists the modules.
func (listConfigurationCommand) Run(ctx context.Context, config Config, c console) error {
	return withConfiguration(ctx, config, c, func(ctx context.Context, commands configuration.Commands) error {
		w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "MODULE\tIN FORCE\tNEWEST\tWHAT")
		for _, m := range commands.Modules {
			_, conf, err := commands.Load(ctx, m.Name)
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", m.Name, conf.Active, len(conf.Published), m.Doc)
		}
		return w.Flush()
	})
}

type showConfigurationCommand struct {
	Module  string `arg:"" help:"The module."`
	Version *int   `help:"A version; 0 is what the product comes with; the one in force when absent."`
}

// Run prints the module.
func (cmd showConfigurationCommand) Run(ctx context.Context, config Config, c console) error {
	return withConfiguration(ctx, config, c, func(ctx context.Context, commands configuration.Commands) error {
		m, conf, err := commands.Load(ctx, cmd.Module)
		if err != nil {
			return err
		}
		version := conf.Active
		if cmd.Version != nil {
			version = *cmd.Version
		}
		r, err := conf.Revision(m, version)
		if err != nil {
			return err
		}
		return printJSON(c.out, r.Config)
	})
}

type publishConfigurationCommand struct {
	Module   string `arg:"" help:"The module."`
	File     string `arg:"" help:"The whole module as JSON; - reads it from the input."`
	Note     string `help:"Why, for people."`
	Activate bool   `help:"Put it in force at once."`
}

// Run publishes it.
func (cmd publishConfigurationCommand) Run(ctx context.Context, config Config, c console) error {
	read := func() ([]byte, error) { return os.ReadFile(cmd.File) }
	if cmd.File == "-" {
		read = func() ([]byte, error) { return io.ReadAll(os.Stdin) }
	}
	text, err := read()
	if err != nil {
		return err
	}
	if !json.Valid(text) {
		return domain.Invalid("configuration_malformed", "%s is not JSON", cmd.File)
	}
	return withConfiguration(ctx, config, c, func(ctx context.Context, commands configuration.Commands) error {
		out, err := commands.Publish(ctx, configuration.Publish{Module: cmd.Module, Activate: cmd.Activate, Revision: configuration.Revision{Config: text, Note: cmd.Note}})
		return toldConfiguration(c.out, out, err)
	})
}

type activateConfigurationCommand struct {
	Module  string `arg:"" help:"The module."`
	Version int    `arg:"" help:"The version."`
}

// Run puts it in force.
func (cmd activateConfigurationCommand) Run(ctx context.Context, config Config, c console) error {
	return withConfiguration(ctx, config, c, func(ctx context.Context, commands configuration.Commands) error {
		out, err := commands.Activate(ctx, configuration.Activate{Module: cmd.Module, Version: cmd.Version})
		return toldConfiguration(c.out, out, err)
	})
}

type rollBackConfigurationCommand struct {
	Module string `arg:"" help:"The module."`
}

// Run goes back.
func (cmd rollBackConfigurationCommand) Run(ctx context.Context, config Config, c console) error {
	return withConfiguration(ctx, config, c, func(ctx context.Context, commands configuration.Commands) error {
		out, err := commands.RollBack(ctx, configuration.RollBack{Module: cmd.Module})
		return toldConfiguration(c.out, out, err)
	})
}

func toldConfiguration(w io.Writer, out domain.Outcome[configuration.Reached], err error) error {
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "version %d of %s; in force is %d\n", out.Result.Version, out.Result.Module, out.Result.Active)
	return nil
}

type diffConfigurationCommand struct {
	Module string `arg:"" help:"The module."`
	From   int    `arg:"" help:"A version; 0 is what the product comes with."`
	To     int    `arg:"" help:"Another."`
}

// Run prints a line a difference.
func (cmd diffConfigurationCommand) Run(ctx context.Context, config Config, c console) error {
	return withConfiguration(ctx, config, c, func(ctx context.Context, commands configuration.Commands) error {
		m, conf, err := commands.Load(ctx, cmd.Module)
		if err != nil {
			return err
		}
		from, err := conf.Revision(m, cmd.From)
		if err != nil {
			return err
		}
		to, err := conf.Revision(m, cmd.To)
		if err != nil {
			return err
		}
		differences, err := configuration.Diff(from, to)
		for _, d := range differences {
			fmt.Fprintf(c.out, "%s: %v -> %v\n", d.Path, d.From, d.To)
		}
		return err
	})
}
