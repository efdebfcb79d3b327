// Package analytics asks the log what package domain/analytics can answer: it tells that what events
// and fields there are, takes the fields that are needed out of stored events, and runs funnels over
// the log as jobs.
package analytics

import (
	"gifty/domain/analytics"
	"gifty/eventstore"
	"gifty/projections/events"
)

// The fields that every event has besides its payload's.
const (
	fieldStream      = "@stream"
	fieldActor       = "@actor"
	fieldGiver       = "@giver" // the giver's id where a giver was the actor
	fieldCorrelation = "@correlation_id"
	fieldDay         = "@day" // when it occurred, UTC: 2006-01-02
)

// giverActor is how the actor begins where a giver acted.
const giverActor = "giver:"

// Schema is what can be asked of the registered events. Fields of no fixed shape can't.
func Schema(types *eventstore.Types) analytics.Schema {
	schema := analytics.Schema{}
	for _, event := range types.All() {
		fields := map[string]analytics.FieldKind{fieldStream: {}, fieldActor: {}, fieldGiver: {}, fieldCorrelation: {}, fieldDay: {}}
		for _, f := range events.Fields(event) {
			if f.Kind != events.Any {
				fields[f.Path] = analytics.FieldKind{Number: f.Kind == events.Number, Personal: len(f.Personal) > 0}
			}
		}
		for _, name := range types.Names(event) {
			schema[name] = fields
		}
	}
	return schema
}
