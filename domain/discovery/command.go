package discovery

import (
	"bytes"
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"gifty/domain"
)

// Commands are what a giver can do to find a gift.
type Commands struct {
	Log        domain.Log
	Env        domain.Environment
	Recipients Recipients
	Products   Products
	Generator  Generator
	Finder     Finder
	Presents   Presents // nil: nobody has had anything
	// Adviser thinks in dialogues.
	Adviser Adviser
	// Configured tells the rules of dialogues in force; nil: those that the product comes with.
	Configured Configured
}

// GenerateHypotheses asks for ideas with products. What the quiz leaves open is taken from the
// recipient, if one is named.
type GenerateHypotheses struct {
	RecipientID *uuid.UUID `json:"recipient_id,omitempty"`
	SessionID   string     `json:"session_id,omitempty"` // empty: a new session
	Quiz        Quiz       `json:"quiz"`
	Count       int        `json:"count,omitempty"` // ideas wanted, 1–20; 0 leaves it to the quiz's mode
}

// GeneratedHypotheses is the answer: ids, in the order to show them.
type GeneratedHypotheses struct {
	SessionID    string      `json:"session_id"`
	HypothesisID []uuid.UUID `json:"hypothesis_ids"`
}

// Generate makes ideas, finds products for each, and appends all of it at once: a client never
// sees an idea without its products, and a retry with the same command id sees the same ideas. It
// asks for more ideas than wanted and keeps those for which the catalogue has the goods; of the
// others only the searches are recorded.
func (c Commands) Generate(ctx context.Context, cmd GenerateHypotheses) (domain.Outcome[GeneratedHypotheses], error) {
	var once onceGenerated
	return domain.Execute(ctx, c.Log, "generate-hypotheses", cmd, func(ctx context.Context) (d domain.Decision[GeneratedHypotheses], err error) {
		p, err := domain.RequirePrincipal(ctx)
		if err != nil {
			return d, err
		}
		brief, guard, err := c.brief(ctx, cmd)
		if err != nil {
			return d, err
		}
		if brief, err = c.remember(ctx, p, cmd, brief); err != nil {
			return d, err
		}
		if err := brief.check(); err != nil {
			return d, err
		}
		rules, _, err := c.rules(ctx)
		if err != nil {
			return d, err
		}
		brief.Never = rules.Never
		if cmd.SessionID == "" {
			cmd.SessionID = c.Env.NewID().String()
		}
		candidates, err := c.candidates(ctx, &once, cmd.SessionID, brief)
		if err != nil {
			return d, err
		}
		g := generation{Commands: c, session: cmd.SessionID, giver: p.Giver, recipient: cmd.RecipientID, blobs: &d.Blobs}
		d.Result = GeneratedHypotheses{SessionID: cmd.SessionID, HypothesisID: []uuid.UUID{}}
		proposed, err := g.propose(choose(candidates, brief.Wanted()), &d.Result)
		if err != nil {
			return d, err
		}
		d.Writes = slices.Concat(guard, g.opening(brief, once.made.Calls, d.Result.HypothesisID), proposed, g.searches(candidates))
		return d, nil
	})
}

// brief makes the quiz and the recipient one, and returns what the append must demand of the latter.
func (c Commands) brief(ctx context.Context, cmd GenerateHypotheses) (Brief, []domain.Write, error) {
	if err := cmd.check(); err != nil {
		return Brief{}, nil, err
	}
	if cmd.RecipientID == nil {
		brief := cmd.Quiz.Brief()
		brief.Count = cmd.Count
		return brief, nil, nil
	}
	person, err := c.Recipients.Recipient(ctx, *cmd.RecipientID)
	if err != nil {
		return Brief{}, nil, err
	}
	quiz := cmd.Quiz
	if quiz.Age == nil {
		quiz.Age = person.Age
	}
	if quiz.Gender == "" {
		quiz.Gender = person.Gender
	}
	if quiz.Relationship == "" {
		quiz.Relationship = person.Relation
	}
	if len(quiz.Interests) == 0 {
		quiz.Interests = person.Interests
	}
	brief := quiz.Brief()
	brief.Count = cmd.Count
	return brief, []domain.Write{person.Unchanged}, nil
}

