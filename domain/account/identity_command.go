package account

import (
	"context"

	"github.com/google/uuid"

	"gifty/domain"
)

// identity is a name, an address or a provider's account, as somebody's or nobody's.
type identity struct {
	domain.Root
	user uuid.UUID // uuid.Nil: nobody's
}

// Apply folds one event of the stream.
func (i *identity) Apply(event any) {
	switch e := event.(type) {
	case IdentityClaimed:
		i.user = e.UserID
	case IdentityReleased:
		i.user = uuid.Nil
	}
}

func identityStream(hash string) string { return "identity-" + hash }

// identified is what the log knows of a name, the same whatever its case.
func (c Commands) identified(kind IdentityKind, value string) Identified {
	if kind != ByProvider { // whose ids may differ by case alone
		value = fold(value)
	}
	return Identified{Kind: kind, Hash: c.Index(string(kind) + "\x00" + value)}
}

// owner is whose an identity is; uuid.Nil: nobody's.
func (c Commands) owner(ctx context.Context, i Identified) (uuid.UUID, error) {
	held := &identity{}
	err := domain.LoadOne(ctx, c.Log, identityStream(i.Hash), held)
	return held.user, err
}

// claim is the write that makes an identity the user's. When another's claim comes between, the append
// fails with domain.ErrVersion.
func (c Commands) claim(ctx context.Context, i Identified, user uuid.UUID) (domain.Write, error) {
	held := &identity{}
	if err := domain.LoadOne(ctx, c.Log, identityStream(i.Hash), held); err != nil {
		return domain.Write{}, err
	}
	switch held.user {
	case user:
		return held.Write(), nil
	case uuid.Nil:
		domain.Record(held, IdentityClaimed{Kind: i.Kind, UserID: user})
		return held.Write(), nil
	}
	return domain.Write{}, errTaken(i.Kind)
}

// errTaken answers for an identity that is another user's.
func errTaken(kind IdentityKind) error {
	switch kind {
	case ByUsername:
		return domain.Conflict("username_taken", "this username is taken; choose another one").On("username", "is taken")
	case ByEmail:
		return domain.Conflict("email_taken", "this address belongs to another account")
	}
	return domain.Conflict("provider_account_taken", "this account belongs to another user here; unlink it there first")
}

// user loads a user who is there.
func (c Commands) user(ctx context.Context, id uuid.UUID) (*User, error) {
	u := &User{}
	if err := domain.LoadOne(ctx, c.Log, userStream(id), u); err != nil {
		return nil, err
	}
	if !u.Exists() || u.Erased {
		return nil, ErrUserNotFound
	}
	return u, nil
}

// ErrUserNotFound answers for a user who does not exist.
var ErrUserNotFound = domain.NotFound("user_not_found", "there is no such user")

// edit loads a user, changes them and appends; when another writer was first it does so again.
func (c Commands) edit(ctx context.Context, id uuid.UUID, change func(*User) error) error {
	return again(func() error {
		u, err := c.user(ctx, id)
		if err == nil {
			err = change(u)
		}
		if err != nil || len(u.Pending()) == 0 {
			return err
		}
		return c.append(ctx, u.Write())
	})
}
