// Package configuration decides which versions of the product's rules, texts and lists are in force.
// Each module of configuration has versions, which are published and never change, and one of them is
// active. Version 0 is what the product comes with.
package configuration

import (
	"encoding/json"

	"gifty/domain"
)

// Published records a new version of a module.
type Published struct {
	Module         string          `json:"module"`
	Version        int             `json:"version"` // 1, 2, 3 … in the module
	Config         json.RawMessage `json:"config"`
	PromptTemplate string          `json:"prompt_template,omitempty"`
	Note           string          `json:"note,omitempty"` // why, for people
}

// Activated records which version is in force from now on.
type Activated struct {
	Module  string `json:"module"`
	Version int    `json:"version"`
	Former  int    `json:"former"`
}

// RolledBack records that the version that was in force before is so again.
type RolledBack struct {
	Module  string `json:"module"`
	Version int    `json:"version"`
	Former  int    `json:"former"` // which did not do
}

// Events registers the context's events.
func Events() []domain.EventType {
	return []domain.EventType{
		domain.Type[Published]("configuration.published.v1"),
		domain.Type[Activated]("configuration.activated.v1"),
		domain.Type[RolledBack]("configuration.rolled_back.v1"),
	}
}
