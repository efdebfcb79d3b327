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
	further  []wish           // what else to search for, should the page get short
	rounds   int              // how often that was done
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

// wish is words to search for, and the idea that they stand for.
type wish struct {
	text string
	idea recommend.Idea
}

// where is what to search for: each idea's first queries in turn, and the ideas they stand for. What a page that
// gets short is searched by besides is kept.
func (s *search) where(ctx context.Context) (queries []catalogue.Query, about []recommend.Idea, err error) {
	wishes, first, err := s.wishes(ctx)
	if err != nil {
		return nil, nil, err
	}
	first = min(first, len(wishes))
	s.further = wishes[first:min(len(wishes), first+mostFurther)]
	return s.embedded(ctx, wishes[:first])
}

func (s *search) embedded(ctx context.Context, wishes []wish) (queries []catalogue.Query, about []recommend.Idea, err error) {
	texts := make([]string, len(wishes))
	for i, w := range wishes {
		texts[i], about = w.text, append(about, w.idea)
	}
	queries, err = s.finder.Queries(ctx, texts)
	return queries, about, err
}

// wishes are all that may be searched for, no words twice, and how many of them a page begins with.
func (s *search) wishes(ctx context.Context) (all []wish, first int, err error) {
	if len(s.ask.Ideas) == 0 {
		return s.imagined(ctx)
	}
	var ideas []thought
	for _, idea := range s.ask.Ideas {
		ideas = append(ideas, thought{idea, recommend.Idea{Title: idea.Title}})
	}
	return inTurns(nil, ideas, mostTurns), max(pageQueries, len(ideas)), nil
}

// thought is an idea with what the ranking knows of it.
type thought struct {
	recommendation.Idea
	about recommend.Idea
}

// inTurns appends each idea's first query, then each one's second, and so on: of each at most so many. An idea
// without queries is searched for by its title.
func inTurns(all []wish, ideas []thought, most int) []wish {
	for turn := range most {
		for _, idea := range ideas {
			switch {
			case turn < len(idea.Queries):
				all = add(all, idea.Queries[turn], idea.about)
			case turn == 0:
				all = add(all, idea.Title, idea.about)
			}
		}
	}
	return all
}

func add(all []wish, text string, about recommend.Idea) []wish {
	if slices.ContainsFunc(all, func(w wish) bool { return w.text == text }) {
		return all
	}
	return append(all, wish{text, about})
}

// imagined is what the brief alone leads to: a page begins with its first ideas. A shop that lacks them is asked
// for what goes with the interests, for further ideas, and for what suits anybody of their age and relation.
func (s *search) imagined(ctx context.Context) (all []wish, first int, err error) {
	b := s.ask.Brief
	brief := discovery.Quiz{
		Age: b.Age, Gender: b.Gender, Relationship: b.Relation, Occasion: b.Occasion, Interests: b.Interests, Language: discovery.Language(b.Language),
		Vibe: b.Vibes, Goal: discovery.Goal(b.Goal),
	}.Brief()
	for _, c := range b.Constraints {
		brief.Constraints = append(brief.Constraints, discovery.Constraint(c))
	}
	brief.Budget, brief.Count = b.Budget, 3*pageQueries
	ideas, err := s.think(ctx, brief)
	if err != nil {
		return nil, 0, err
	}
	begin := min(pageQueries, len(ideas))
	all = inTurns(nil, ideas[:begin], 1)
	first = len(all)
	for _, words := range recommend.InterestSearches(b.Interests, b.Language) {
		all = add(all, words, recommend.Idea{})
	}
	if len(b.Interests) > 0 {
		brief.Interests = nil
		anyway, err := s.think(ctx, brief)
		if err != nil {
			return nil, 0, err
		}
		ideas = append(ideas[:begin], alternating(ideas[begin:], anyway)...)
	}
	return inTurns(all, ideas, mostTurns), first, nil
}

func alternating(a, b []thought) (all []thought) {
	for i := range max(len(a), len(b)) {
		if i < len(a) {
			all = append(all, a[i])
		}
		if i < len(b) {
			all = append(all, b[i])
		}
	}
	return all
}

func (s *search) think(ctx context.Context, brief discovery.Brief) (ideas []thought, err error) {
	made, err := s.ideas.Generate(ctx, brief)
	for _, idea := range made.All() {
		ideas = append(ideas, thought{
			recommendation.Idea{Title: idea.Title, Queries: idea.Queries},
			recommend.Idea{Title: idea.Title, Track: idea.Track, Gap: string(idea.Gap)},
		})
	}
	return ideas, err
}

// widen searches for more, for a page that would be short; false: there is nothing more.
func (s *search) widen(ctx context.Context, q *recommend.Inquiry) (bool, error) {
	if len(s.further) == 0 {
		return false, nil
	}
	s.rounds++
	next := min(len(s.further), roundQueries*s.rounds)
	queries, about, err := s.embedded(ctx, s.further[:next])
	if err != nil {
		return false, err
	}
	s.further, s.queries, s.about = s.further[next:], append(s.queries, queries...), append(s.about, about...)
	q.Ideas = s.about
	return true, s.find(ctx, s.filter(), s.excluded)
}

func (s *search) filter() (f catalogue.Filter) {
	f.Currency = s.ask.Brief.Currency
	if b := s.ask.Brief.Budget; b != nil && b.Amount.IsPositive() {
		ceiling := recommend.Ceiling(b.Amount)
		f.MaxPrice, f.Currency = &ceiling, b.Currency
	}
	if age := s.ask.Brief.Age; age != nil && *age < recommend.AdultAge { // grown-ups may have a child in mind
		f.Age = age
	}
	return f
}

// noProducts tells whether nothing was found because there is nothing at all.
func (s *search) noProducts(ctx context.Context) (bool, error) {
	if len(s.gifts) > 0 {
		return false, nil
	}
	products, err := catalogue.CountProducts(ctx, s.finder.DB)
	return products == 0, err
}

// find searches the catalogue by the queries that it was not searched by yet.
func (s *search) find(ctx context.Context, f catalogue.Filter, exclude []string) error {
	queries := s.queries[len(s.lists):]
	found, err := s.finder.Retrieve(ctx, catalogue.RetrieveRequest{Queries: queries, Filter: f, Exclude: exclude, Limit: pageLimit})
	if err != nil {
		return err
	}
	for i, list := range found {
		made := recommend.List{Query: queries[i].Text}
		for _, c := range list {
			s.gifts[c.GiftID] = c.Gift
			made.Candidates = append(made.Candidates, s.candidate(c))
		}
		s.lists = append(s.lists, made)
	}
	return nil
}

// findAll searches it by all of them anew.
func (s *search) findAll(ctx context.Context, f catalogue.Filter, exclude []string) error {
	s.lists, s.gifts = nil, map[string]*catalogue.Gift{}
	return s.find(ctx, f, exclude)
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
