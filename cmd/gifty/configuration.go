package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"sigs.k8s.io/yaml"

	"gifty/domain"
	"gifty/domain/configuration"
)

// configCommand is about settings, which are a process's own, and about modules, which all share.
type configCommand struct {
	Settings settingsCommand              `cmd:"" default:"withargs" help:"List this process's settings in force, and where each came from."`
	List     listConfigurationCommand     `cmd:"" help:"List the modules and the versions in force."`
	Show     showConfigurationCommand     `cmd:"" help:"Print a module as JSON."`
	Publish  publishConfigurationCommand  `cmd:"" help:"Publish a version of a module from a JSON or YAML file."`
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
	File     string `arg:"" help:"The whole module as JSON or YAML; - reads it from the input."`
	Note     string `help:"Why, for people."`
	Activate bool   `help:"Put it in force at once."`
	Base     *int   `placeholder:"N" help:"The newest version that this was written on (gifty config list has it): refused if somebody has published a later one."`
}

// Run publishes it.
func (cmd publishConfigurationCommand) Run(ctx context.Context, config Config, c console) error {
	text, err := readFile(cmd.File)
	if err != nil {
		return err
	}
	if !json.Valid(text) { // else it is published as it stands
		if text, err = yaml.YAMLToJSONStrict(text); err != nil {
			return domain.Invalid("configuration_malformed", "%s is neither JSON nor YAML", cmd.File).Because(err)
		}
	}
	return withConfiguration(ctx, config, c, func(ctx context.Context, commands configuration.Commands) error {
		out, err := commands.Publish(ctx, configuration.Publish{Module: cmd.Module, Activate: cmd.Activate, Base: cmd.Base, Revision: configuration.Revision{Config: text, Note: cmd.Note}})
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
