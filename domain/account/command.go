package account

import (
	"context"

	"gifty/domain"
)

// Commands are what can be done about access.
type Commands struct {
	Log           domain.Log
	Env           domain.Environment
	ServiceTokens ServiceTokens
}

// append stores writes that no idempotency key names.
func (c Commands) append(ctx context.Context, writes ...domain.Write) error {
	_, err := c.Log.Append(ctx, domain.Append{Origin: domain.OriginFrom(ctx), Writes: writes})
	return err
}
