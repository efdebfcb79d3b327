package recipient

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gifty/domain"
)

// Limits of a profile, in characters.
const (
	MaxAge       = 130
	maxName      = 200
	maxPerson    = 100
	maxGender    = 50
	maxInterests = 50
	maxInterest  = 200
)

// earliestDawn is how far ahead of UTC the day begins: whoever was born today in Kiribati was not
// born in the future.
const earliestDawn = 14 * time.Hour

var errInvalid = domain.Invalid("recipient_invalid", "the recipient cannot be stored as described; correct the fields listed")

// AgeAt is the age in full years at a moment: as told, else by the birth date; nil when neither is
// known. Who was born on 29 February grows older on 1 March in other years.
func (p Profile) AgeAt(now time.Time) *int {
	if p.Age != nil || p.BirthDate == nil {
		return p.Age
	}
	years := max(0, yearsBetween(*p.BirthDate, now.UTC()))
	return &years
}

func yearsBetween(birth, now time.Time) int {
	years := now.Year() - birth.Year()
	if birthday := time.Date(now.Year(), birth.Month(), birth.Day(), 0, 0, 0, 0, time.UTC); now.Before(birthday) {
		years--
	}
	return years
}

// agree refuses an age and a birth date that cannot both be true. A year either way is near enough:
// people round, and birthdays come.
func (p Profile) agree(now time.Time) error {
	if p.Age == nil || p.BirthDate == nil {
		return nil
	}
	years := yearsBetween(*p.BirthDate, now.UTC())
	if difference := years - *p.Age; difference < -1 || difference > 1 {
		return errInvalid.On("age", "is %d, and who was born on %s is %d; leave one of them out", *p.Age, p.BirthDate.Format(time.DateOnly), years)
	}
	return nil
}

func (p Profile) normalise(now time.Time) (Profile, error) {
	bad := errInvalid
	p.Name, bad = text(p.Name, maxName, "name", bad)
	p.Person, bad = text(p.Person, maxPerson, "person", bad)
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
		switch {
		case day.After(now.UTC().Add(earliestDawn)):
			bad = bad.On("birth_date", "is in the future")
		case yearsBetween(day, now.UTC()) > MaxAge:
			bad = bad.On("birth_date", "is more than %d years ago", MaxAge)
		}
	}
	p.Interests, bad = interests(p.Interests, bad)
	if len(bad.Fields) > 0 {
		return p, bad
	}
	return p, nil
}

// interests keeps each once. A blank one is refused: it says nothing, and whoever sent it meant something.
func interests(told []string, bad *domain.Error) ([]string, *domain.Error) {
	if len(told) > maxInterests {
		return nil, bad.On("interests", "must be at most %d, are %d", maxInterests, len(told))
	}
	kept := make([]string, 0, len(told))
	for i, s := range told {
		at, blamed := fmt.Sprintf("interests[%d]", i), len(bad.Fields)
		s, bad = text(s, maxInterest, at, bad)
		switch {
		case len(bad.Fields) > blamed:
		case s == "":
			bad = bad.On(at, "must not be blank")
		case !slices.Contains(kept, s):
			kept = append(kept, s)
		}
	}
	return kept, bad
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
