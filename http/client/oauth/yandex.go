package oauth

import (
	"cmp"
	"context"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"gifty/domain/account"
)

// yandex speaks Yandex ID's protocol: OAuth 2.0, and the profile from login.yandex.ru.
type yandex struct{ Config }

// Name tells providers apart.
func (y yandex) Name() string { return y.Config.Name }

func (y yandex) config() oauth2.Config {
	base := cmp.Or(y.Base, "https://oauth.yandex.ru")
	return oauth2.Config{
		ClientID: y.ID, ClientSecret: y.Secret, RedirectURL: y.Redirect, Scopes: []string{"login:email", "login:info", "login:avatar"},
		Endpoint: oauth2.Endpoint{AuthURL: base + "/authorize", TokenURL: base + "/token", AuthStyle: oauth2.AuthStyleInParams},
	}
}

// Address is where the browser goes.
func (y yandex) Address(_ context.Context, r account.ProviderRequest) (string, error) {
	return y.address(y.config(), r, oauth2.SetAuthURLParam("force_confirm", "yes")), nil
}

// Exchange gets the profile of who signed in.
func (y yandex) Exchange(ctx context.Context, r account.ProviderRequest, code string, _ map[string]string) (who account.ProviderAccount, err error) {
	token, err := y.exchange(ctx, y.config(), r, code)
	if err != nil {
		return who, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, cmp.Or(y.Base, "https://login.yandex.ru")+"/info?format=json", nil)
	if err != nil {
		return who, err
	}
	req.Header.Set("Authorization", "OAuth "+token.AccessToken)
	var profile struct {
		ID           string   `json:"id"`
		Emails       []string `json:"emails"`
		DefaultEmail string   `json:"default_email"`
		RealName     string   `json:"real_name"`
		DisplayName  string   `json:"display_name"`
		Avatar       string   `json:"default_avatar_id"`
		NoAvatar     bool     `json:"is_avatar_empty"`
	}
	if err := y.get(req, &profile); err != nil {
		return who, err
	}
	who = account.ProviderAccount{
		UserID: profile.ID, Email: profile.DefaultEmail, Name: cmp.Or(profile.RealName, profile.DisplayName),
		Access: token.AccessToken, Refresh: token.RefreshToken, ExpiresAt: token.Expiry,
	}
	if len(profile.Emails) > 0 {
		who.Email = cmp.Or(profile.Emails[0], who.Email)
	}
	who.IsVerified = who.Email != ""
	if profile.Avatar != "" && !profile.NoAvatar {
		who.AvatarURL = "https://avatars.yandex.net/get-yapic/" + url.PathEscape(profile.Avatar) + "/islands-200"
	}
	return who, nil
}
