package main

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/http/client/breach"
	"gifty/http/client/mail"
	"gifty/projections/credential"
)

// Access is what signing in needs.
type Access struct {
	Environment string `name:"env" env:"GIFTY_ENV" enum:"development,production" default:"development" help:"production makes up no key and keeps no token beside the data: what is missing is refused (${default})."`
	Mail        string `env:"GIFTY_MAIL" secret:"" placeholder:"URL" help:"The server that sends mail: smtp://user:password@host:587 (STARTTLS), smtps://… (TLS), smtp+plain://… (in clear). In development mail is left in the data folder's mail/ when empty; in production nobody can get an account then."`
	Breached    string `env:"GIFTY_BREACHED" placeholder:"SOURCE" help:"Passwords that have leaked, which nobody may take: the address of a service that is asked by the first five digits of a SHA-1, such as https://api.pwnedpasswords.com/range/, or a sorted file of such hashes. Common patterns are refused without it."`
	MailFrom    string `env:"GIFTY_MAIL_FROM" placeholder:"ADDRESS" help:"The sender of mail."`
}

func (a Access) production() bool { return a.Environment == "production" }

// access puts together who may do what.
func (a *app) access(env domain.Environment) error {
	key, err := a.keys.Derive("anonymous givers")
	if err != nil {
		return err
	}
	a.authority = credential.NewAuthority(account.Signer{Key: key}, env.Now, a.pool)
	return a.signingIn(env)
}

// accountCommands are those about access for whoever has the database.
func (a *app) accountCommands(env domain.Environment) (account.Commands, error) {
	key, err := a.keys.Derive("account index")
	return account.Commands{
		Log: a.store, Env: env, Index: keyed(key), ServiceTokens: credential.ServiceTokens{DB: a.pool},
		Sessions: credential.Sessions{DB: a.pool}, Attempts: credential.Attempts{DB: a.pool},
	}, err
}

// signingIn adds what people need who sign in.
func (a *app) signingIn(env domain.Environment) error {
	mailer, err := a.config.mailer()
	if err != nil {
		return err
	}
	providers, err := a.config.signers()
	if err != nil {
		return err
	}
	if a.accounts, err = a.accountCommands(env); err != nil {
		return err
	}
	a.sessions = credential.Sessions{DB: a.pool, Forget: a.authority.Forget}
	a.accounts.Sessions, a.accounts.ServiceTokens = a.sessions, credential.ServiceTokens{DB: a.pool, Forget: a.authority.Forget}
	a.accounts.Passwords, a.accounts.OneTime = credential.NewPasswords(a.pool, credential.Params()), credential.OneTime{DB: a.pool}
	a.accounts.Mailer, a.accounts.Claims = mailer, claims{a}
	if a.config.Breached != "" {
		if a.accounts.Breached, err = breach.New(a.config.Breached); err != nil {
			return err
		}
	}
	a.accounts.Providers, a.accounts.Tokens = providers, credential.OAuthTokens{DB: a.pool, Sealer: a.keys}
	return nil
}

// keyed makes of a text what stands for it: HMAC-SHA256 in hexadecimal.
func keyed(key []byte) func(string) string {
	return func(text string) string {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return hex.EncodeToString(h.Sum(nil))
	}
}

// mailer sends mail by the server that was configured. In development there need be none.
func (c Config) mailer() (account.Mailer, error) {
	switch {
	case c.Mail != "":
		return mail.New(c.Mail, c.MailFrom)
	case c.production():
		return nil, nil // nobody can get an account, and is told so
	}
	return mail.Folder{Dir: c.path("mail"), From: cmp.Or(c.MailFrom, "gifty@localhost")}, nil
}

// firstToken is the name of the token that the first start makes.
const firstToken = "admin"

// adminTokenFile is where it is kept in development.
const adminTokenFile = "admin-token"

// firstStart makes an admin token when there has never been any, and prints it. In development it is
// kept beside the data, too, for the tools on this machine.
func (a *app) firstStart(ctx context.Context, c console) error {
	ctx, done := graceful(domain.WithPrincipal(ctx, domain.System)) // a token that nobody was told is of no use
	defer done()
	there, err := (credential.ServiceTokens{DB: a.pool}).List(ctx, true)
	if err != nil || len(there) > 0 {
		return err
	}
	made, err := a.accounts.IssueServiceToken(ctx, account.IssueServiceToken{
		Name: firstToken, Scopes: []account.Scope{account.Admin}, Giver: domain.LocalGiver.Giver,
	})
	if isTaken(err) { // by a process that started at the same moment
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "\nThe admin token of this database, shown this once:\n\n  %s\n", made.Secret)
	if a.config.production() {
		return nil
	}
	path := a.config.path(adminTokenFile)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) { // of a database that was here before
		return err
	}
	if err := writePrivately(path, []byte(made.Secret+"\n")); err != nil {
		return fmt.Errorf("keep the admin token: %w", err)
	}
	fmt.Fprintf(c.out, "\nIt is kept in %s, which you alone can read.\n", path)
	return nil
}

func isTaken(err error) bool {
	var known *domain.Error
	return errors.As(err, &known) && known.Code == "token_name_taken"
}
