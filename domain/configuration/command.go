package configuration

import (
	"context"
	"slices"

	"gifty/domain"
)

// Commands are what an operator can do with the configuration.
type Commands struct {
	Log     domain.Log
	Modules []Module
}

// Reached is a command's answer.
type Reached struct {
	Module  string `json:"module"`
	Version int    `json:"version"` // published, or in force now
	Active  int    `json:"active"`  // in force now
}

// Publish adds a version to a module.
type Publish struct {
	Module   string   `json:"module"`
	Revision Revision `json:"revision"` // its Version is not heeded
	Activate bool     `json:"activate"` // put it in force at once
	// Base is the newest version that whoever wrote this knew of: when there is a later one by now, the command is
	// refused with configuration_moved instead of silently undoing it. Nil: whatever there is.
	Base *int `json:"base,omitempty"`
}

// Publish records the version, and that it is in force if that was asked.
func (c Commands) Publish(ctx context.Context, cmd Publish) (domain.Outcome[Reached], error) {
	if err := cmd.Revision.check(); err != nil { // what is no JSON could not even be told from another request
		return domain.Outcome[Reached]{}, err
	}
	return c.edit(ctx, "publish-configuration", cmd, cmd.Module, func(m Module, conf *Configuration) (int, error) {
		if newest := len(conf.Published); cmd.Base != nil && *cmd.Base != newest {
			return 0, domain.Conflict("configuration_moved", "the newest version of %s is %d, not %d: somebody has published meanwhile; compare them (`gifty config diff %[1]s %[3]d %[2]d`), take over what has changed, and publish with base %[2]d", m.Name, newest, *cmd.Base)
		}
		if err := conf.Publish(m, cmd.Revision); err != nil {
			return 0, err
		}
		version := len(conf.Published)
		if cmd.Activate {
			return version, conf.Activate(m, version)
		}
		return version, nil
	})
}

// Activate puts a version in force.
type Activate struct {
	Module  string `json:"module"`
	Version int    `json:"version"`
}

// Activate records it.
func (c Commands) Activate(ctx context.Context, cmd Activate) (domain.Outcome[Reached], error) {
	return c.edit(ctx, "activate-configuration", cmd, cmd.Module, func(m Module, conf *Configuration) (int, error) {
		return cmd.Version, conf.Activate(m, cmd.Version)
	})
}

// RollBack puts the version in force that was before.
type RollBack struct {
	Module string `json:"module"`
}

// RollBack records it.
func (c Commands) RollBack(ctx context.Context, cmd RollBack) (domain.Outcome[Reached], error) {
	return c.edit(ctx, "roll-back-configuration", cmd, cmd.Module, func(m Module, conf *Configuration) (int, error) {
		err := conf.RollBack(m)
		return conf.Active, err
	})
}

func (c Commands) edit(ctx context.Context, operation string, cmd any, module string, change func(Module, *Configuration) (int, error)) (domain.Outcome[Reached], error) {
	return domain.Execute(ctx, c.Log, operation, cmd, func(ctx context.Context) (d domain.Decision[Reached], err error) {
		if _, err := domain.RequirePrincipal(ctx); err != nil {
			return d, err
		}
		m, conf, err := c.Load(ctx, module)
		if err != nil {
			return d, err
		}
		version, err := change(m, conf)
		if err != nil {
			return d, err
		}
		return domain.Decision[Reached]{Result: Reached{module, version, conf.Active}, Writes: []domain.Write{conf.Write()}}, nil
	})
}

// Load returns a module and its versions as the log has them.
func (c Commands) Load(ctx context.Context, module string) (Module, *Configuration, error) {
	i := slices.IndexFunc(c.Modules, func(m Module) bool { return m.Name == module })
	if i < 0 {
		return Module{}, nil, ErrModuleNotFound
	}
	conf := &Configuration{}
	return c.Modules[i], conf, domain.LoadOne(ctx, c.Log, Stream(module), conf)
}

// Current is the version of a module that is in force.
func (c Commands) Current(ctx context.Context, module string) (Revision, error) {
	m, conf, err := c.Load(ctx, module)
	if err != nil {
		return Revision{}, err
	}
	return conf.Revision(m, conf.Active)
}
