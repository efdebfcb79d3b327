package main

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/recipient"
	"gifty/domain/recommendation"
	readdiscovery "gifty/projections/discovery"
	readrecipient "gifty/projections/recipient"
	readrecommendation "gifty/projections/recommendation"
)

// claims makes what an anonymous giver has that of the account they signed in to.
type claims struct{ *app }

// Claim goes through everything that the read tables have of the anonymous giver, once they hold what was
// done until now: recipients first, as the rest may be about them.
func (c claims) Claim(ctx context.Context, from uuid.UUID) error {
	head, err := c.store.Head(ctx)
	if err != nil {
		return err
	}
	tables := []string{
		readrecipient.Recipients.Name, readdiscovery.Sessions.Name, readdiscovery.Hypotheses.Name, readrecommendation.Recommendations.Name,
	}
	if err := c.engine.Wait(ctx, head, tables...); err != nil {
		return err
	}
	return errors.Join(
		c.each(ctx, `SELECT id FROM recipients WHERE user_id = $1 ORDER BY id`, from, func(id uuid.UUID) error {
			_, err := c.recipients.Claim(ctx, recipient.ClaimRecipient{RecipientID: id, From: from})
			return err
		}),
		c.each(ctx, `SELECT id FROM session_view WHERE giver_id = $1 ORDER BY id`, from, func(id uuid.UUID) error {
			_, err := c.discovery.Claim(ctx, discovery.ClaimSession{SessionID: id, From: from})
			return err
		}),
		c.each(ctx, `SELECT id FROM hypotheses WHERE giver_id = $1 ORDER BY id`, from, func(id uuid.UUID) error {
			_, err := c.discovery.ClaimIdea(ctx, discovery.ClaimHypothesis{HypothesisID: id, From: from})
			return err
		}),
		c.each(ctx, `SELECT id FROM recommendations WHERE giver_id = $1 ORDER BY id`, from, func(id uuid.UUID) error {
			_, err := c.recommendations.Claim(ctx, recommendation.ClaimRecommendation{RecommendationID: id, From: from})
			return err
		}),
	)
}

// each does something with every id that a query yields. What is gone meanwhile is left.
func (c claims) each(ctx context.Context, sql string, from uuid.UUID, do func(uuid.UUID) error) error {
	rows, err := c.pool.Query(ctx, sql, from)
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return err
	}
	for _, id := range ids {
		var known *domain.Error
		if err := do(id); err != nil && !(errors.As(err, &known) && known.Kind == domain.KindNotFound) {
			return err
		}
	}
	return nil
}
