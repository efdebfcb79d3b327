package subject

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/domain/recipient"
)

// People shows to erasure who belongs to whom, as the log has it: read tables have dropped who was deleted.
type People struct {
	Pool     *pgxpool.Pool
	All      recipient.Commands
	Accounts account.Commands
}

const (
	identitiesOf = `SELECT DISTINCT (payload->>'from')::uuid FROM events WHERE type LIKE '%claimed.v_' AND payload->>'giver_id' = $1 AND payload->>'from' <> $1`
	recipientsOf = `SELECT DISTINCT (payload->>'recipient_id')::uuid FROM events WHERE type = 'recipient.created.v1' AND payload->>'giver_id' = ANY($1)`
)

// Identities reads the claims in the log.
func (p People) Identities(ctx context.Context, giver uuid.UUID) ([]uuid.UUID, error) {
	claimed, err := p.ids(ctx, identitiesOf, giver.String())
	return append([]uuid.UUID{giver}, claimed...), err
}

// Recipients reads who was described.
func (p People) Recipients(ctx context.Context, givers []uuid.UUID) ([]uuid.UUID, error) {
	return p.ids(ctx, recipientsOf, texts(givers))
}

func (p People) ids(ctx context.Context, sql string, arg any) ([]uuid.UUID, error) {
	rows, err := p.Pool.Query(ctx, sql, arg)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// EraseRecipient is the recipients' command. Who has claimed an anonymous giver's recipients is not the one
// who described them, so it is done for the system.
func (p People) EraseRecipient(ctx context.Context, id uuid.UUID) error {
	_, err := p.All.Erase(domain.WithPrincipal(ctx, domain.System), recipient.EraseRecipient{RecipientID: id})
	return err
}

// EraseUser is the accounts' command.
func (p People) EraseUser(ctx context.Context, giver uuid.UUID) error {
	return p.Accounts.EraseUser(ctx, giver)
}
