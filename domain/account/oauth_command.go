package account

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
)

// way is a way to a provider and back. It is kept sealed by the state that goes along.
type way struct {
	Provider string    `json:"provider"`
	Verifier string    `json:"verifier"`
	Nonce    string    `json:"nonce"`
	ReturnTo string    `json:"return_to"`
	Browser  []byte    `json:"browser"`       // SHA-256 of what the browser that began has as a cookie
	Link     uuid.UUID `json:"link,omitzero"` // the user whom the account is to be linked to
}

const (
	oauthState = "oauth"
	stateIn    = 10 * time.Minute
)

// StartOAuth asks for the way to a provider.
type StartOAuth struct {
	Provider string
	ReturnTo string    // as ReturnTo has made it
	Browser  string    // a secret of the browser's: nobody else can go the way's second half
	Verifier string    // random, for PKCE
	Nonce    string    // random
	Link     uuid.UUID // to link the account to; uuid.Nil: to sign in
}

// What goes wrong with providers. What they said is logged, never shown.
var (
	ErrProviderUnknown = domain.NotFound("provider_unknown", "nobody is signed in by this provider here; list-providers has those who are")
	ErrProvider        = domain.Unavailable("provider_failed", "the provider did not say who you are; try again later")
	errState           = domain.Invalid("state_invalid", "this way of signing in was gone before, or took too long; begin again").On("query.state", "is not valid")
	errLastCredential  = domain.Conflict("last_credential", "you could not sign in any more; set a password or link another account first")
	errNotLinked       = domain.NotFound("linked_account_not_found", "you have no such account linked")
)

func (c Commands) provider(name string) (Provider, error) {
	i := slices.IndexFunc(c.Providers, func(p Provider) bool { return p.Name() == name })
	if i < 0 {
		return nil, ErrProviderUnknown
	}
	return c.Providers[i], nil
}

// StartOAuth is the address at the provider's where the browser goes.
func (c Commands) StartOAuth(ctx context.Context, cmd StartOAuth) (string, error) {
	provider, err := c.provider(cmd.Provider)
	if err != nil {
		return "", err
	}
	browser := sha256.Sum256([]byte(cmd.Browser))
	content, err := json.Marshal(way{cmd.Provider, cmd.Verifier, cmd.Nonce, cmd.ReturnTo, browser[:], cmd.Link})
	if err != nil {
		return "", fmt.Errorf("encode a way: %w", err)
	}
	state, err := c.OneTime.Put(ctx, oauthState, content, stateIn)
	if err != nil {
		return "", err
	}
	return provider.Address(ctx, ProviderRequest{state, cmd.Verifier, cmd.Nonce})
}

// FinishOAuth is what the browser comes back with.
type FinishOAuth struct {
	Provider string
	State    string
	Code     string
	More     map[string]string // what else a provider sends along
	Browser  string
	SignIn   // of which Device, From and Replaces count
}

// FinishOAuth signs in who comes back, or links the account; then there is no session to begin.
func (c Commands) FinishOAuth(ctx context.Context, cmd FinishOAuth) (in SignedIn, returnTo string, err error) {
	provider, err := c.provider(cmd.Provider)
	if err != nil {
		return in, "", err
	}
	content, err := c.OneTime.Take(ctx, oauthState, cmd.State)
	if errors.Is(err, ErrOneTime) {
		err = errState
	}
	if err != nil {
		return in, "", err
	}
	var w way
	if err := json.Unmarshal(content, &w); err != nil {
		return in, "", fmt.Errorf("decode a way: %w", err)
	}
	browser := sha256.Sum256([]byte(cmd.Browser))
	if w.Provider != cmd.Provider || subtle.ConstantTimeCompare(browser[:], w.Browser) != 1 {
		return in, "", errState
	}
	who, err := provider.Exchange(ctx, ProviderRequest{cmd.State, w.Verifier, w.Nonce}, cmd.Code, cmd.More)
	if err == nil && who.UserID == "" {
		err = ErrProvider.Because(errors.New("the provider gave an empty user id"))
	}
	if err != nil {
		return in, "", err
	}
	user, err := c.meet(ctx, w, who)
	if err != nil || w.Link != uuid.Nil {
		return in, w.ReturnTo, err
	}
	cmd.Kind = BrowserSession
	in, err = c.open(ctx, user, w.Provider, cmd.SignIn)
	return in, w.ReturnTo, err
}

