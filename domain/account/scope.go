// Package account decides about who may do what: the people that sign in, the credentials by which they
// do, and the tokens of programs. Secrets are not here: it knows of them that they exist.
package account

import (
	"slices"
	"strings"

	"gifty/domain"
)

// Scope is something that a token, or a person on the staff, may do.
type Scope string

// The scopes. What givers do with their own things needs none.
const (
	Admin              Scope = "admin"               // all of the others
	AdminAccounts      Scope = "admin:accounts"      // other people's accounts: their scopes, their sessions
	AdminConfiguration Scope = "admin:configuration" // rules, texts and lists
	AdminProjections   Scope = "admin:projections"   // rebuild, roll back, replay, stop
	AnalystRead        Scope = "analyst:read"        // the log and what is folded from it, without personal fields
	AnalystPersonal    Scope = "analyst:personal"    // personal fields, too
	CrawlerIngest      Scope = "crawler:ingest"      // put products into the catalogue
	MetricsRead        Scope = "metrics:read"        // /metrics
	WorkerCompute      Scope = "worker:compute"      // vectors and scores of products
)

// Scopes lists them.
func Scopes() []Scope {
	return []Scope{
		Admin, AdminAccounts, AdminConfiguration, AdminProjections, AnalystRead, AnalystPersonal, CrawlerIngest, MetricsRead, WorkerCompute,
	}
}

// Includes tells whether who has these scopes may do what wanted says.
func Includes(have []Scope, wanted Scope) bool {
	return slices.Contains(have, wanted) || slices.Contains(have, Admin)
}

// checkScopes puts them into order, each once; what is no scope is refused.
func checkScopes(scopes []Scope) ([]Scope, error) {
	known := Scopes()
	for _, s := range scopes {
		if !slices.Contains(known, s) {
			names := make([]string, len(known))
			for i, k := range known {
				names[i] = string(k)
			}
			return nil, domain.Invalid("scope_unknown", "there is no scope %q; there are %s", s, strings.Join(names, ", "))
		}
	}
	scopes = slices.Clone(scopes)
	slices.Sort(scopes)
	return slices.Compact(scopes), nil
}
