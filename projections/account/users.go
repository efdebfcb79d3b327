// Package account holds the read tables about the people that have accounts.
package account

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/domain/erasure"
	"gifty/projections"
)

// User is a person with an account.
type User struct {
	ID         uuid.UUID       `json:"id" db:"pk"`
	Username   *string         `json:"username" personal:"id"`
	Email      *string         `json:"email" personal:"id"`
	IsVerified bool            `json:"is_verified" doc:"the address is theirs"`
	Name       *string         `json:"name" personal:"id" doc:"as a provider tells it"`
	AvatarURL  *string         `json:"avatar_url" personal:"id"`
	Scopes     []account.Scope `json:"scopes" doc:"what they may do besides being a giver"`
	Version    int             `json:"version"`
	projections.Stamps
}

// Users is everybody with an account.
var Users = projections.Table[User]{
	Name: "users", Version: 3,
	Doc: "A person with an account.",
	Fold: projections.Fold(
		projections.On(
			func(e account.UserRegistered, _ domain.Meta) User { return User{ID: e.UserID} },
			func(u *User, e account.UserRegistered, m domain.Meta) {
				u.Username, u.Email, u.IsVerified = orNull(e.Username), orNull(e.Email), e.IsVerified
				u.Name, u.AvatarURL, u.Version = orNull(e.Name), orNull(e.AvatarURL), m.Version
			}),
		projections.Change(
			func(e account.UserRefreshed, _ domain.Meta) User { return User{ID: e.UserID} },
			func(u *User, e account.UserRefreshed, m domain.Meta) {
				refresh(&u.Email, e.Email)
				refresh(&u.Name, e.Name)
				refresh(&u.AvatarURL, e.AvatarURL)
				u.Version = m.Version
			}),
		projections.Change(
			func(e account.EmailChanged, _ domain.Meta) User { return User{ID: e.UserID} },
			func(u *User, e account.EmailChanged, m domain.Meta) {
				u.Email, u.IsVerified, u.Version = &e.Email, true, m.Version
			}),
		projections.Change(
			func(e account.ScopesGranted, _ domain.Meta) User { return User{ID: e.UserID} },
			func(u *User, e account.ScopesGranted, m domain.Meta) { u.Scopes, u.Version = e.Scopes, m.Version }),
		projections.Remove(func(e erasure.GiverErased, _ domain.Meta) User { return User{ID: e.GiverID} }),
	),
}

// refresh takes over what was told.
func refresh(field **string, told string) {
	if told != "" {
		*field = &told
	}
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// GetUser reads one user, or account.ErrUserNotFound.
func GetUser(ctx context.Context, db projections.Querier, id uuid.UUID) (User, error) {
	u, ok, err := projections.First[User](ctx, db, `SELECT * FROM users WHERE id = $1`, id)
	if err == nil && !ok {
		err = account.ErrUserNotFound
	}
	return u, err
}

// ListUsers reads users, or only those who may do something besides being a giver, the first to come first.
func ListUsers(ctx context.Context, db projections.Querier, staff bool, page projections.PageRequest) (projections.Page[User], error) {
	return projections.SelectPage[User](ctx, db, projections.List{
		SQL: `SELECT * FROM users WHERE NOT $1 OR scopes <> '[]'`, Args: []any{staff}, By: []string{"created_at", "id"},
	}, page)
}

// Profile is what a user tells of themselves; there is one a user.
type Profile struct {
	UserID    uuid.UUID       `json:"user_id" db:"pk"`
	Name      *string         `json:"name" personal:"user_id"`
	Surname   *string         `json:"surname" personal:"user_id"`
	Age       *int            `json:"age" personal:"user_id" doc:"years"`
	Gender    account.Gender  `json:"gender"`
	Interests []string        `json:"interests" personal:"user_id"`
	Contacts  json.RawMessage `json:"contacts" personal:"user_id" doc:"a JSON object"`
	projections.Stamps
}

// Profiles is every user's.
var Profiles = projections.Table[Profile]{
	Name: "profiles", Version: 2,
	Doc: "What a user tells of themselves.",
	Fold: projections.Fold(
		projections.On(
			func(e account.UserRegistered, _ domain.Meta) Profile { return Profile{UserID: e.UserID} },
			func(p *Profile, _ account.UserRegistered, _ domain.Meta) { p.Gender = account.GenderUndefined }),
		projections.Change(
			func(e account.ProfileChanged, _ domain.Meta) Profile { return Profile{UserID: e.UserID} },
			func(p *Profile, e account.ProfileChanged, _ domain.Meta) {
				p.Name, p.Surname, p.Age, p.Gender = orNull(e.Name), orNull(e.Surname), e.Age, e.Gender
				p.Interests, p.Contacts = e.Interests, e.Contacts
			}),
		projections.Remove(func(e erasure.GiverErased, _ domain.Meta) Profile { return Profile{UserID: e.GiverID} }),
	),
}

// GetProfile reads a user's profile, or account.ErrUserNotFound.
func GetProfile(ctx context.Context, db projections.Querier, user uuid.UUID) (Profile, error) {
	p, ok, err := projections.First[Profile](ctx, db, `SELECT * FROM profiles WHERE user_id = $1`, user)
	if err == nil && !ok {
		err = account.ErrUserNotFound
	}
	return p, err
}
