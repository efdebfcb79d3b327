package account

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"gifty/domain"
)

// checkPassword refuses a password that is weak, or known to have leaked.
func (c Commands) checkPassword(ctx context.Context, password string, own ...string) error {
	if err := CheckPassword(password, own...); err != nil || c.Breached == nil {
		return err
	}
	leaked, err := c.Breached.IsBreached(ctx, password)
	if err == nil && leaked {
		err = errLeaked
	}
	return err
}

var errLeaked = domain.Invalid("password_leaked", "this password was among those stolen from some other site, so guessers try it; choose another").
	On("password", "has leaked somewhere")

// resetting is whose password may be set by whoever reads the mail of an address, while it is theirs.
type resetting struct {
	User    uuid.UUID  `json:"user"`
	Address Identified `json:"address"`
}

// RequestReset sends a token to the address by which a new password can be set, if it is that of an
// account. Whether it is, only the mail tells.
func (c Commands) RequestReset(ctx context.Context, email, language string) error {
	address := c.identified(ByEmail, email)
	owner, err := c.owner(ctx, address)
	if err != nil || owner == uuid.Nil {
		return err
	}
	content, err := json.Marshal(resetting{owner, address})
	if err != nil {
		return fmt.Errorf("encode a reset: %w", err)
	}
	token, err := c.OneTime.Put(ctx, toReset, content, resetIn)
	if err != nil {
		return err
	}
	return c.Mailer.Send(ctx, mailReset(email, language, token))
}

// Reset sets a new password for who has read the mail, and ends all of their sessions.
func (c Commands) Reset(ctx context.Context, token, password string) error {
	content, err := c.OneTime.Look(ctx, toReset, token)
	if err != nil {
		return err
	}
	var asked resetting
	if err := json.Unmarshal(content, &asked); err != nil {
		return ErrOneTime // of another version of the program
	}
	id := asked.User
	owner, err := c.owner(ctx, asked.Address)
	if err != nil {
		return err
	}
	u, err := c.user(ctx, id)
	if err != nil || owner != id {
		return ErrOneTime // gone since, or at another address
	}
	if err := c.checkPassword(ctx, password, u.Username, u.Email); err != nil {
		return err
	}
	if _, err := c.OneTime.Take(ctx, toReset, token); err != nil {
		return err
	}
	ctx = domain.WithPrincipal(ctx, domain.Principal{Giver: id, Role: domain.RoleGiver})
	return c.setPassword(ctx, id, password, PasswordReset, uuid.Nil)
}

// ChangePassword sets a new password for who knows the present one, and ends their other sessions.
// Who has none may set one.
func (c Commands) ChangePassword(ctx context.Context, id, session uuid.UUID, present, password string) error {
	u, err := c.user(ctx, id)
	if err != nil {
		return err
	}
	if err := c.checkPassword(ctx, password, u.Username, u.Email); err != nil {
		return err
	}
	if err := c.provePassword(ctx, u, present); err != nil {
		return err
	}
	return c.setPassword(ctx, id, password, PasswordChanged, session)
}

// provePassword refuses who does not know the user's password. Who has none need not.
func (c Commands) provePassword(ctx context.Context, u *User, present string) error {
	key := c.byAccount(u.ID.String())
	if err := c.Attempts.Allow(ctx, key); err != nil {
		return err
	}
	right, err := c.Passwords.Check(ctx, u.ID, present)
	if err != nil || right || !u.HasPassword {
		return err
	}
	if err := c.Attempts.Fail(ctx, key); err != nil {
		return err
	}
	return domain.Forbidden("password_wrong", "this is not your present password").On("current", "is wrong")
}

// setPassword keeps the password and ends every session but one. The sessions go first: nobody who was
// in by the former password stays, whatever happens then.
func (c Commands) setPassword(ctx context.Context, id uuid.UUID, password string, reason PasswordReason, keep uuid.UUID) error {
	hash, err := c.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	if err := c.CloseSessions(ctx, id, keep, NewPassword); err != nil {
		return err
	}
	if err := c.Passwords.Keep(ctx, id, hash); err != nil {
		return err
	}
	return c.edit(ctx, id, func(u *User) error {
		domain.Record(u, PasswordSet{UserID: id, Reason: reason})
		return nil
	})
}
