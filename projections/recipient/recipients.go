// Package recipient holds the read tables about the people that gifts are for.
package recipient

import (
	"context"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/recipient"
	"gifty/projections"
)

// Recipient is a person that gifts are for.
type Recipient struct {
	ID        uuid.UUID  `json:"id" db:"pk"`
	UserID    uuid.UUID  `json:"user_id" doc:"the giver"`
	Name      *string    `json:"name" personal:"id"`
	Relation  string     `json:"relation" doc:"who they are to the giver"`
	Person    *string    `json:"person" personal:"id" doc:"the same in a finer word, where one was told: father, boss"`
	Gender    *string    `json:"gender" personal:"id"`
	Age       *int       `json:"age" personal:"id" doc:"years, as told"`
	BirthDate *time.Time `json:"birth_date" personal:"id"`
	Interests []string   `json:"interests" personal:"id"`
	Version   int        `json:"version" doc:"send it as If-Match to change what you read"`
	projections.Stamps
}

// Recipients is every recipient that was not deleted.
var Recipients = projections.Table[Recipient]{
	Name: "recipients", Version: 3,
	Doc: "A person that gifts are for, as their giver describes them.",
	Fold: projections.Fold(
		projections.On(
			func(e recipient.Created, _ domain.Meta) Recipient { return Recipient{ID: e.RecipientID} },
			func(r *Recipient, e recipient.Created, m domain.Meta) { r.UserID = e.GiverID; r.take(e.Profile, m) }),
		projections.Change(
			func(e recipient.Changed, _ domain.Meta) Recipient { return Recipient{ID: e.RecipientID} },
			func(r *Recipient, e recipient.Changed, m domain.Meta) { r.take(e.Profile, m) }),
		projections.Change(
			func(e recipient.Claimed, _ domain.Meta) Recipient { return Recipient{ID: e.RecipientID} },
			func(r *Recipient, e recipient.Claimed, m domain.Meta) { r.UserID, r.Version = e.GiverID, m.Version }),
		projections.Remove(
			func(e recipient.Deleted, _ domain.Meta) Recipient { return Recipient{ID: e.RecipientID} }),
	),
	Indexes: []string{`CREATE INDEX ON {table} (user_id, created_at DESC, id DESC)`},
}

func (r *Recipient) take(p recipient.Profile, m domain.Meta) {
	r.Name, r.Relation, r.Person = orNull(p.Name), string(p.Relation), orNull(p.Person)
	r.Gender, r.Age = orNull(p.Gender), p.Age
	r.BirthDate, r.Interests, r.Version = p.BirthDate, p.Interests, m.Version
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// List reads a giver's recipients, newest first.
func List(ctx context.Context, db projections.Querier, giver uuid.UUID, page projections.PageRequest) (projections.Page[Recipient], error) {
	return projections.SelectPage[Recipient](ctx, db, projections.List{
		SQL: `SELECT * FROM recipients WHERE user_id = $1`, Args: []any{giver}, By: []string{"created_at", "id"}, Desc: true,
	}, page)
}

// Get reads one recipient of a giver, or recipient.ErrNotFound.
func Get(ctx context.Context, db projections.Querier, giver, id uuid.UUID) (Recipient, error) {
	r, ok, err := projections.First[Recipient](ctx, db, `SELECT * FROM recipients WHERE user_id = $1 AND id = $2`, giver, id)
	if err == nil && !ok {
		err = recipient.ErrNotFound
	}
	return r, err
}
