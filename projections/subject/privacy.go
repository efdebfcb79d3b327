package subject

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/domain/erasure"
	"gifty/domain/recipient"
	"gifty/projections"
)

// Privacy is what people can do with what is kept of them.
type Privacy struct {
	Pool       *pgxpool.Pool
	Log        domain.Log
	Engine     *projections.Engine
	Recipients recipient.Commands
	Accounts   account.Commands
	Forget     func()       // whatever is remembered of who is signed in; nil: nothing is
	Letters    func() error // removes mail that lies on this machine unsent; nil: none does
}

func (p Privacy) people() People {
	return People{Pool: p.Pool, All: p.Recipients, Accounts: p.Accounts}
}

// EraseRecipient erases, and waits until nothing is left in the read tables and beside them.
func (p Privacy) EraseRecipient(ctx context.Context, cmd recipient.EraseRecipient) (domain.Outcome[recipient.Reached], error) {
	out, err := p.Recipients.Erase(ctx, cmd)
	if err == nil {
		err = p.sweep(ctx)
	}
	return out, err
}

// EraseGiver is the same of a giver.
func (p Privacy) EraseGiver(ctx context.Context, cmd erasure.EraseGiver) (domain.Outcome[erasure.Reached], error) {
	out, err := erasure.Commands{Log: p.Log, People: p.people()}.EraseGiver(ctx, cmd)
	if err == nil {
		err = p.signOut(ctx, cmd.GiverID)
	}
	if err == nil {
		err = p.sweep(ctx)
	}
	return out, err
}

// signOut takes away what somebody could sign in with, and is signed in by.
func (p Privacy) signOut(ctx context.Context, giver uuid.UUID) error {
	for _, statement := range []string{
		`DELETE FROM passwords WHERE user_id = $1`, `DELETE FROM login_sessions WHERE user_id = $1`, `DELETE FROM oauth_tokens WHERE user_id = $1`,
		`UPDATE service_tokens SET giver_id = NULL WHERE giver_id = $1`,
	} {
		if _, err := p.Pool.Exec(ctx, statement, [16]byte(giver)); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	if p.Forget != nil {
		p.Forget()
	}
	if p.Letters != nil {
		return p.Letters()
	}
	return nil
}

// sweep removes, once the read tables have dropped who is gone, what is kept beside the log and them:
// answers, of jobs and others, which may name somebody or say what they told, what tries at steps that are no
// more have said, and what is left of answers and keys in their tables' pages.
func (p Privacy) sweep(ctx context.Context) error {
	if err := p.Engine.CatchUp(ctx); err != nil {
		return err
	}
	if err := p.Engine.ForgetAnswers(ctx); err != nil {
		return err
	}
	for _, statement := range []string{
		`UPDATE rebuilds SET result = NULL WHERE result IS NOT NULL`,
		`DELETE FROM reactions r WHERE NOT EXISTS (SELECT FROM discovery_steps s WHERE s.id = r.item)`,
		`VACUUM subject_keys`, `VACUUM kept_answers`,
	} {
		if _, err := p.Pool.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// ExportRecipient is all that is known of a recipient of the acting giver.
func (p Privacy) ExportRecipient(ctx context.Context, id uuid.UUID) (Export, error) {
	if _, err := recipient.Load(ctx, p.Log, id); err != nil {
		return Export{}, err
	}
	return p.collect(ctx, id)
}

// ExportGiver is all that is known of a giver, under every identity that they have claimed, and of everybody
// they described.
func (p Privacy) ExportGiver(ctx context.Context, giver uuid.UUID) (Export, error) {
	who, err := domain.RequirePrincipal(ctx)
	if err != nil {
		return Export{}, err
	}
	if !who.Owns(giver) {
		return Export{}, erasure.ErrNotFound
	}
	identities, err := p.people().Identities(ctx, giver)
	if err != nil {
		return Export{}, err
	}
	recipients, err := p.people().Recipients(ctx, identities)
	if err != nil {
		return Export{}, err
	}
	return p.collect(ctx, append(identities, recipients...)...)
}

func (p Privacy) collect(ctx context.Context, people ...uuid.UUID) (Export, error) {
	if err := p.Engine.CatchUp(ctx); err != nil {
		return Export{}, err
	}
	return collect(ctx, p.Engine, p.Pool, people)
}