// meet finds or makes the user that a provider's account stands for. Accounts of several providers are
// one user's only when that user has linked them: an address that two have in common proves nothing.
func (c Commands) meet(ctx context.Context, w way, who ProviderAccount) (user uuid.UUID, err error) {
	held := c.identified(ByProvider, w.Provider+"\x00"+who.UserID)
	var account uuid.UUID
	err = again(func() error {
		owner, err := c.owner(ctx, held)
		switch {
		case err != nil:
			return err
		case owner != uuid.Nil && w.Link != uuid.Nil && owner != w.Link:
			return errTaken(ByProvider)
		case owner != uuid.Nil:
			user = owner
			account, err = c.refresh(ctx, owner, held, who)
			return err
		}
		user, account, err = c.link(ctx, w, held, who)
		return err
	})
	if err != nil {
		return user, err
	}
	return user, c.Tokens.Keep(ctx, user, account, who.Access, who.Refresh)
}

// link records the account of a user whom it makes where there is none to link to.
func (c Commands) link(ctx context.Context, w way, held Identified, who ProviderAccount) (user, account uuid.UUID, err error) {
	user, account = w.Link, c.Env.NewID()
	u, write := &User{}, domain.Write{}
	if user == uuid.Nil {
		user = c.Env.NewID()
		domain.Record(u, UserRegistered{
			UserID: user, Email: who.Email, IsVerified: who.IsVerified && who.Email != "", Name: who.Name, AvatarURL: who.AvatarURL, Identities: []Identified{},
		})
	} else if u, err = c.user(ctx, user); err != nil {
		return user, account, err
	}
	domain.Record(u, OAuthAccountLinked{
		UserID: user, AccountID: account, Provider: w.Provider, ProviderUserID: who.UserID, Email: who.Email, ExpiresAt: orNever(who.ExpiresAt), Identity: held,
	})
	write = u.Write()
	write.Stream = userStream(user)
	claim, err := c.claim(ctx, held, user)
	if err != nil {
		return user, account, err
	}
	ctx = domain.WithPrincipal(ctx, domain.Principal{Giver: user, Role: domain.RoleGiver})
	return user, account, c.append(ctx, write, claim)
}

// refresh records what the provider tells by now.
func (c Commands) refresh(ctx context.Context, user uuid.UUID, held Identified, who ProviderAccount) (account uuid.UUID, err error) {
	ctx = domain.WithPrincipal(ctx, domain.Principal{Giver: user, Role: domain.RoleGiver})
	err = c.edit(ctx, user, func(u *User) error {
		i := slices.IndexFunc(u.Accounts, func(a OAuthAccountLinked) bool { return a.Identity == held })
		if i < 0 {
			return errNotLinked
		}
		account = u.Accounts[i].AccountID
		domain.Record(u, OAuthTokensRotated{UserID: user, AccountID: account, Email: who.Email, ExpiresAt: orNever(who.ExpiresAt)})
		told := UserRefreshed{UserID: user}
		if u.Email == "" {
			told.Email = who.Email
		}
		if who.Name != u.Name {
			told.Name = who.Name
		}
		if who.AvatarURL != u.AvatarURL {
			told.AvatarURL = who.AvatarURL
		}
		if told != (UserRefreshed{UserID: user}) {
			domain.Record(u, told)
		}
		return nil
	})
	return account, err
}

func orNever(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return new(at.UTC())
}

// Unlink takes a provider's account from a user, who must have another way to sign in.
func (c Commands) Unlink(ctx context.Context, user, account uuid.UUID) error {
	err := again(func() error {
		u, err := c.user(ctx, user)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(u.Accounts, func(a OAuthAccountLinked) bool { return a.AccountID == account })
		switch {
		case i < 0:
			return errNotLinked
		case !u.HasPassword && len(u.Accounts) == 1:
			return errLastCredential
		}
		held := &identity{}
		if err := domain.LoadOne(ctx, c.Log, identityStream(u.Accounts[i].Identity.Hash), held); err != nil {
			return err
		}
		domain.Record(held, IdentityReleased{UserID: user})
		domain.Record(u, OAuthAccountUnlinked{UserID: user, AccountID: account})
		return c.append(ctx, u.Write(), held.Write())
	})
	if err != nil {
		return err
	}
	return c.Tokens.Drop(ctx, account)
}
