package http

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/domain/configuration"
	configurations "gifty/projections/configuration"
)

// ConfigurationModule is a module of the configuration with the version in force.
type ConfigurationModule struct {
	Module         string          `json:"module"`
	Doc            string          `json:"doc" doc:"What it is for."`
	Active         int             `json:"active" doc:"Version in force; 0 is what the product comes with."`
	Newest         int             `json:"newest" doc:"The version published last; 0 when none was."`
	Version        int             `json:"version" doc:"Which version the rest is of."`
	Config         json.RawMessage `json:"config,omitempty"`
	PromptTemplate string          `json:"prompt_template,omitempty"`
	Note           string          `json:"note,omitempty"`
}

type configurationAnswer struct {
	CommandHeaders
	Body struct {
		configuration.Reached
		Position domain.Position `json:"position" doc:"Log position that holds the effect."`
	}
}

func reachedConfiguration(out domain.Outcome[configuration.Reached], err error) (*configurationAnswer, error) {
	if err != nil {
		return nil, located(err, "body.config")
	}
	answer := &configurationAnswer{CommandHeaders: headersOf(out)}
	answer.Body.Reached, answer.Body.Position = out.Result, out.Position
	return answer, nil
}

// ModuleInput names a module.
type ModuleInput struct {
	Module string `path:"module" maxLength:"100" doc:"The module's name." example:"dialogue"`
}

func registerConfiguration(a *api) {
	handle(a, huma.Operation{
		OperationID: "list-configurations", Method: http.MethodGet, Path: "/v1/configurations", Tags: []string{tagConfiguration}, Security: forStaff(account.AnalystRead, account.AdminConfiguration),
		Summary: "List the modules of the configuration", Errors: readErrors(),
	}, a.listConfigurations)
	handle(a, huma.Operation{
		OperationID: "get-configuration", Method: http.MethodGet, Path: "/v1/configurations/{module}", Tags: []string{tagConfiguration}, Security: forStaff(account.AnalystRead, account.AdminConfiguration),
		Summary: "Read a module as it is in force, or one of its versions", Errors: readErrors(http.StatusNotFound),
	}, a.getConfiguration)
	handle(a, huma.Operation{
		OperationID: "list-configuration-versions", Method: http.MethodGet, Path: "/v1/configurations/{module}/versions", Tags: []string{tagConfiguration}, Security: forStaff(account.AnalystRead, account.AdminConfiguration),
		Summary: "List what was published of a module, the newest first", Errors: readErrors(http.StatusNotFound),
	}, a.listConfigurationVersions)
	handle(a, huma.Operation{
		OperationID: "diff-configuration", Method: http.MethodGet, Path: "/v1/configurations/{module}/diff", Tags: []string{tagConfiguration}, Security: forStaff(account.AnalystRead, account.AdminConfiguration),
		Summary: "List where two versions of a module differ", Errors: readErrors(http.StatusNotFound),
	}, a.diffConfiguration)
	registerConfigurationCommands(a)
}

func registerConfigurationCommands(a *api) {
	handle(a, huma.Operation{
		OperationID: "publish-configuration", Method: http.MethodPost, Path: "/v1/configurations/{module}/versions", Tags: []string{tagConfiguration}, Security: forStaff(account.AdminConfiguration),
		Summary: "Publish a version of a module", Errors: commandErrors(http.StatusNotFound), DefaultStatus: http.StatusCreated,
		Description: "What could not be used is refused. It is in force once it is activated. Several people who keep one module, such as funnels, send the base that they know, so that nobody undoes what another has published.",
		RequestBody: example(map[string]any{"config": map[string]any{"ideas_per_topic": 3}, "note": "the whole module, not only what changes"}),
	}, func(ctx context.Context, in *struct {
		CommandInput
		ModuleInput
		Body struct {
			Config         json.RawMessage `json:"config" doc:"The whole module, as a JSON object."`
			PromptTemplate string          `json:"prompt_template,omitempty" maxLength:"100000" doc:"For modules that have one."`
			Note           string          `json:"note,omitempty" maxLength:"1000" doc:"Why, for people."`
			Activate       bool            `json:"activate,omitempty" doc:"Put it in force at once."`
			Base           *int            `json:"base,omitempty" minimum:"0" doc:"The newest version that this was written on, as get-configuration tells it; 0: there was none. If there is a later one by now, nothing is published and the answer is 409."`
		} `nameHint:"PublishConfigurationBody"`
	}) (*configurationAnswer, error) {
		return reachedConfiguration(issue(ctx, a.Configuration.Publish, configuration.Publish{
			Module: in.Module, Activate: in.Body.Activate, Base: in.Body.Base,
			Revision: configuration.Revision{Config: in.Body.Config, PromptTemplate: in.Body.PromptTemplate, Note: in.Body.Note},
		}))
	})
	handle(a, huma.Operation{
		OperationID: "activate-configuration", Method: http.MethodPost, Path: "/v1/configurations/{module}/activate", Tags: []string{tagConfiguration}, Security: forStaff(account.AdminConfiguration),
		Summary: "Put a version of a module in force", Errors: commandErrors(http.StatusNotFound), RequestBody: example(map[string]any{"version": 0, "note": ""}),
		Description: "Version 0 is what the product comes with. What is worked on next goes by it; every idea names the versions that made it.",
	}, func(ctx context.Context, in *struct {
		CommandInput
		ModuleInput
		Body struct {
			Version int `json:"version" minimum:"0"`
		} `nameHint:"ActivateConfigurationBody"`
	}) (*configurationAnswer, error) {
		return reachedConfiguration(issue(ctx, a.Configuration.Activate, configuration.Activate{Module: in.Module, Version: in.Body.Version}))
	})
	handle(a, huma.Operation{
		OperationID: "roll-back-configuration", Method: http.MethodPost, Path: "/v1/configurations/{module}/roll-back", Tags: []string{tagConfiguration}, Security: forStaff(account.AdminConfiguration),
		Summary: "Put the version in force that was before", Errors: commandErrors(http.StatusNotFound),
		Description: "Once more goes back further.",
	}, func(ctx context.Context, in *struct {
		CommandInput
		ModuleInput
	}) (*configurationAnswer, error) {
		return reachedConfiguration(issue(ctx, a.Configuration.RollBack, configuration.RollBack{Module: in.Module}))
	})
}

