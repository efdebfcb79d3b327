package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/projections/credential"
)

// access puts together who may do what.
func (a *app) access(env domain.Environment) error {
	secret, err := a.config.secret()
	if err != nil {
		return err
	}
	key, err := derived(secret, "anonymous givers")
	if err != nil {
		return err
	}
	a.authority = credential.NewAuthority(account.Signer{Key: key}, env.Now, credential.ServiceTokens{DB: a.pool})
	return nil
}

// accounts are the commands about access, for whoever has the database.
func (a *app) accountCommands(env domain.Environment) account.Commands {
	tokens := credential.ServiceTokens{DB: a.pool}
	if a.authority != nil {
		tokens.Forget = a.authority.Forget
	}
	return account.Commands{Log: a.store, Env: env, ServiceTokens: tokens}
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
