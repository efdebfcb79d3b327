package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
)

// Registration is what somebody asks for who wants an account.
type Registration struct {
	Username string
	Email    string
	Password string
	Language string // of mails: ru or en
}

// pending is a registration that waits for its address to be proved. It is kept sealed by the token.
type pending struct {
	Username string `json:"username"`
	Email    string `json:"email"`
	Hash     string `json:"hash"`
}

// What tokens are for, and how long they are good.
const (
	toConfirm      = "confirm"
	toReset        = "reset"
	confirmationIn = 24 * time.Hour
	resetIn        = time.Hour
)

// CheckRegistration refuses what can't become an account. That a username is taken is no secret; that
// an address is, is one.
func (c Commands) CheckRegistration(ctx context.Context, r Registration) error {
	if err := checkUsername(r.Username); err != nil {
		return err
	}
	if err := checkEmail(r.Email); err != nil {
		return err
	}
	if err := c.checkPassword(ctx, r.Password, r.Username, r.Email); err != nil {
		return err
	}
	owner, err := c.owner(ctx, c.identified(ByUsername, r.Username))
	if err == nil && owner != uuid.Nil {
		err = errTaken(ByUsername)
	}
	return err
}

// Register sends a token to the address: with it the account begins. Who has an account at this address
// is told so there, and only there. It must have passed CheckRegistration.
func (c Commands) Register(ctx context.Context, r Registration) error {
	hash, err := c.Passwords.Hash(ctx, r.Password) // in any case: so that both take as long
	if err != nil {
		return err
	}
	owner, err := c.owner(ctx, c.identified(ByEmail, r.Email))
	if err != nil {
		return err
	}
	if owner != uuid.Nil {
		return c.Mailer.Send(ctx, mailThere(r))
	}
	content, err := json.Marshal(pending{r.Username, r.Email, hash})
	if err != nil {
		return fmt.Errorf("encode a registration: %w", err)
	}
	token, err := c.OneTime.Put(ctx, toConfirm, content, confirmationIn)
	if err != nil {
		return err
	}
	return c.Mailer.Send(ctx, mailConfirm(r, token))
}

// Confirm makes the account that a token was sent for. username takes the place of the one asked for
// then, in case that was taken since; empty leaves it.
func (c Commands) Confirm(ctx context.Context, token, username string) (uuid.UUID, error) {
	content, err := c.OneTime.Look(ctx, toConfirm, token)
	if err != nil {
		return uuid.Nil, err
	}
	var p pending
	if err := json.Unmarshal(content, &p); err != nil {
		return uuid.Nil, fmt.Errorf("decode a registration: %w", err)
	}
	if username != "" {
		if err := checkUsername(username); err != nil {
			return uuid.Nil, err
		}
		p.Username = username
	}
	id := c.Env.NewID()
	ctx = domain.WithPrincipal(ctx, domain.Principal{Giver: id, Role: domain.RoleGiver})
	if err := c.begin(ctx, id, p); err != nil {
		return uuid.Nil, err
	}
	if err := c.Passwords.Keep(ctx, id, p.Hash); err != nil {
		return uuid.Nil, err
	}
	_, err = c.OneTime.Take(ctx, toConfirm, token)
	if errors.Is(err, ErrOneTime) { // it has run out since
		err = nil
	}
	return id, err
}

// begin records the user, whose name and address nobody else has.
func (c Commands) begin(ctx context.Context, id uuid.UUID, p pending) error {
	return again(func() error {
		u := &User{}
		identities := []Identified{c.identified(ByUsername, p.Username), c.identified(ByEmail, p.Email)}
		domain.Record(u, UserRegistered{UserID: id, Username: p.Username, Email: p.Email, IsVerified: true, Identities: identities},
			PasswordSet{UserID: id, Reason: PasswordRegistered})
		writes := []domain.Write{{Stream: userStream(id), Expect: domain.NoStream, Events: u.Pending()}}
		for _, i := range identities {
			w, err := c.claim(ctx, i, id)
			if err != nil {
				return err
			}
			writes = append(writes, w)
		}
		return c.append(ctx, writes...)
	})
}

// ErrOneTime answers for a token that was never sent, was used, or has run out.
var ErrOneTime = domain.Invalid("token_invalid", "this token is not valid, or not any more; ask for a new one").On("token", "is not valid")

// How much mail may be asked for: by one address of a network, and to one address of a person.
const (
	mailsFrom  = 20
	mailsTo    = 5
	mailWindow = time.Hour
)

func (c Commands) mailsTo(email string) AttemptKey {
	return AttemptKey{c.Index("mails to\x00" + fold(email)), mailsTo, mailWindow}
}

var errNoMail = domain.Unavailable("mail_not_configured", "this server sends no mail; its operator can set GIFTY_MAIL")

// AllowMail counts a mail that is asked for, and refuses what would be one too many.
func (c Commands) AllowMail(ctx context.Context, email, address string) error {
	if c.Mailer == nil {
		return errNoMail
	}
	keys := []AttemptKey{
		c.mailsTo(email), {c.Index("mails from\x00" + address), mailsFrom, mailWindow},
	}
	if err := c.Attempts.Allow(ctx, keys...); err != nil {
		return err
	}
	return c.Attempts.Fail(ctx, keys...)
}
