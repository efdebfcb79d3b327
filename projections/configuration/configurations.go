// Package configuration holds the read table of configuration.
package configuration

import (
	"context"
	"encoding/json"

	"gifty/domain"
	"gifty/domain/configuration"
	"gifty/projections"
)

// Configuration is one version of a module. What the product comes with is version 0 and not here.
type Configuration struct {
	ModuleName     string          `json:"module_name" db:"pk"`
	Version        int             `json:"version" db:"pk"`
	Config         json.RawMessage `json:"config"`
	PromptTemplate *string         `json:"prompt_template"`
	Note           *string         `json:"note" doc:"why it was published"`
	IsActive       bool            `json:"is_active"`
	projections.Stamps
}

// Configurations is every version that was published.
var Configurations = projections.Table[Configuration]{
	Name: "system_configurations", Version: 1,
	Doc: "One version of a module of the configuration.",
	Fold: projections.Fold(
		projections.Put(func(e configuration.Published, _ domain.Meta) Configuration {
			return Configuration{ModuleName: e.Module, Version: e.Version, Config: e.Config, PromptTemplate: orNull(e.PromptTemplate), Note: orNull(e.Note)}
		}),
		switched(func(e configuration.Activated) (string, int, int) { return e.Module, e.Version, e.Former }),
		switched(func(e configuration.RolledBack) (string, int, int) { return e.Module, e.Version, e.Former }),
	),
}

// switched makes one version active and the former not.
func switched[E any](what func(E) (module string, version, former int)) projections.Rule[Configuration] {
	return projections.ChangeMany(
		func(e E, _ domain.Meta) []Configuration {
			module, version, former := what(e)
			return []Configuration{{ModuleName: module, Version: version}, {ModuleName: module, Version: former}}
		},
		func(c *Configuration, e E, _ domain.Meta) {
			_, version, _ := what(e)
			c.IsActive = c.Version == version
		})
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// List reads a module's versions, the newest first.
func List(ctx context.Context, db projections.Querier, module string, page projections.PageRequest) (projections.Page[Configuration], error) {
	return projections.SelectPage[Configuration](ctx, db, projections.List{
		SQL: `SELECT * FROM system_configurations WHERE module_name = $1`, Args: []any{module}, By: []string{"version"}, Desc: true,
	}, page)
}
