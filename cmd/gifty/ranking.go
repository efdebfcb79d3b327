package main

import (
	"context"

	"gifty/domain"
	"gifty/domain/configuration"
	"gifty/domain/recommend"
	"gifty/projections/recommendation"
)

// rankingIn is the ranking that --policies names, or else the one in force in a log.
func (c Config) rankingIn(ctx context.Context, log domain.Log) (r recommendation.Ranking, err error) {
	if c.Policies != "" {
		return c.ranking()
	}
	all, err := modules()
	if err != nil {
		return r, err
	}
	r, _, err = inForce(configuration.Commands{Log: log, Modules: all}, rankingModule, recommendation.ParseRanking).Current(ctx)
	return r, err
}

// publishedPolicies are those of all rankings that were ever published in a log. Policies that differ under the
// same name and version are refused: a page tells no more of what ranked it than these.
func publishedPolicies(ctx context.Context, log domain.Log) (policies []recommend.Policy, err error) {
	all, err := modules()
	if err != nil {
		return nil, err
	}
	_, conf, err := configuration.Commands{Log: log, Modules: all}.Load(ctx, rankingModule)
	if err != nil {
		return nil, err
	}
	for _, revision := range conf.Published {
		r, err := recommendation.ParseRanking(revision.Config)
		if err != nil {
			return nil, err
		}
		policies = append(policies, r.Policies...)
	}
	for i, p := range policies {
		for _, q := range policies[:i] {
			if p != q && p.Name == q.Name && p.Version == q.Version {
				return nil, domain.Invalid("policy_version_used", "policy %s version %d was published twice, and differs: the log can't tell which of them served a page", p.Name, p.Version)
			}
		}
	}
	return policies, nil
}
