package recommendation

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"gifty/domain"
)

// Ask is what a page is to be made for.
type Ask struct {
	ID          uuid.UUID // of the recommendation
	Seed        int64     // what all chance is drawn from, 0 to 2⁵³-1
	GiverID     uuid.UUID
	RecipientID *uuid.UUID // nil: nobody in particular, so nothing is known of their taste
	Brief       Brief
	Ideas       []Idea   // empty: what the brief alone leads to
	Exclude     []string // gift ids
	Limit       int      // gifts on the page at most, from 1
	Policy      string   // a policy's name; "" for the one in force
}

// Brief is what is told of a person and of the gift wanted. What is not told is empty.
type Brief struct {
	Age         *int          `json:"age,omitempty" personal:"recipient_id,giver_id"` // years
	Gender      string        `json:"gender,omitempty" personal:"recipient_id,giver_id"`
	Relation    string        `json:"relation,omitempty"` // to the giver, as fine as told: "relative", "father", "boss"
	Occasion    string        `json:"occasion,omitempty"`
	Interests   []string      `json:"interests,omitempty" personal:"recipient_id,giver_id"`
	Vibes       []string      `json:"vibes,omitempty" personal:"recipient_id,giver_id"`
	Goal        string        `json:"goal,omitempty"`
	Budget      *domain.Money `json:"budget,omitempty"`   // nil: no limit
	Currency    string        `json:"currency,omitempty"` // the only one of prices, where it was named without a budget
	Constraints []string      `json:"constraints,omitempty"`
	Language    string        `json:"language,omitempty"` // of the page's sentences: ru, en
}

// Idea is something to look for, by its queries.
type Idea struct {
	Title   string   `json:"title" personal:"recipient_id,giver_id" minLength:"1" maxLength:"500" doc:"Shown with the gifts that stand for it."`
	Queries []string `json:"queries,omitempty" personal:"recipient_id,giver_id" maxItems:"10" doc:"What to search for; absent, the title is searched for."`
}

// Limits of what can be asked.
const (
	MaxLimit     = 50   // gifts a page
	DefaultLimit = 10   // when none is asked for
	MaxExclude   = 500  // gift ids an ask
	maxGiftID    = 3000 // bytes
	maxIdeas     = 20   // an ask
	maxQueries   = 10   // an idea
	maxQuery     = 500  // characters, a title's too
	maxSessionID = 200  // bytes
	maxPolicy    = 100  // bytes
)

// relationUnknown is how recipients and quizzes write that the relation was not told.
const relationUnknown = "unknown"

// complete takes from the recipient what the brief leaves open.
func (b Brief) complete(p Person) Brief {
	if b.Age == nil {
		b.Age = p.Age
	}
	if b.Gender == "" {
		b.Gender = p.Gender
	}
	if b.Relation == "" || b.Relation == relationUnknown {
		b.Relation = p.Relation
	}
	if len(b.Interests) == 0 {
		b.Interests = p.Interests
	}
	return b
}

// check names every part of the command that cannot be used. The brief comes from a quiz, which has
// been checked.
func (cmd Recommend) check() error {
	bad := domain.Invalid("recommendation_invalid", "gifts cannot be recommended for this as it stands; correct the fields listed")
	if cmd.Limit < 0 || cmd.Limit > MaxLimit {
		bad = bad.On("limit", "must be 1 to %d, is %d", MaxLimit, cmd.Limit)
	}
	if len(cmd.SessionID) > maxSessionID || !storable(cmd.SessionID) {
		bad = bad.On("session_id", "must have at most %d bytes, UTF-8 without NUL", maxSessionID)
	}
	if len(cmd.Policy) > maxPolicy || !storable(cmd.Policy) {
		bad = bad.On("policy", "must have at most %d bytes, UTF-8 without NUL", maxPolicy)
	}
	if len(cmd.Exclude) > MaxExclude {
		bad = bad.On("exclude", "must be at most %d, are %d", MaxExclude, len(cmd.Exclude))
	}
	for i, id := range cmd.Exclude {
		if id == "" || len(id) > maxGiftID || !storable(id) {
			bad = bad.On(fmt.Sprintf("exclude[%d]", i), "must be a gift's id: 1 to %d bytes, UTF-8 without NUL", maxGiftID)
		}
	}
	if len(cmd.Ideas) > maxIdeas {
		bad = bad.On("ideas", "must be at most %d, are %d", maxIdeas, len(cmd.Ideas))
	}
	for i, idea := range cmd.Ideas {
		bad = idea.blame(bad, fmt.Sprintf("ideas[%d]", i))
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

func (i Idea) blame(bad *domain.Error, at string) *domain.Error {
	if !searchable(i.Title) {
		bad = bad.On(at+".title", "must be 1 to %d characters, UTF-8 without NUL", maxQuery)
	}
	if len(i.Queries) > maxQueries {
		bad = bad.On(at+".queries", "must be at most %d, are %d", maxQueries, len(i.Queries))
	}
	for q, query := range i.Queries {
		if !searchable(query) {
			bad = bad.On(fmt.Sprintf("%s.queries[%d]", at, q), "must be 1 to %d characters, UTF-8 without NUL", maxQuery)
		}
	}
	return bad
}

func searchable(s string) bool {
	return strings.TrimSpace(s) != "" && utf8.RuneCountInString(s) <= maxQuery && storable(s)
}

func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
