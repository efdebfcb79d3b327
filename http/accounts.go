package http

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"gifty/domain/account"
	accounts "gifty/projections/account"
)

// forUsers admits people who signed in.
func forUsers() ways {
	role := []string{account.RoleUser}
	return ways{{bySession: role}, {byBearer: role}}
}

type accountInput struct {
	Body struct {
		Username string `json:"username" minLength:"3" maxLength:"50" doc:"Letters, digits, dots, dashes and underscores; unique whatever the case." example:"ann"`
		Email    string `json:"email" minLength:"3" maxLength:"254" doc:"Unique whatever the case." example:"ann@example.org"`
		Password string `json:"password" minLength:"1" maxLength:"400" doc:"At least ten characters, and nothing that is guessed first." example:"four words that rhyme"`
		Language string `json:"language,omitempty" enum:"ru,en" default:"en" doc:"Of the mail."`
	} `nameHint:"NewAccount"`
}

type userAnswer struct {
	Body struct {
		UserID uuid.UUID `json:"user_id"`
	} `nameHint:"UserReached"`
}

func registerAccounts(a *api) {
	tags := []string{tagAccess}
	handle(a, huma.Operation{
		OperationID: "register-account", Method: http.MethodPost, Path: "/v1/accounts", Tags: tags, Security: forAll(),
		Summary: "Ask for an account", DefaultStatus: http.StatusAccepted, Errors: commandErrors(http.StatusTooManyRequests),
		Description: "A code comes by mail, and the account begins with confirm-account. The answer does not tell whether there is an account at this address already; the mail does.",
		RequestBody: example(map[string]any{"username": "ann", "email": "ann@example.org", "password": "four words that rhyme"}),
	}, a.registerAccount)
	handle(a, huma.Operation{
		OperationID: "confirm-account", Method: http.MethodPost, Path: "/v1/accounts/confirm", Tags: tags, Security: forAll(),
		Summary: "Begin the account that a code came for", DefaultStatus: http.StatusCreated, Errors: commandErrors(),
		RequestBody: example(map[string]any{"token": "gifty_once_…"}),
	}, a.confirmAccount)
	handle(a, huma.Operation{
		OperationID: "request-password-reset", Method: http.MethodPost, Path: "/v1/accounts/reset", Tags: tags, Security: forAll(),
		Summary: "Ask for a new password", DefaultStatus: http.StatusAccepted, Errors: commandErrors(http.StatusTooManyRequests),
		Description: "If there is an account at this address, a code comes by mail.",
		RequestBody: example(map[string]any{"email": "ann@example.org"}),
	}, a.requestReset)
	handle(a, huma.Operation{
		OperationID: "reset-password", Method: http.MethodPost, Path: "/v1/accounts/reset/confirm", Tags: tags, Security: forAll(),
		Summary: "Set a new password by the code that came", DefaultStatus: http.StatusNoContent, Errors: commandErrors(),
		Description: "Ends every session of the account.",
		RequestBody: example(map[string]any{"token": "gifty_once_…", "password": "four words that rhyme"}),
	}, a.resetPassword)
	handle(a, huma.Operation{
		OperationID: "get-account", Method: http.MethodGet, Path: "/v1/account", Tags: tags, Security: forUsers(),
		Summary: "Read who you are", Errors: readErrors(http.StatusNotFound),
	}, a.getAccount)
	handle(a, huma.Operation{
		OperationID: "change-password", Method: http.MethodPut, Path: "/v1/account/password", Tags: tags, Security: forUsers(),
		Summary: "Change your password", DefaultStatus: http.StatusNoContent, Errors: commandErrors(http.StatusNotFound, http.StatusTooManyRequests),
		Description: "Ends your other sessions. Who has no password leaves current out.",
		RequestBody: example(map[string]any{"current": "four words that rhyme", "password": "another five words, no rhyme"}),
	}, a.changePassword)
	handle(a, huma.Operation{
		OperationID: "request-email-change", Method: http.MethodPost, Path: "/v1/account/email", Tags: tags, Security: forUsers(),
		Summary: "Ask for another address", DefaultStatus: http.StatusAccepted, Errors: commandErrors(http.StatusNotFound, http.StatusTooManyRequests),
		Description: "A code comes to the new address, and word of it to the present one. Who has no password leaves current out.",
		RequestBody: example(map[string]any{"email": "ann@example.com", "current": "four words that rhyme"}),
	}, a.requestEmailChange)
	handle(a, huma.Operation{
		OperationID: "change-email", Method: http.MethodPost, Path: "/v1/account/email/confirm", Tags: tags, Security: forUsers(),
		Summary: "Take another address by the code that came to it", DefaultStatus: http.StatusNoContent, Errors: commandErrors(http.StatusNotFound),
		RequestBody: example(map[string]any{"token": "gifty_once_…"}),
	}, a.changeEmail)
	handle(a, huma.Operation{
		OperationID: "grant-scopes", Method: http.MethodPut, Path: "/v1/users/{id}/scopes", Tags: tags, Security: forStaff(account.AdminAccounts),
		Summary: "Say what a user may do besides being a giver", DefaultStatus: http.StatusNoContent, Errors: commandErrors(http.StatusNotFound),
		Description: "In place of what was before. Nobody can grant what they may not do themselves.",
		RequestBody: example(map[string]any{"scopes": []string{"analyst:read"}}),
	}, a.grantScopes)
}

