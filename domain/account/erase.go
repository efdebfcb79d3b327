package account

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"gifty/domain"
)

// UserErased records that the account is no more: nobody can sign in to it, and its name, its address and
// the accounts of providers that were linked to it are anybody's again.
type UserErased struct {
	UserID uuid.UUID `json:"user_id"`
}

// EraseUser ends a giver's account, if they have one. Once it is ended, again changes nothing.
func (c Commands) EraseUser(ctx context.Context, id uuid.UUID) error {
	return again(func() error {
		u, err := c.user(ctx, id)
		if errors.Is(err, ErrUserNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.forgetAttempts(ctx, u); err != nil {
			return err
		}
		domain.Record(u, UserErased{UserID: id})
		writes := []domain.Write{u.Write()}
		for _, hash := range u.hashes() {
			held := &identity{}
			if err := domain.LoadOne(ctx, c.Log, identityStream(hash), held); err != nil {
				return err
			}
			if held.user == id {
				domain.Record(held, IdentityReleased{UserID: id})
				writes = append(writes, held.Write())
			}
		}
		return c.append(ctx, writes...)
	})
}

// forgetAttempts drops the counters that stand for the user: who has the key could find out by trying whose
// they were.
func (c Commands) forgetAttempts(ctx context.Context, u *User) error {
	keys := []AttemptKey{c.byAccount(u.ID.String())}
	for _, name := range []string{u.Username, u.Email} {
		if name != "" {
			keys = append(keys, c.byAccount(name), c.mailsTo(name))
		}
	}
	for _, key := range keys {
		if err := c.Attempts.Clear(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// hashes are all that stands for the user, each once.
func (u *User) hashes() (list []string) {
	for _, i := range u.Identities {
		list = append(list, i.Hash)
	}
	for _, a := range u.Accounts {
		list = append(list, a.Identity.Hash)
	}
	return list
}
