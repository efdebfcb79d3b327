package recommendation

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"gifty/domain"
)

// Commands are what a giver can do with recommendations.
type Commands struct {
	Log         domain.Log
	Env         domain.Environment
	Recipients  Recipients
	Recommender Recommender // nil: only feedback is taken
	Blobs       Blobs       // where Log keeps its blobs
}

// Recommend asks for a page of gifts. What the brief leaves open is taken from the recipient, if one
// is named. The hypothesis must be the acting giver's: the caller has looked it up.
type Recommend struct {
	RecipientID  *uuid.UUID `json:"recipient_id,omitempty"`
	SessionID    string     `json:"session_id,omitempty"`
	HypothesisID *uuid.UUID `json:"hypothesis_id,omitempty"`
	Brief        Brief      `json:"brief"`
	Ideas        []Idea     `json:"ideas,omitempty"`
	Exclude      []string   `json:"exclude,omitempty"` // gift ids that are not to be on the page, MaxExclude at most
	Limit        int        `json:"limit,omitempty"`   // 1 to MaxLimit; 0 stands for DefaultLimit
	Policy       string     `json:"policy,omitempty"`  // "" for the one in force
}

// Answer is the answer to Recommend.
type Answer struct {
	RecommendationID uuid.UUID `json:"recommendation_id"`
	PageSHA256       []byte    `json:"page_sha256"`
	// Page is a Recommended as JSON: always these bytes, now, in the answer to a retry, and from Blobs.
	Page json.RawMessage `json:"-"`
}

// Recommend makes a page and appends it with all that was considered. A retry with the same command
// id gets the same page: the command's id is the recommendation's, and chance is drawn from it.
func (c Commands) Recommend(ctx context.Context, cmd Recommend) (domain.Outcome[Answer], error) {
	out, err := domain.Execute(ctx, c.Log, "create-recommendation", cmd, func(ctx context.Context) (domain.Decision[Answer], error) {
		return c.serve(ctx, cmd)
	})
	if err == nil && out.Repeated {
		out.Result.Page, err = c.Blobs.Blob(ctx, out.Result.PageSHA256)
	}
	return out, err
}

// errNoRecommender answers where nobody ranks.
var errNoRecommender = domain.Unavailable("recommender_missing", "gifts cannot be recommended here; ask a server that ranks")

func (c Commands) serve(ctx context.Context, cmd Recommend) (d domain.Decision[Answer], err error) {
	p, err := domain.RequirePrincipal(ctx)
	if err != nil {
		return d, err
	}
	if c.Recommender == nil {
		return d, errNoRecommender
	}
	if err := cmd.check(); err != nil {
		return d, err
	}
	ask, guard, err := c.ask(ctx, p, cmd)
	if err != nil {
		return d, err
	}
	page, err := c.Recommender.Recommend(ctx, ask)
	if err == nil {
		err = page.check()
	}
	if err != nil {
		return d, err
	}
	fact, blobs, err := keep(ask, cmd, page)
	if err != nil {
		return d, err
	}
	r := &Recommendation{}
	domain.Record(r, fact)
	w := r.Write()
	w.Stream = Stream(ask.ID)
	return domain.Decision[Answer]{
		Result: Answer{RecommendationID: ask.ID, PageSHA256: fact.PageSHA256, Page: blobs[0]},
		Writes: append(guard, w), Blobs: blobs,
	}, nil
}

// ask makes the command and the recipient one, and returns what the append must demand of the latter.
func (c Commands) ask(ctx context.Context, p domain.Principal, cmd Recommend) (Ask, []domain.Write, error) {
	a := Ask{
		ID: domain.CommandFrom(ctx), GiverID: p.Giver, RecipientID: cmd.RecipientID,
		Brief: cmd.Brief, Ideas: cmd.Ideas, Exclude: cmd.Exclude, Limit: cmd.Limit, Policy: cmd.Policy,
	}
	if a.ID == uuid.Nil {
		a.ID = c.Env.NewID()
	}
	a.Seed = SeedOf(a.ID)
	if a.Limit == 0 {
		a.Limit = DefaultLimit
	}
	if cmd.RecipientID == nil {
		return a, nil, nil
	}
	person, err := c.Recipients.Recipient(ctx, *cmd.RecipientID)
	if err != nil {
		return a, nil, err
	}
	a.Brief = a.Brief.complete(person)
	return a, []domain.Write{person.Unchanged}, nil
}

// seedBits is how long a seed is: every reader of JSON knows integers of 53 bits exactly.
const seedBits = 53

// SeedOf is what a recommendation draws its chance from: the id's hash, so that ids made one after
// another do not give alike pages.
func SeedOf(id uuid.UUID) int64 {
	sum := sha256.Sum256(id[:])
	return int64(binary.BigEndian.Uint64(sum[:]) >> (64 - seedBits))
}

// keep turns a page into the fact to append and its blobs, the page as served first.
func keep(a Ask, cmd Recommend, page Page) (Served, [][]byte, error) {
	served, err := json.Marshal(Recommended{
		RecommendationID: a.ID, RecipientID: a.RecipientID, SessionID: cmd.SessionID, HypothesisID: cmd.HypothesisID,
		Items: page.filled(), Notice: page.Notice, Seed: a.Seed, Making: page.Making,
	})
	if err != nil {
		return Served{}, nil, fmt.Errorf("encode the page: %w", err)
	}
	fact := Served{
		RecommendationID: a.ID, GiverID: a.GiverID, RecipientID: a.RecipientID, SessionID: cmd.SessionID, HypothesisID: cmd.HypothesisID,
		Brief: a.Brief, Ideas: a.Ideas, Exclude: a.Exclude, Limit: a.Limit, Seed: a.Seed, Making: page.Making, Items: page.served(),
	}
	if a.Brief.Age != nil {
		fact.AgeSegment = domain.AgeSegment(*a.Brief.Age)
	}
	if page.Notice != nil {
		fact.Notice = page.Notice.Code
	}
	blobs := [][]byte{served}
	fact.PageSHA256 = hash(served)
	if len(page.Candidates) > 0 {
		considered, err := json.Marshal(page.Considered)
		if err != nil {
			return Served{}, nil, fmt.Errorf("encode what was considered: %w", err)
		}
		blobs = append(blobs, considered)
		fact.ConsideredSHA256 = hash(considered)
	}
	return fact, blobs, nil
}

func hash(b []byte) []byte {
	sum := sha256.Sum256(b)
	return sum[:]
}
