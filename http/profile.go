package http

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"gifty/domain/account"
	accounts "gifty/projections/account"
)

type profilePatch struct {
	Name      optional[string]          `json:"name,omitzero" maxLength:"200"`
	Surname   optional[string]          `json:"surname,omitzero" maxLength:"200"`
	Age       optional[int]             `json:"age,omitzero" minimum:"0" maximum:"130" doc:"Years."`
	Gender    optional[account.Gender]  `json:"gender,omitzero" doc:"null means undefined."`
	Interests optional[[]string]        `json:"interests,omitzero" doc:"The whole list anew."`
	Contacts  optional[json.RawMessage] `json:"contacts,omitzero" doc:"A JSON object, anew as a whole."`
}

func (p profilePatch) apply(to account.Profile) account.Profile {
	put(&to.Name, p.Name)
	put(&to.Surname, p.Surname)
	put(&to.Gender, p.Gender)
	put(&to.Interests, p.Interests)
	put(&to.Contacts, p.Contacts)
	if p.Age.Set {
		to.Age = p.Age.Value
	}
	return to
}

// toldProfile is a profile as its user has just told it.
type toldProfile struct {
	Name      string          `json:"name"`
	Surname   string          `json:"surname"`
	Age       *int            `json:"age"`
	Gender    account.Gender  `json:"gender"`
	Interests []string        `json:"interests"`
	Contacts  json.RawMessage `json:"contacts"`
}

func registerProfile(a *api) {
	handle(a, huma.Operation{
		OperationID: "get-profile", Method: http.MethodGet, Path: "/v1/account/profile", Tags: []string{tagAccess}, Security: forUsers(),
		Summary: "Read what you told of yourself", Errors: readErrors(http.StatusNotFound),
	}, a.getProfile)
	handle(a, huma.Operation{
		OperationID: "update-profile", Method: http.MethodPatch, Path: "/v1/account/profile", Tags: []string{tagAccess}, Security: forUsers(),
		Summary: "Tell of yourself", Errors: commandErrors(http.StatusNotFound),
		Description: "A JSON merge patch (RFC 7396): a field that is absent stays as it is, null clears it.",
		RequestBody: &huma.RequestBody{Content: map[string]*huma.MediaType{
			"application/merge-patch+json": {Example: map[string]any{"name": "Ann", "age": 34, "gender": "female"}},
		}},
	}, a.updateProfile)
}

func (a *api) getProfile(ctx context.Context, in *ReadInput) (*struct{ Body accounts.Profile }, error) {
	if err := a.wait(ctx, in.MinPosition, accounts.Profiles.Name); err != nil {
		return nil, err
	}
	p, err := accounts.GetProfile(ctx, a.DB, giver(ctx))
	return &struct{ Body accounts.Profile }{p}, err
}

func (a *api) updateProfile(ctx context.Context, in *struct {
	Body profilePatch `contentType:"application/merge-patch+json"`
}) (*struct{ Body toldProfile }, error) {
	p, err := a.Accounts.ChangeProfile(ctx, giver(ctx), in.Body.apply)
	if err != nil {
		return nil, located(err, "body")
	}
	return &struct{ Body toldProfile }{toldProfile(p)}, nil
}
