package account

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"gifty/domain"
)

// Profile is what a user tells of themselves. Empty and nil mean untold.
type Profile struct {
	Name      string          `json:"name,omitempty" personal:"user_id"`
	Surname   string          `json:"surname,omitempty" personal:"user_id"`
	Age       *int            `json:"age,omitempty" personal:"user_id"` // years, 0–130
	Gender    Gender          `json:"gender"`
	Interests []string        `json:"interests" personal:"user_id"`
	Contacts  json.RawMessage `json:"contacts,omitempty" personal:"user_id"` // a JSON object
}

// Gender is a user's.
type Gender string

// Genders lists the values; the last is that of who has not told.
func Genders() []Gender { return []Gender{"male", "female", GenderUndefined} }

// GenderUndefined is the gender of who has not told.
const GenderUndefined Gender = "undefined"

// Limits of a profile.
const (
	maxName      = 200 // characters
	maxAge       = 130
	maxInterests = 50
	maxContacts  = 10_000 // bytes
)

var errProfile = domain.Invalid("profile_invalid", "the profile cannot be stored as described; correct the fields listed")

// normalise trims what is told, and refuses what can't be meant.
func (p Profile) normalise() (Profile, error) {
	p.Name, p.Surname = strings.TrimSpace(p.Name), strings.TrimSpace(p.Surname)
	if p.Gender == "" {
		p.Gender = GenderUndefined
	}
	wrong := errProfile
	for _, f := range []struct{ path, text string }{{"name", p.Name}, {"surname", p.Surname}} {
		if utf8.RuneCountInString(f.text) > maxName {
			wrong = wrong.On(f.path, "must have at most %d characters", maxName)
		}
	}
	if p.Age != nil && (*p.Age < 0 || *p.Age > maxAge) {
		wrong = wrong.On("age", "must be from 0 to %d", maxAge)
	}
	if !slices.Contains(Genders(), p.Gender) {
		wrong = wrong.On("gender", "must be one of male, female, undefined")
	}
	interests := []string{}
	for _, i := range p.Interests {
		if i = strings.TrimSpace(i); i != "" && !slices.Contains(interests, i) {
			interests = append(interests, i)
		}
		if utf8.RuneCountInString(i) > maxName {
			wrong = wrong.On("interests", "must have at most %d characters each", maxName)
		}
	}
	if p.Interests = interests; len(interests) > maxInterests {
		wrong = wrong.On("interests", "must be at most %d", maxInterests)
	}
	if string(p.Contacts) == "null" {
		p.Contacts = nil
	}
	var object map[string]any
	if len(p.Contacts) > maxContacts || len(p.Contacts) > 0 && json.Unmarshal(p.Contacts, &object) != nil {
		wrong = wrong.On("contacts", "must be a JSON object of at most %d bytes", maxContacts)
	}
	if len(wrong.Fields) > 0 {
		return p, wrong
	}
	return p, nil
}

func (p Profile) equal(q Profile) bool {
	sameAge := p.Age == q.Age || p.Age != nil && q.Age != nil && *p.Age == *q.Age
	return p.Name == q.Name && p.Surname == q.Surname && sameAge && p.Gender == q.Gender &&
		slices.Equal(p.Interests, q.Interests) && bytes.Equal(p.Contacts, q.Contacts)
}