func (a *api) listConfigurations(ctx context.Context, _ *struct{}) (*struct {
	Body struct {
		Items []ConfigurationModule `json:"items"`
	} `nameHint:"ConfigurationList"`
}, error) {
	answer := &struct {
		Body struct {
			Items []ConfigurationModule `json:"items"`
		} `nameHint:"ConfigurationList"`
	}{}
	answer.Body.Items = []ConfigurationModule{}
	for _, m := range a.Configuration.Modules {
		_, conf, err := a.Configuration.Load(ctx, m.Name)
		if err != nil {
			return nil, err
		}
		answer.Body.Items = append(answer.Body.Items, ConfigurationModule{Module: m.Name, Doc: m.Doc, Active: conf.Active, Newest: len(conf.Published), Version: conf.Active})
	}
	return answer, nil
}

// getConfiguration reads the log itself: what it answers is what steps go by.
func (a *api) getConfiguration(ctx context.Context, in *struct {
	ModuleInput
	Version int `query:"version" minimum:"-1" default:"-1" doc:"One that was published, or 0 for what the product comes with; absent: the one in force."`
}) (*struct{ Body ConfigurationModule }, error) {
	m, conf, err := a.Configuration.Load(ctx, in.Module)
	if err != nil {
		return nil, err
	}
	version := in.Version
	if version < 0 {
		version = conf.Active
	}
	r, err := conf.Revision(m, version)
	if err != nil {
		return nil, err
	}
	return &struct{ Body ConfigurationModule }{ConfigurationModule{
		Module: m.Name, Doc: m.Doc, Active: conf.Active, Newest: len(conf.Published), Version: version,
		Config: r.Config, PromptTemplate: r.PromptTemplate, Note: r.Note,
	}}, nil
}

func (a *api) listConfigurationVersions(ctx context.Context, in *struct {
	PageInput
	ModuleInput
}) (*pageOf[configurations.Configuration], error) {
	if _, _, err := a.Configuration.Load(ctx, in.Module); err != nil {
		return nil, err
	}
	if err := a.wait(ctx, in.MinPosition, configurations.Configurations.Name); err != nil {
		return nil, err
	}
	page, err := configurations.List(ctx, a.DB, in.Module, in.request())
	return &pageOf[configurations.Configuration]{page}, err
}

func (a *api) diffConfiguration(ctx context.Context, in *struct {
	ModuleInput
	From int `query:"from" minimum:"0" required:"true" doc:"A version; 0 is what the product comes with."`
	To   int `query:"to" minimum:"0" required:"true" doc:"Another."`
}) (*struct {
	Body struct {
		Items []configuration.Difference `json:"items"`
	} `nameHint:"ConfigurationDiff"`
}, error) {
	m, conf, err := a.Configuration.Load(ctx, in.Module)
	if err != nil {
		return nil, err
	}
	from, err := conf.Revision(m, in.From)
	if err != nil {
		return nil, err
	}
	to, err := conf.Revision(m, in.To)
	if err != nil {
		return nil, err
	}
	answer := &struct {
		Body struct {
			Items []configuration.Difference `json:"items"`
		} `nameHint:"ConfigurationDiff"`
	}{}
	answer.Body.Items, err = configuration.Diff(from, to)
	return answer, err
}
