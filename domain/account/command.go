package account

import (
	"context"
	"errors"

	"gifty/domain"
)

// Commands are what can be done about access.
type Commands struct {
	Log           domain.Log
	Env           domain.Environment
	ServiceTokens ServiceTokens

	// Index makes of a name what stands for it in the log: the same for the same, for nobody to read.
	Index     func(string) string
	Passwords Passwords
	Breached  Breached // nil: none is known to have leaked
	OneTime   OneTime
	Sessions  Sessions
	Attempts  Attempts
	Mailer    Mailer
	Claims    Claims
	Providers []Provider // who sign people in for us
	Tokens    ProviderTokens
}

// append stores writes that no idempotency key names.
func (c Commands) append(ctx context.Context, writes ...domain.Write) error {
	_, err := c.Log.Append(ctx, domain.Append{Origin: domain.OriginFrom(ctx), Writes: writes})
	return err
}

// tries bounds how often something is done anew because another writer was first.
const tries = 5

// again does something until no other writer was first.
func again(do func() error) error {
	for try := 1; ; try++ {
		if err := do(); try == tries || !errors.Is(err, domain.ErrVersion) {
			return err
		}
	}
}
