package account

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"gifty/domain"
)

// ChangeProfile edits what a user tells of themselves: it gets the present and returns the new one.
func (c Commands) ChangeProfile(ctx context.Context, user uuid.UUID, change func(Profile) Profile) (Profile, error) {
	var now Profile
	err := c.edit(ctx, user, func(u *User) (err error) {
		if now, err = change(u.Profile).normalise(); err != nil {
			return err
		}
		if !now.equal(u.Profile) {
			domain.Record(u, ProfileChanged{UserID: user, Profile: now})
		}
		return nil
	})
	return now, err
}

// GrantScopes says what a user may do besides being a giver, in place of what was before. Whoever
// issues it has been allowed to.
func (c Commands) GrantScopes(ctx context.Context, user uuid.UUID, scopes []Scope) error {
	scopes, err := checkScopes(scopes)
	if err != nil {
		return err
	}
	err = c.edit(ctx, user, func(u *User) error {
		if !slices.Equal(u.Scopes, scopes) {
			domain.Record(u, ScopesGranted{UserID: user, Scopes: scopes})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.Sessions.Grant(ctx, user, scopes)
}

// Named is the user with this username or address.
func (c Commands) Named(ctx context.Context, login string) (uuid.UUID, error) {
	id, err := c.named(ctx, login)
	if err == nil && id == uuid.Nil {
		err = ErrUserNotFound
	}
	return id, err
}

// User reads a user from the log.
func (c Commands) User(ctx context.Context, id uuid.UUID) (*User, error) { return c.user(ctx, id) }
