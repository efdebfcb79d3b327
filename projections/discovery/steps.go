package discovery

import (
	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/erasure"
	"gifty/domain/recipient"
	"gifty/projections"
)

// Step is something that a dialogue waits for.
type Step struct {
	ID            uuid.UUID  `json:"id" db:"pk"`
	Subject       uuid.UUID  `json:"subject" doc:"the session"`
	GiverID       uuid.UUID  `json:"giver_id"`
	RecipientID   *uuid.UUID `json:"recipient_id"`
	Kind          string     `json:"kind" enum:"open,track,more,hints,probe"`
	EventID       uuid.UUID  `json:"event_id" doc:"that asked for it"`
	CorrelationID uuid.UUID  `json:"correlation_id"`
	Place         int64      `json:"place"`
	projections.Stamps
}

// Steps is what is to be done for dialogues: a step is here from when it is asked for until its outcome is
// in the log. Made anew from the log it holds what is still to be done, and nothing is done twice.
var Steps = projections.Table[Step]{
	Name: "discovery_steps", Version: 2,
	Doc: "Something that a dialogue waits for.",
	Fold: projections.Fold(
		projections.Put(func(e discovery.StepRequested, m domain.Meta) Step {
			return Step{
				ID: e.StepID, Subject: e.SessionID, GiverID: e.GiverID, RecipientID: e.RecipientID, Kind: string(e.Kind),
				EventID: m.EventID, CorrelationID: m.CorrelationID, Place: int64(m.Position),
			}
		}),
		projections.Remove(func(e discovery.StepTaken, _ domain.Meta) Step { return Step{ID: e.StepID} }),
		projections.RemoveEach[Step]("recipient_id", func(e recipient.Deleted, _ domain.Meta) uuid.UUID { return e.RecipientID }),
		projections.RemoveEach[Step]("giver_id", func(e erasure.GiverErased, _ domain.Meta) uuid.UUID { return e.GiverID }),
	),
	Indexes: []string{
		`CREATE INDEX ON {table} (place)`,
		`CREATE INDEX ON {table} (giver_id)`,
		`CREATE INDEX ON {table} (recipient_id)`,
	},
}
