// Package all lists every event type and every read table that the product has. A new table is a
// file in its context's package and a line here.
package all

import (
	"slices"

	"gifty/domain/account"
	"gifty/domain/catalogue"
	"gifty/domain/configuration"
	"gifty/domain/discovery"
	"gifty/domain/erasure"
	"gifty/domain/recipient"
	"gifty/domain/recommendation"
	"gifty/eventstore"
	"gifty/projections"
	readaccount "gifty/projections/account"
	readanalytics "gifty/projections/analytics"
	readcatalogue "gifty/projections/catalogue"
	readconfiguration "gifty/projections/configuration"
	readdiscovery "gifty/projections/discovery"
	readrecipient "gifty/projections/recipient"
	readrecommendation "gifty/projections/recommendation"
)

// Types registers the events of every context.
func Types() (*eventstore.Types, error) {
	return eventstore.NewTypes(slices.Concat(account.Events(), configuration.Events(), erasure.Events(), recipient.Events(), catalogue.Events(), discovery.Events(), recommendation.Events())...)
}

// Tables are the read tables of every context.
func Tables() []projections.Definition {
	return []projections.Definition{
		readaccount.Users, readaccount.Profiles, readaccount.OAuthAccounts,
		readrecipient.Recipients, readrecipient.History,
		readcatalogue.Products, readcatalogue.CategoryMaps, readcatalogue.Embeddings,
		readdiscovery.Hypotheses, readdiscovery.Links, readdiscovery.Interactions, readdiscovery.SearchLogs, readdiscovery.ModelCalls, readdiscovery.Outcomes,
		readdiscovery.Sessions, readdiscovery.Steps, readconfiguration.Configurations,
		readanalytics.FunnelWays,
		readrecommendation.Recommendations, readrecommendation.Items, readrecommendation.Reactions, readrecommendation.RankingStatistics,
	}
}
