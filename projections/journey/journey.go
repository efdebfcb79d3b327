// Package journey finds, across givers, which streams of the log tell what happened around a
// recipient or in a session. It is for analysts: who may ask, the caller decides.
package journey

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"gifty/domain/discovery"
	"gifty/domain/recipient"
	"gifty/domain/recommendation"
	"gifty/projections"
)

// Most is how many streams of a kind are found at most, the newest.
const Most = 500

// row is a thing with a stream of its own.
type row struct {
	Kind string    `json:"kind"`
	ID   uuid.UUID `json:"id"`
}

func (r row) stream() string {
	switch r.Kind {
	case "recommendation":
		return recommendation.Stream(r.ID)
	case "hypothesis":
		return discovery.HypothesisStream(r.ID)
	case "interaction":
		return discovery.InteractionStream(r.ID)
	case "search":
		return discovery.SearchStream(r.ID)
	}
	return discovery.SessionStream(r.ID)
}

// of selects what is of a recipient or a session, by one column that all these tables have.
func of(column string) string {
	var parts []string
	for _, table := range [][2]string{{"recommendations", "recommendation"}, {"hypotheses", "hypothesis"}, {"interactions", "interaction"}, {"search_logs", "search"}} {
		parts = append(parts, `(SELECT '`+table[1]+`' AS kind, id FROM `+table[0]+` WHERE `+column+` ORDER BY place DESC LIMIT $2)`)
	}
	return strings.Join(parts, ` UNION ALL `)
}

// StreamsOfRecipient lists where it stands what happened around a recipient. Those of one who was
// deleted are no longer known, but for their own.
func StreamsOfRecipient(ctx context.Context, db projections.Querier, id uuid.UUID) ([]string, error) {
	sessions, err := projections.Select[row](ctx, db,
		`SELECT 'session' AS kind, id FROM session_view WHERE recipient_id = $1 ORDER BY place DESC LIMIT $2`, id, Most)
	if err != nil {
		return nil, err
	}
	rows, err := projections.Select[row](ctx, db, of("recipient_id = $1::uuid"), id, Most)
	streams := []string{recipient.Stream(id)}
	for _, r := range append(sessions, rows...) {
		streams = append(streams, r.stream())
	}
	return streams, err
}

// StreamsOfSession lists where it stands what happened in a dialogue or a quiz.
func StreamsOfSession(ctx context.Context, db projections.Querier, id string) ([]string, error) {
	rows, err := projections.Select[row](ctx, db, of("session_id = $1::text"), id, Most)
	streams := []string{discovery.QuizStream(id)}
	if dialogue, err := uuid.Parse(id); err == nil {
		streams = append(streams, discovery.SessionStream(dialogue))
	}
	for _, r := range rows {
		streams = append(streams, r.stream())
	}
	return streams, err
}