func (cmd GenerateHypotheses) check() error {
	if err := cmd.Quiz.Validate(); err != nil {
		return err
	}
	bad := domain.Invalid("request_invalid", "ideas cannot be made from this; correct the fields listed")
	if cmd.Count < 0 || cmd.Count > maxIdeas {
		bad = bad.On("count", "must be 1 to %d, is %d", maxIdeas, cmd.Count)
	}
	if !sessionFits(cmd.SessionID) {
		bad = bad.On("session_id", "must have at most %d bytes, UTF-8 without NUL", maxSessionID)
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

func sessionFits(id string) bool {
	return len(id) <= maxSessionID && utf8.ValidString(id) && !strings.ContainsRune(id, 0)
}

// reference is the hash of a reply, which it adds to the blobs once; nil without one.
func reference(raw []byte, blobs *[][]byte) []byte {
	if len(raw) == 0 {
		return nil
	}
	if !slices.ContainsFunc(*blobs, func(b []byte) bool { return bytes.Equal(b, raw) }) {
		*blobs = append(*blobs, raw)
	}
	sum := sha256.Sum256(raw)
	return sum[:]
}

func searched(s Search, id, giver uuid.UUID, context SearchContext) CatalogueSearched {
	return CatalogueSearched{
		SearchID: id, GiverID: giver, Context: context, Query: s.Query, ResultsCount: s.ResultsCount,
		AvgSimilarity: s.AvgSimilarity, TopSimilarity: s.TopSimilarity, TopGiftID: s.TopGiftID,
		MaxPrice: s.MaxPrice, Currency: s.Currency, ExecutionMS: s.ExecutionMS,
		EngineVersion: s.EngineVersion, EmbeddingModel: s.EmbeddingModel,
	}
}

func searchWrite(e CatalogueSearched) domain.Write {
	return domain.Write{Stream: SearchStream(e.SearchID), Expect: domain.NoStream, Events: []any{e}}
}

// LogSearch records what a person searched by words and what came of it.
type LogSearch struct {
	SessionID string
	Search    Search
}

// LogSearch appends the search. What was asked tells a retry, not what came of it.
func (c Commands) LogSearch(ctx context.Context, cmd LogSearch) (domain.Outcome[uuid.UUID], error) {
	if !sessionFits(cmd.SessionID) {
		return domain.Outcome[uuid.UUID]{}, domain.Invalid("session_invalid", "a session's id has at most %d bytes, UTF-8 without NUL", maxSessionID)
	}
	asked := []any{cmd.SessionID, cmd.Search.Query, cmd.Search.MaxPrice, cmd.Search.Currency}
	return domain.Execute(ctx, c.Log, "log-search", asked, func(ctx context.Context) (d domain.Decision[uuid.UUID], err error) {
		p, err := domain.RequirePrincipal(ctx)
		if err != nil {
			return d, err
		}
		e := searched(cmd.Search, c.Env.NewID(), p.Giver, ContextSearch)
		e.SessionID = cmd.SessionID
		return domain.Decision[uuid.UUID]{Result: e.SearchID, Writes: []domain.Write{searchWrite(e)}}, nil
	})
}

// Reached is a command's answer: the idea and the version of its stream afterwards.
type Reached struct {
	HypothesisID uuid.UUID `json:"hypothesis_id"`
	Version      int       `json:"version"`
}

// ReactToHypothesis says what the giver thinks of an idea.
type ReactToHypothesis struct {
	HypothesisID uuid.UUID `json:"hypothesis_id"`
	Reaction     Reaction  `json:"reaction"`
}

// React records a reaction.
func (c Commands) React(ctx context.Context, cmd ReactToHypothesis) (domain.Outcome[Reached], error) {
	return c.edit(ctx, "react-to-hypothesis", cmd, cmd.HypothesisID, func(h *Hypothesis) error { return h.React(cmd.Reaction) })
}

// LinkProduct puts a product under an idea by hand.
type LinkProduct struct {
	HypothesisID uuid.UUID `json:"hypothesis_id"`
	Link         Link      `json:"link"`
}

// Link records the link. A product that does not exist is refused, with product_not_found.
func (c Commands) Link(ctx context.Context, cmd LinkProduct) (domain.Outcome[Reached], error) {
	return c.edit(ctx, "link-product", cmd, cmd.HypothesisID, func(h *Hypothesis) error {
		if err := h.Link(cmd.Link); err != nil {
			return err
		}
		return c.mustExist(ctx, cmd.Link.GiftID, "gift_id")
	})
}

// mustExist refuses a product that does not exist, which the request names in a field.
func (c Commands) mustExist(ctx context.Context, giftID, field string) error {
	exists, err := c.Products.ProductExists(ctx, giftID)
	if err == nil && !exists {
		return domain.Invalid("product_not_found", "name a product that is in the catalogue").On(field, "is no product's id")
	}
	return err
}

func (c Commands) edit(ctx context.Context, operation string, cmd any, id uuid.UUID, change func(*Hypothesis) error) (domain.Outcome[Reached], error) {
	return patiently(ctx, c, operation, cmd, func(ctx context.Context) (d domain.Decision[Reached], err error) {
		h, guard, err := c.loadLiving(ctx, id)
		if err != nil {
			return d, err
		}
		if want, named := domain.IfMatchFrom(ctx); named && want != h.Version() {
			return d, domain.ErrVersion
		}
		before := h.Reaction
		if err := change(h); err != nil {
			return d, err
		}
		noted, err := c.noted(ctx, h, before)
		if err != nil {
			return d, err
		}
		w := h.Write()
		return domain.Decision[Reached]{Result: Reached{id, h.Version() + len(w.Events)}, Writes: slices.Concat(guard, noted, []domain.Write{w})}, nil
	})
}

// loadLiving loads an idea whose recipient, if it has one, was not deleted, and returns what the
// append must demand for that to hold: what hangs on a deleted recipient is gone for good.
func (c Commands) loadLiving(ctx context.Context, id uuid.UUID) (h *Hypothesis, guard []domain.Write, err error) {
	if h, err = c.load(ctx, id); err != nil {
		return h, nil, err
	}
	guard, err = c.living(ctx, h.Generated.RecipientID, ErrHypothesisNotFound)
	return h, guard, err
}

func (c Commands) load(ctx context.Context, id uuid.UUID) (*Hypothesis, error) {
	p, err := domain.RequirePrincipal(ctx)
	if err != nil {
		return nil, err
	}
	h := &Hypothesis{}
	if err := domain.LoadOne(ctx, c.Log, HypothesisStream(id), h); err != nil {
		return nil, err
	}
	return h, h.For(p)
}

// Recorded is the answer to RecordInteraction.
type Recorded struct {
	InteractionID uuid.UUID `json:"interaction_id"`
}

// Record records an interaction with a recipient's page.
func (c Commands) Record(ctx context.Context, cmd RecordInteraction) (domain.Outcome[Recorded], error) {
	return patiently(ctx, c, "record-interaction", cmd, func(ctx context.Context) (d domain.Decision[Recorded], err error) {
		p, err := domain.RequirePrincipal(ctx)
		if err != nil {
			return d, err
		}
		if err := cmd.check(); err != nil {
			return d, err
		}
		person, err := c.Recipients.Recipient(ctx, cmd.RecipientID)
		if err != nil {
			return d, err
		}
		fact := InteractionRecorded{
			InteractionID: c.Env.NewID(), GiverID: p.Giver, RecipientID: cmd.RecipientID, SessionID: cmd.SessionID,
			Action: cmd.Action, TargetType: cmd.TargetType, TargetID: cmd.TargetID, Value: cmd.Value, Metadata: cmd.Metadata,
		}
		d.Writes = []domain.Write{person.Unchanged}
		if cmd.TargetType == TargetProduct {
			if err := c.mustExist(ctx, cmd.TargetID, "target_id"); err != nil {
				return d, err
			}
		}
		if id, ok := cmd.hypothesis(); ok {
			h, err := c.load(ctx, id)
			if err != nil {
				return d, err
			}
			if of := h.Generated.RecipientID; of != nil && *of != cmd.RecipientID {
				return d, ErrHypothesisNotFound
			}
			seen, err := c.seen(ctx, h, cmd)
			if err != nil {
				return d, err
			}
			before := h.Reaction
			if err := cmd.touch(h, fact.InteractionID); err != nil {
				return d, err
			}
			noted, err := c.noted(ctx, h, before)
			if err != nil {
				return d, err
			}
			noted = append(noted, seen...)
			fact.HypothesisID = &id
			d.Writes = append(append(d.Writes, noted...), h.Write())
		}
		d.Writes = append(d.Writes, domain.Write{
			Stream: InteractionStream(fact.InteractionID), Expect: domain.NoStream, Events: []any{fact},
		})
		d.Result = Recorded{fact.InteractionID}
		return d, nil
	})
}

// SearchStream is where a search of the catalogue is noted.
func SearchStream(id uuid.UUID) string { return "search-" + id.String() }

// InteractionStream is where it is noted what a giver did.
func InteractionStream(id uuid.UUID) string { return "interaction-" + id.String() }
