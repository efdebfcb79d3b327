package oauth

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"gifty/domain/account"
)

// vk speaks VK ID's protocol: OAuth 2.1 whose codes belong to a device, which the browser brings along.
type vk struct{ Config }

// Name tells providers apart.
func (v vk) Name() string { return v.Config.Name }

func (v vk) base() string { return cmp.Or(v.Base, "https://id.vk.com") }

func (v vk) config() oauth2.Config {
	return oauth2.Config{
		ClientID: v.ID, ClientSecret: v.Secret, RedirectURL: v.Redirect, Scopes: []string{"email"},
		Endpoint: oauth2.Endpoint{AuthURL: v.base() + "/authorize", TokenURL: v.base() + "/oauth2/auth", AuthStyle: oauth2.AuthStyleInParams},
	}
}

// Address is where the browser goes.
func (v vk) Address(_ context.Context, r account.ProviderRequest) (string, error) {
	return v.address(v.config(), r), nil
}

// Exchange gets the profile of who signed in.
func (v vk) Exchange(ctx context.Context, r account.ProviderRequest, code string, more map[string]string) (who account.ProviderAccount, err error) {
	token, err := v.exchange(ctx, v.config(), r, code,
		oauth2.SetAuthURLParam("device_id", more["device_id"]), oauth2.SetAuthURLParam("state", r.State))
	if err != nil {
		return who, err
	}
	form := url.Values{"client_id": {v.ID}, "access_token": {token.AccessToken}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.base()+"/oauth2/user_info", strings.NewReader(form.Encode()))
	if err != nil {
		return who, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		User struct {
			ID        json.Number `json:"user_id"` // as a text or a number
			FirstName string      `json:"first_name"`
			LastName  string      `json:"last_name"`
			Email     string      `json:"email"`
			Avatar    string      `json:"avatar"`
		} `json:"user"`
	}
	if err := v.get(req, &answer); err != nil {
		return who, err
	}
	u := answer.User
	return account.ProviderAccount{
		UserID: u.ID.String(), Email: u.Email, Name: strings.TrimSpace(u.FirstName + " " + u.LastName), AvatarURL: u.Avatar,
		Access: token.AccessToken, Refresh: token.RefreshToken, ExpiresAt: token.Expiry,
	}, nil
}
