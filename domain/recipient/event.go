// Package recipient decides about the people that gifts are for. A recipient belongs to a giver
// and has no login.
package recipient

import (
	"time"

	"github.com/google/uuid"

	"gifty/domain"
)

// Created records that a giver described somebody.
type Created struct {
	RecipientID uuid.UUID `json:"recipient_id"`
	GiverID     uuid.UUID `json:"giver_id"`
	Profile
}

// Changed records that the description is now this one.
type Changed struct {
	RecipientID uuid.UUID `json:"recipient_id"`
	Fields      []string  `json:"fields"` // JSON names of what differs from before, sorted
	Profile
}

// Deleted records that the giver took the recipient away, and what hangs on them goes too.
type Deleted struct {
	RecipientID uuid.UUID `json:"recipient_id"`
}

// Claimed records that the giver who described somebody anonymously has an account now.
type Claimed struct {
	RecipientID uuid.UUID `json:"recipient_id"`
	GiverID     uuid.UUID `json:"giver_id"`
	From        uuid.UUID `json:"from"` // the anonymous giver
}

// Profile is what is known of a recipient. Empty and nil mean unknown.
type Profile struct {
	Name      string     `json:"name,omitempty" personal:"recipient_id"`
	Relation  Relation   `json:"relation"`
	Person    string     `json:"person,omitempty" personal:"recipient_id"` // finer than Relation: "father", "boss"
	Gender    string     `json:"gender,omitempty" personal:"recipient_id"`
	Age       *int       `json:"age,omitempty" personal:"recipient_id"`        // years, 0–130, as told; AgeAt knows better
	BirthDate *time.Time `json:"birth_date,omitempty" personal:"recipient_id"` // midnight UTC
	Interests []string   `json:"interests" personal:"recipient_id"`
}

// Relation is who the recipient is to the giver.
type Relation string

// Relations lists the values.
func Relations() []Relation {
	return []Relation{"partner", "friend", "best_friend", "relative", "colleague", "child", Unknown}
}

// Unknown is the relation of a recipient about whom it was not told.
const Unknown Relation = "unknown"

// Events registers the context's events.
func Events() []domain.EventType {
	return []domain.EventType{
		domain.Type[Created]("recipient.created.v1"),
		domain.Type[Changed]("recipient.changed.v1"),
		domain.Type[Deleted]("recipient.deleted.v1"),
		domain.Type[Claimed]("recipient.claimed.v1"),
		domain.Type[Erased]("recipient.erased.v1"),
	}
}
