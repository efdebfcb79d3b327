package analytics

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/analytics"
	"gifty/eventstore"
	"gifty/projections"
	"gifty/projections/events"
)

// Group is an analytics.Group of the funnels that come with the product.
type Group struct {
	Kind  string            `json:"kind" db:"pk" doc:"the funnels' entity, or the field by which something is looked up"`
	ID    uuid.UUID         `json:"id" db:"pk" doc:"of the entity's key, or the first part of it: a UUID itself, else made of the text"`
	Ways  analytics.Ways    `json:"ways"`
	Told  map[string]string `json:"told" doc:"by field: what the key stands for"`
	Place int64             `json:"place" doc:"of the last event"`
	Until time.Time         `json:"until" doc:"when the latest event occurred"`
}

// FunnelWays is how far everything has come in the funnels that come with the product. It is what a replay
// holds in memory, so that their answers, which Live gives, take neither.
//
// The version grows with the funnels' definitions: a test tells.
var FunnelWays = projections.Table[Group]{
	Name: "funnel_ways", Version: 3,
	Doc:        "How far entities have come in the shipped funnels.",
	Impersonal: true, // so the funnels' figures do not change when somebody is erased
	Fold:       projections.FoldAny(wayRules),
	Indexes:    []string{`CREATE INDEX ON {table} (place)`},
}

// shippedPlan is the funnels that come with the product, together.
func shippedPlan(types *eventstore.Types) (*analytics.Plan, error) {
	shipped, err := analytics.Shipped()
	if err != nil {
		return nil, err
	}
	return analytics.NewPlan(Schema(types), analytics.Permission{}, shipped...)
}

func wayRules(types *eventstore.Types) ([]projections.Rule[Group], error) {
	plan, err := shippedPlan(types)
	if err != nil {
		return nil, err
	}
	var rules []projections.Rule[Group]
	registered := types.All()
	for kind, name := range plan.Types() {
		r := reader{kind: kind, fields: readersOf(registered[name], plan.Fields(kind))}
		rules = append(rules, projections.OnAny(registered[name],
			func(event any, m domain.Meta) *analytics.Visit { return plan.Visit(r.read(event, m)) },
			func(dst []Group, v *analytics.Visit) []Group {
				for _, k := range v.Groups() {
					dst = append(dst, Group{Kind: k.Kind, ID: k.ID})
				}
				return dst
			},
			func(w *Group, v *analytics.Visit, m domain.Meta) {
				group := analytics.Group{Ways: w.Ways, Told: w.Told}
				plan.Add(analytics.GroupKey{Kind: w.Kind, ID: w.ID}, &group, v)
				w.Ways, w.Told, w.Place = group.Ways, group.Told, int64(m.Position)
				if m.OccurredAt.After(w.Until) {
					w.Until = m.OccurredAt
				}
			}))
	}
	return rules, nil
}

// reader takes the fields that a plan needs out of an event that is decoded already. What it finds is what
// the decoder of raw events finds.
type reader struct {
	kind   int
	fields []func(event any, m domain.Meta, with func(string))
}

func (r reader) read(event any, m domain.Meta) *analytics.Event {
	e := analytics.NewEvent(len(r.fields))
	e.Begin(r.kind, m.OccurredAt.UnixMicro())
	for _, f := range r.fields {
		f(event, m, e.Value)
		e.End()
	}
	return e
}

func readersOf(event reflect.Type, paths []string) (list []func(any, domain.Meta, func(string))) {
	known := events.Fields(event)
	for _, path := range paths {
		if common := commonFields()[path]; common != nil {
			list = append(list, func(_ any, m domain.Meta, with func(string)) {
				if text := common(m); text != "" {
					with(text)
				}
			})
			continue
		}
		f := known[slices.IndexFunc(known, func(f events.Field) bool { return f.Path == path })]
		list = append(list, func(event any, _ domain.Meta, with func(string)) { f.Texts(event, with) })
	}
	return list
}

// commonFields are those that every event has.
func commonFields() map[string]func(domain.Meta) string {
	return map[string]func(domain.Meta) string{
		fieldStream:      func(m domain.Meta) string { return m.Stream },
		fieldActor:       func(m domain.Meta) string { return m.Actor },
		fieldCorrelation: func(m domain.Meta) string { return m.CorrelationID.String() },
		fieldDay:         func(m domain.Meta) string { return m.OccurredAt.UTC().Format(time.DateOnly) },
		fieldGiver: func(m domain.Meta) string {
			giver, _ := strings.CutPrefix(m.Actor, giverActor)
			if giver == m.Actor {
				return ""
			}
			return giver
		},
	}
}

// placed is a row beside how far the table has come. Its ways are still to be read.
type placed struct {
	Position domain.Position   `json:"position"`
	Kind     string            `json:"kind"` // empty: there is no row
	ID       uuid.UUID         `json:"id"`
	Ways     string            `json:"ways"`
	Told     map[string]string `json:"told"`
	Until    time.Time         `json:"until"`
}

// group reads the ways.
func (p placed) group() (g analytics.Group, err error) {
	g.Told = p.Told
	return g, g.Ways.UnmarshalJSON([]byte(p.Ways))
}

// readWays reads, in one snapshot, how far the table has come and the rows that have moved since a place;
// at least one row, which is empty when none has.
const readWays = `SELECT c.position, coalesce(w.kind, '') AS kind, coalesce(w.id, '00000000-0000-0000-0000-000000000000') AS id,
		coalesce(w.ways::text, '[]') AS ways, coalesce(w.told, '{}') AS told, coalesce(w.until, 'epoch') AS until
	FROM checkpoints c LEFT JOIN funnel_ways w ON w.place > $1 WHERE c.read_table = 'funnel_ways' AND c.version = $2 AND c.active`

// waysSince is what has changed since a place in the log; nothing at all while another version serves.
func waysSince(ctx context.Context, db projections.Querier, place domain.Position) ([]placed, error) {
	return projections.Select[placed](ctx, db, readWays, int64(place), FunnelWays.Version)
}
