package recommendation

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/recommend"
	"gifty/domain/recommendation"
	"gifty/projections/catalogue"
)

func person(b recommendation.Brief) recommend.Person {
	return recommend.Person{
		Age: b.Age, Gender: b.Gender, Relation: b.Relation, Occasion: b.Occasion, Interests: b.Interests, Constraints: b.Constraints, Vibe: b.Vibes,
	}
}

// search is the reading for one page.
type search struct {
	*Recommender
	ask      recommendation.Ask
	queries  []catalogue.Query
	about    []recommend.Idea // of each query
	excluded []string         // gifts that were met before
	position domain.Position

	lists []recommend.List
	gifts map[string]*catalogue.Gift
}

// know reads what is known of the person, of what people took to, and of where to look.
func (s *search) know(ctx context.Context, q *recommend.Inquiry) error {
	db := s.finder.DB
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(pageReaders)
	group.Go(func() (err error) {
		s.queries, s.about, err = s.where(ctx)
		return err
	})
	group.Go(func() (err error) {
		q.Learned, err = s.taughtWeights(ctx, q.Policy)
		return err
	})
	group.Go(func() (err error) {
		q.Priors, err = s.likings(ctx)
		return err
	})
	group.Go(func() (err error) {
		s.position, err = catalogue.Position(ctx, db)
		return err
	})
	if id := s.ask.RecipientID; id != nil {
		group.Go(func() error {
			reactions, err := Tastes(ctx, db, *id, s.finder.Embedder.Model(), heard)
			q.Taste = recommend.TasteFrom(reactions, s.now(), recommend.TasteOptions{})
			return err
		})
		group.Go(func() error {
			met, err := MetBy(ctx, db, *id)
			q.Seen, q.Bought, q.Offered = map[string]bool{}, map[string]bool{}, map[string]int{}
			for _, m := range met {
				q.Seen[m.GiftID], q.Bought[m.GiftID], q.Offered[m.GiftID] = m.Seen, m.Bought, m.Offered
				if m.Seen || m.Bought {
					s.excluded = append(s.excluded, m.GiftID)
				}
			}
			return err
		})
	}
	err := group.Wait()
	q.Ideas = s.about
	return err
}

// where is what to search for: each idea's first queries in turn, and the ideas they stand for.
func (s *search) where(ctx context.Context) (queries []catalogue.Query, about []recommend.Idea, err error) {
	ideas := s.ask.Ideas
	tracks := make([]recommend.Idea, len(ideas))
	for i, idea := range ideas {
		tracks[i] = recommend.Idea{Title: idea.Title}
		if len(idea.Queries) == 0 {
			ideas = slices.Clone(ideas)
			ideas[i].Queries = []string{idea.Title}
		}
	}
	if len(ideas) == 0 {
		if ideas, tracks, err = s.imagined(ctx); err != nil {
			return nil, nil, err
		}
	}
	var texts []string
	for turn := 0; len(texts) < max(pageQueries, len(s.ask.Ideas)) && turn < 10; turn++ {
		for i, idea := range ideas {
			if turn < len(idea.Queries) && len(texts) < max(pageQueries, len(s.ask.Ideas)) && !slices.Contains(texts, idea.Queries[turn]) {
				texts, about = append(texts, idea.Queries[turn]), append(about, tracks[i])
			}
		}
	}
	queries, err = s.finder.Queries(ctx, texts)
	return queries, about, err
}

// imagined is the ideas that the brief alone leads to.
func (s *search) imagined(ctx context.Context) (ideas []recommendation.Idea, about []recommend.Idea, err error) {
	b := s.ask.Brief
	brief := discovery.Quiz{
		Age: b.Age, Gender: b.Gender, Relationship: b.Relation, Occasion: b.Occasion, Interests: b.Interests, Language: discovery.Language(b.Language),
		Vibe: b.Vibes, Goal: discovery.Goal(b.Goal),
	}.Brief()
	brief.Count = pageQueries
	for _, c := range b.Constraints {
		brief.Constraints = append(brief.Constraints, discovery.Constraint(c))
	}
	brief.Budget = b.Budget
	made, err := s.ideas.Generate(ctx, brief)
	for _, idea := range made.All() {
		ideas = append(ideas, recommendation.Idea{Title: idea.Title, Queries: idea.Queries})
		about = append(about, recommend.Idea{Title: idea.Title, Track: idea.Track, Gap: string(idea.Gap)})
	}
	return ideas, about, err
}

func (s *search) filter() (f catalogue.Filter) {
	if b := s.ask.Brief.Budget; b != nil && b.Amount.IsPositive() {
		ceiling := recommend.Ceiling(b.Amount)
		f.MaxPrice, f.Currency = &ceiling, b.Currency
	}
	if age := s.ask.Brief.Age; age != nil && *age < recommend.AdultAge { // grown-ups may have a child in mind
		f.Age = age
	}
	return f
}

// find searches the catalogue.
func (s *search) find(ctx context.Context, f catalogue.Filter, exclude []string) error {
	s.lists, s.gifts = make([]recommend.List, len(s.queries)), map[string]*catalogue.Gift{}
	found, err := s.finder.Retrieve(ctx, catalogue.RetrieveRequest{Queries: s.queries, Filter: f, Exclude: exclude, Limit: pageLimit})
	if err != nil {
		return err
	}
	for i, list := range found {
		s.lists[i].Query = s.queries[i].Text
		for _, c := range list {
			s.gifts[c.GiftID] = c.Gift
			s.lists[i].Candidates = append(s.lists[i].Candidates, s.candidate(c))
		}
	}
	return nil
}

// candidate hands a product to the ranking.
func (s *search) candidate(c catalogue.Candidate) recommend.Candidate {
	read := s.finder.Readings.Read(c.Gift)
	return recommend.Candidate{
		GiftID: c.GiftID, Title: c.Title, Description: orEmpty(c.Description), Category: orEmpty(c.Category), Merchant: orEmpty(c.Merchant),
		Price: c.Price, Currency: orEmpty(c.Currency), Similarity: c.Similarity, WordScore: c.WordScore, Giftability: c.LLMGiftScore, Vector: c.Vector,
		Text: read.Text, Axes: read.Axes,
	}
}
