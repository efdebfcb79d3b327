package main

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"gifty/domain"
	domaindiscovery "gifty/domain/discovery"
	domainrecommendation "gifty/domain/recommendation"
	"gifty/http"
)

// nothingFits says, when no idea has a product, why that is and what comes nearest; else nothing. It only
// looks: no page is served, so none is logged.
func (a *app) nothingFits(ctx context.Context, told domaindiscovery.Brief, recipient uuid.UUID, ideas []idea) (string, error) {
	if slices.ContainsFunc(ideas, func(i idea) bool { return len(i.Products) > 0 }) {
		return "", nil
	}
	ask := domainrecommendation.Ask{
		GiverID: domain.LocalGiver.Giver, RecipientID: &recipient, Brief: http.BriefOf(told), Limit: domainrecommendation.DefaultLimit,
	}
	for _, i := range ideas {
		ask.Ideas = append(ask.Ideas, domainrecommendation.Idea{Title: i.Title, Queries: i.SearchQueries})
	}
	page, err := a.recommendations.Recommender.Recommend(ctx, ask)
	if err != nil || page.Notice == nil {
		return "", err
	}
	return page.Notice.Text, nil
}
