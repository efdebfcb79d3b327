package account

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"gifty/domain"
)

// toMove is the purpose of tokens by which an address becomes an account's.
const toMove = "email"

// moving is an address that waits to be proved. It is kept sealed by the token.
type moving struct {
	User  uuid.UUID `json:"user"`
	Email string    `json:"email"`
}

var errSameEmail = domain.Invalid("email_same", "this is the account's address already").On("email", "is the present one")

// CheckEmailChange refuses what can't become the account's address, and who does not know its password. Whether
// the address belongs to another account is not told.
func (c Commands) CheckEmailChange(ctx context.Context, id uuid.UUID, present, email string) error {
	if err := checkEmail(email); err != nil {
		return err
	}
	u, err := c.user(ctx, id)
	if err != nil {
		return err
	}
	if u.Email != "" && fold(u.Email) == fold(email) && u.IsVerified {
		return errSameEmail
	}
	return c.provePassword(ctx, u, present)
}

// RequestEmailChange sends a token to the new address, and word of it to the former one. Who has another account
// at the new address is told so there, and only there. It must have passed CheckEmailChange.
func (c Commands) RequestEmailChange(ctx context.Context, id uuid.UUID, email, language string) error {
	u, err := c.user(ctx, id)
	if err != nil {
		return err
	}
	owner, err := c.owner(ctx, c.identified(ByEmail, email))
	if err != nil {
		return err
	}
	if owner != uuid.Nil && owner != id {
		return c.Mailer.Send(ctx, mailThere(Registration{Email: email, Language: language}))
	}
	content, err := json.Marshal(moving{id, email})
	if err != nil {
		return fmt.Errorf("encode a change of address: %w", err)
	}
	token, err := c.OneTime.Put(ctx, toMove, content, resetIn)
	if err != nil {
		return err
	}
	if err := c.Mailer.Send(ctx, mailMove(email, language, token)); err != nil || u.Email == "" || !u.IsVerified {
		return err
	}
	return c.Mailer.Send(ctx, mailMoving(u.Email, language))
}

// ChangeEmail makes the address that a token was sent to the user's, who must be the one that asked. The former
// one is anybody's again.
func (c Commands) ChangeEmail(ctx context.Context, id uuid.UUID, token string) error {
	content, err := c.OneTime.Look(ctx, toMove, token)
	if err != nil {
		return err
	}
	var m moving
	if err := json.Unmarshal(content, &m); err != nil {
		return fmt.Errorf("decode a change of address: %w", err)
	}
	if m.User != id {
		return ErrOneTime
	}
	if err := c.move(ctx, m); err != nil {
		return err
	}
	_, err = c.OneTime.Take(ctx, toMove, token)
	return err
}

func (c Commands) move(ctx context.Context, m moving) error {
	return again(func() error {
		u, err := c.user(ctx, m.User)
		if err != nil {
			return err
		}
		to := c.identified(ByEmail, m.Email)
		claim, err := c.claim(ctx, to, m.User)
		if err != nil {
			return err
		}
		writes := []domain.Write{claim}
		for _, former := range u.Identities {
			if former.Kind != ByEmail || former == to {
				continue
			}
			held := &identity{}
			if err := domain.LoadOne(ctx, c.Log, identityStream(former.Hash), held); err != nil {
				return err
			}
			domain.Record(held, IdentityReleased{UserID: m.User})
			writes = append(writes, held.Write())
		}
		domain.Record(u, EmailChanged{UserID: m.User, Email: m.Email, Identity: to})
		return c.append(ctx, append(writes, u.Write())...)
	})
}