func (a *api) registerAccount(ctx context.Context, in *accountInput) (*struct{}, error) {
	r := account.Registration{Username: in.Body.Username, Email: in.Body.Email, Password: in.Body.Password, Language: in.Body.Language}
	if err := a.Accounts.CheckRegistration(ctx, r); err != nil {
		return nil, located(err, "body")
	}
	if err := a.Accounts.AllowMail(ctx, r.Email, exchangeFrom(ctx).address); err != nil {
		return nil, err
	}
	a.unseen(ctx, "register an account", func(ctx context.Context) error { return a.Accounts.Register(ctx, r) })
	return nil, nil
}

// unseen does something after the request was answered, so that how long it takes tells nothing.
func (a *api) unseen(ctx context.Context, what string, do func(context.Context) error) {
	x := exchangeFrom(ctx)
	a.Start(func(background context.Context) {
		background, cancel := context.WithTimeout(background, a.Timeout)
		defer cancel()
		if err := do(background); err != nil {
			x.logger.ErrorContext(background, "failed to "+what, "error", err)
		}
	})
}

func (a *api) confirmAccount(ctx context.Context, in *struct {
	Body struct {
		Token    string `json:"token" maxLength:"200" doc:"The code from the mail."`
		Username string `json:"username,omitempty" maxLength:"50" doc:"In place of the one that you asked for, in case it was taken since."`
	} `nameHint:"AccountConfirmation"`
}) (*userAnswer, error) {
	id, err := a.Accounts.Confirm(ctx, in.Body.Token, in.Body.Username)
	if err != nil {
		return nil, located(err, "body")
	}
	out := &userAnswer{}
	out.Body.UserID = id
	return out, nil
}

func (a *api) requestReset(ctx context.Context, in *struct {
	Body struct {
		Email    string `json:"email" minLength:"3" maxLength:"254"`
		Language string `json:"language,omitempty" enum:"ru,en" default:"en" doc:"Of the mail."`
	} `nameHint:"ResetRequest"`
}) (*struct{}, error) {
	if err := a.Accounts.AllowMail(ctx, in.Body.Email, exchangeFrom(ctx).address); err != nil {
		return nil, err
	}
	a.unseen(ctx, "send a new password's code", func(ctx context.Context) error {
		return a.Accounts.RequestReset(ctx, in.Body.Email, in.Body.Language)
	})
	return nil, nil
}

func (a *api) resetPassword(ctx context.Context, in *struct {
	Body struct {
		Token    string `json:"token" maxLength:"200" doc:"The code from the mail."`
		Password string `json:"password" minLength:"1" maxLength:"400" doc:"The new one."`
	} `nameHint:"PasswordReset"`
}) (*struct{}, error) {
	return nil, located(a.Accounts.Reset(ctx, in.Body.Token, in.Body.Password), "body")
}

func (a *api) getAccount(ctx context.Context, in *ReadInput) (*struct{ Body accounts.User }, error) {
	if err := a.wait(ctx, in.MinPosition, accounts.Users.Name); err != nil {
		return nil, err
	}
	u, err := accounts.GetUser(ctx, a.DB, giver(ctx))
	return &struct{ Body accounts.User }{u}, err
}

func (a *api) changePassword(ctx context.Context, in *struct {
	Body struct {
		Current  string `json:"current,omitempty" maxLength:"400"`
		Password string `json:"password" minLength:"1" maxLength:"400" doc:"The new one."`
	} `nameHint:"PasswordChange"`
}) (*struct{}, error) {
	return nil, located(a.Accounts.ChangePassword(ctx, giver(ctx), callerFrom(ctx).Session, in.Body.Current, in.Body.Password), "body")
}

func (a *api) requestEmailChange(ctx context.Context, in *struct {
	Body struct {
		Email    string `json:"email" minLength:"3" maxLength:"254" doc:"The new one; unique whatever the case."`
		Current  string `json:"current,omitempty" maxLength:"400" doc:"The password."`
		Language string `json:"language,omitempty" enum:"ru,en" default:"en" doc:"Of the mail."`
	} `nameHint:"EmailChange"`
}) (*struct{}, error) {
	user := giver(ctx)
	if err := a.Accounts.CheckEmailChange(ctx, user, in.Body.Current, in.Body.Email); err != nil {
		return nil, located(err, "body")
	}
	if err := a.Accounts.AllowMail(ctx, in.Body.Email, exchangeFrom(ctx).address); err != nil {
		return nil, err
	}
	a.unseen(ctx, "send a new address's code", func(ctx context.Context) error {
		return a.Accounts.RequestEmailChange(ctx, user, in.Body.Email, in.Body.Language)
	})
	return nil, nil
}

func (a *api) changeEmail(ctx context.Context, in *struct {
	Body struct {
		Token string `json:"token" maxLength:"200" doc:"The code from the mail."`
	} `nameHint:"EmailConfirmation"`
}) (*struct{}, error) {
	return nil, located(a.Accounts.ChangeEmail(ctx, giver(ctx), in.Body.Token), "body")
}

func (a *api) grantScopes(ctx context.Context, in *struct {
	ID   uuid.UUID `path:"id" doc:"The user."`
	Body struct {
		Scopes []account.Scope `json:"scopes" maxItems:"20"`
	} `nameHint:"Scopes"`
}) (*struct{}, error) {
	for _, scope := range in.Body.Scopes {
		if !callerFrom(ctx).Has(string(scope)) {
			return nil, errForbidden([]string{string(scope)})
		}
	}
	return nil, located(a.Accounts.GrantScopes(ctx, in.ID, in.Body.Scopes), "body")
}
