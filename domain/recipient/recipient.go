package recipient

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
)

// Recipient is a person that gifts are for.
type Recipient struct {
	domain.Root
	ID      uuid.UUID
	Giver   uuid.UUID
	Profile Profile
	Deleted bool
	Erased  bool
}

// Stream is where a recipient's events are.
func Stream(id uuid.UUID) string { return "recipient-" + id.String() }

// Apply folds one event of the stream.
func (r *Recipient) Apply(event any) {
	switch e := event.(type) {
	case Created:
		r.ID, r.Giver, r.Profile = e.RecipientID, e.GiverID, e.Profile
	case Changed:
		r.Profile = e.Profile
	case Deleted:
		r.Deleted = true
	case Claimed:
		r.Giver = e.GiverID
	case Erased:
		r.Erased = true
	}
}

// ErrNotFound answers for a recipient that does not exist, was deleted, or is another giver's:
// which of these is nobody's business.
var ErrNotFound = domain.NotFound("recipient_not_found", "there is no such recipient")

// For returns an error unless the recipient is there and the principal's.
func (r *Recipient) For(p domain.Principal) error {
	if !r.Exists() || r.Deleted || !p.Owns(r.Giver) {
		return ErrNotFound
	}
	return nil
}

// Create begins a recipient of a giver. now is the present moment, in UTC: nobody is born after it.
func (r *Recipient) Create(id, giver uuid.UUID, p Profile, now time.Time) error {
	p, err := p.normalise(now)
	if err == nil {
		err = p.agree(now)
	}
	if err != nil {
		return err
	}
	domain.Record(r, Created{RecipientID: id, GiverID: giver, Profile: p})
	return nil
}

// Change replaces the description. The same description again changes nothing. now is as in Create.
func (r *Recipient) Change(p Profile, now time.Time) error {
	p, err := p.normalise(now)
	if err != nil {
		return err
	}
	fields := r.Profile.differs(p)
	// An age grows stale beside a birth date: only what is told now must agree.
	if slices.Contains(fields, "age") || slices.Contains(fields, "birth_date") {
		if err := p.agree(now); err != nil {
			return err
		}
	}
	if len(fields) > 0 {
		domain.Record(r, Changed{RecipientID: r.ID, Fields: fields, Profile: p})
	}
	return nil
}

// Delete takes the recipient away.
func (r *Recipient) Delete() { domain.Record(r, Deleted{RecipientID: r.ID}) }

// Claim makes the recipient the giver's who described them anonymously. Once they are theirs, again
// changes nothing.
func (r *Recipient) Claim(from, giver uuid.UUID) error {
	switch {
	case r.Exists() && !r.Deleted && r.Giver == giver:
		return nil
	case !r.Exists() || r.Deleted || r.Giver != from:
		return ErrNotFound
	}
	domain.Record(r, Claimed{RecipientID: r.ID, GiverID: giver, From: from})
	return nil
}

func (p Profile) differs(q Profile) (fields []string) {
	add := func(name string, same bool) {
		if !same {
			fields = append(fields, name)
		}
	}
	add("age", equal(p.Age, q.Age))
	add("birth_date", p.BirthDate == q.BirthDate || p.BirthDate != nil && q.BirthDate != nil && p.BirthDate.Equal(*q.BirthDate))
	add("gender", p.Gender == q.Gender)
	add("interests", slices.Equal(p.Interests, q.Interests))
	add("name", p.Name == q.Name)
	add("person", p.Person == q.Person)
	add("relation", p.Relation == q.Relation)
	return fields
}

func equal[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }
