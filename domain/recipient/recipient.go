package recipient

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

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

// Create begins a recipient of a giver.
func (r *Recipient) Create(id, giver uuid.UUID, p Profile) error {
	p, err := p.normalise()
	if err != nil {
		return err
	}
	domain.Record(r, Created{RecipientID: id, GiverID: giver, Profile: p})
	return nil
}

// Change replaces the description. The same description again changes nothing.
func (r *Recipient) Change(p Profile) error {
	p, err := p.normalise()
	if err != nil {
		return err
	}
	if fields := r.Profile.differs(p); len(fields) > 0 {
		domain.Record(r, Changed{RecipientID: r.ID, Fields: fields, Profile: p})
	}
	return nil
}

// Delete takes the recipient away.
func (r *Recipient) Delete() { domain.Record(r, Deleted{RecipientID: r.ID}) }

// Limits of a profile, in characters.
const (
	MaxAge       = 130
	maxName      = 200
	maxGender    = 50
	maxInterests = 50
	maxInterest  = 200
)

func (p Profile) normalise() (Profile, error) {
	bad := domain.Invalid("recipient_invalid", "the recipient cannot be stored as described; correct the fields listed")
	p.Name, bad = text(p.Name, maxName, "name", bad)
	p.Gender, bad = text(p.Gender, maxGender, "gender", bad)
	if p.Relation == "" {
		p.Relation = Unknown
	}
	if !slices.Contains(Relations(), p.Relation) {
		bad = bad.On("relation", "must be one of partner, friend, best_friend, relative, colleague, child, unknown")
	}
	if p.Age != nil && (*p.Age < 0 || *p.Age > MaxAge) {
		bad = bad.On("age", "must be 0 to %d years, is %d", MaxAge, *p.Age)
	}
	if p.BirthDate != nil {
		day := p.BirthDate.UTC().Truncate(24 * time.Hour)
		p.BirthDate = &day
		if day.Year() < 1880 || day.Year() > 9999 {
			bad = bad.On("birth_date", "must be a date from 1880 on")
		}
	}
	interests := make([]string, 0, len(p.Interests))
	if len(p.Interests) > maxInterests {
		bad = bad.On("interests", "must be at most %d, are %d", maxInterests, len(p.Interests))
	}
	for _, interest := range p.Interests {
		if interest, bad = text(interest, maxInterest, "interests", bad); interest != "" && !slices.Contains(interests, interest) {
			interests = append(interests, interest)
		}
	}
	p.Interests = interests
	if len(bad.Fields) > 0 {
		return p, bad
	}
	return p, nil
}

// text trims and drops control characters; what is too long or no UTF-8 is blamed on its field.
func text(s string, limit int, field string, bad *domain.Error) (string, *domain.Error) {
	if !utf8.ValidString(s) {
		return "", bad.On(field, "is not valid UTF-8")
	}
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s))
	if n := utf8.RuneCountInString(s); n > limit {
		return "", bad.On(field, "must have at most %d characters, has %d", limit, n)
	}
	return s, bad
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
	add("relation", p.Relation == q.Relation)
	return fields
}

func equal[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }
