package main

import (
	"context"

	"github.com/google/uuid"

	domaindiscovery "gifty/domain/discovery"
	domainrecommendation "gifty/domain/recommendation"
)

// wards shows recipients to the recommendation context, as the discovery context sees them.
type wards struct {
	recipients domaindiscovery.Recipients
}

// Recipient loads the acting giver's recipient.
func (w wards) Recipient(ctx context.Context, id uuid.UUID) (domainrecommendation.Person, error) {
	p, err := w.recipients.Recipient(ctx, id)
	return domainrecommendation.Person{
		Age: p.Age, Gender: p.Gender, Relation: p.Relation, Interests: p.Interests, Unchanged: p.Unchanged,
	}, err
}
