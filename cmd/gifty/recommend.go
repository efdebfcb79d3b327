package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	domaindiscovery "gifty/domain/discovery"
	domainrecipient "gifty/domain/recipient"
	"gifty/projections/catalogue"
	"gifty/projections/discovery"
)

type recommendCommand struct {
	Quiz string `placeholder:"FILE" help:"A quiz, or an array of them, as JSON; - reads standard input."`
	JSON bool   `name:"json" help:"Print one JSON array, an object a quiz."`

	Age          *int     `help:"Years."`
	Gender       string   `help:"male, female, or what fits."`
	Relation     string   `help:"Who they are to you: father, friend, boss …"`
	Occasion     string   `help:"birthday, new_year, wedding …"`
	Interests    []string `help:"Separated by commas."`
	Vibe         []string `help:"cozy, funny, premium … separated by commas."`
	Description  string   `help:"Anything else, in your words."`
	Constraints  []string `help:"no_alcohol, kids_safe, office_safe … separated by commas."`
	Budget       *int64   `help:"At most this much; gifts may cost a tenth more."`
	Currency     string   `help:"Of the budget: RUB, EUR … (RUB)."`
	Language     string   `help:"Of the ideas: ru or en (ru)."`
	Goal         string   `help:"impress, care, protocol, apology, joke or growth."`
	Count        int      `help:"Ideas wanted, 1 to 20."`
	ProductsEach int      `name:"products" default:"10" help:"Products to print an idea, 1 to 10 (${default})."`
}

// answer is what is printed for a quiz.
type answer struct {
	Quiz        domaindiscovery.Quiz `json:"quiz"`
	RecipientID uuid.UUID            `json:"recipient_id"`
	Hypotheses  []idea               `json:"hypotheses"`
}

type idea struct {
	ID            uuid.UUID         `json:"id"`
	Title         string            `json:"title"`
	Description   string            `json:"description"`
	Reasoning     string            `json:"reasoning"`
	Gap           string            `json:"gap"`
	Track         string            `json:"track"`
	SearchQueries []string          `json:"search_queries"`
	Products      []discovery.Offer `json:"products"`
}

// Run answers every quiz through the same commands and read tables as the API.
func (cmd recommendCommand) Run(ctx context.Context, config Config, c console) error {
	quizzes, err := cmd.quizzes()
	if err != nil {
		return err
	}
	a, err := open(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	if err := a.readyToSearch(ctx, c.err); err != nil {
		return err
	}
	ctx = domain.WithPrincipal(ctx, domain.LocalGiver)
	answers := make([]answer, len(quizzes))
	for i, q := range quizzes {
		if answers[i], err = a.recommend(ctx, q, cmd.Count); err != nil {
			return fmt.Errorf("quiz %d: %w", i+1, err)
		}
		for j := range answers[i].Hypotheses {
			h := &answers[i].Hypotheses[j]
			h.Products = h.Products[:min(len(h.Products), cmd.ProductsEach)]
		}
		if !cmd.JSON {
			printAnswer(c.out, answers[i])
		}
	}
	if cmd.JSON {
		e := json.NewEncoder(c.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(answers)
	}
	return nil
}

// quizzes reads the file, or makes one quiz of the flags. All are checked before any is answered.
func (cmd recommendCommand) quizzes() ([]domaindiscovery.Quiz, error) {
	if cmd.ProductsEach < 1 || cmd.ProductsEach > 10 {
		return nil, domain.Invalid("products_invalid", "--products must be 1 to 10")
	}
	quizzes := []domaindiscovery.Quiz{{
		Age: cmd.Age, Gender: cmd.Gender, Relationship: cmd.Relation, Occasion: cmd.Occasion, Interests: cmd.Interests,
		Vibe: cmd.Vibe, Description: cmd.Description, Constraints: cmd.Constraints, Budget: cmd.Budget, Currency: cmd.Currency,
		Language: domaindiscovery.Language(cmd.Language), Goal: domaindiscovery.Goal(cmd.Goal),
	}}
	if cmd.Quiz != "" {
		data, err := readFile(cmd.Quiz)
		if err != nil {
			return nil, err
		}
		if quizzes, err = domaindiscovery.ParseQuizzes(data); err != nil {
			return nil, err
		}
	}
	for i, q := range quizzes {
		if err := q.Validate(); err != nil {
			return nil, fmt.Errorf("quiz %d: %w", i+1, err)
		}
	}
	return quizzes, nil
}

func readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(name)
}

// readyToSearch fills an empty catalogue and makes what vectors are missing.
func (a *app) readyToSearch(ctx context.Context, w io.Writer) error {
	if err := a.demoWhenEmpty(ctx); err != nil {
		return err
	}
	return a.embedAll(ctx, w)
}

// recommend creates the recipient, generates ideas, and reads them back once the read tables show them.
func (a *app) recommend(ctx context.Context, q domaindiscovery.Quiz, count int) (answer, error) {
	brief := q.Brief()
	created, err := a.recipients.Create(ctx, domainrecipient.CreateRecipient{Profile: domainrecipient.Profile{
		Relation: domainrecipient.Relation(brief.Relation), Gender: string(brief.Gender), Age: brief.Age, Interests: brief.Interests,
	}})
	if err != nil {
		return answer{}, err
	}
	recipient := created.Result.RecipientID
	made, err := a.discovery.Generate(ctx, domaindiscovery.GenerateHypotheses{RecipientID: &recipient, Quiz: q, Count: count})
	if err != nil {
		return answer{}, err
	}
	waiting, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	err = a.engine.Wait(waiting, made.Position, discovery.Hypotheses.Name, discovery.Links.Name, catalogue.Products.Name)
	if err != nil {
		return answer{}, err
	}
	ideas, err := a.ideas(ctx, made.Result.HypothesisID)
	return answer{Quiz: q, RecipientID: recipient, Hypotheses: ideas}, err
}

// readTimeout bounds waiting for one's own write.
const readTimeout = 10 * time.Second

func (a *app) ideas(ctx context.Context, ids []uuid.UUID) ([]idea, error) {
	hypotheses, err := discovery.HypothesesByID(ctx, a.pool, domain.LocalGiver.Giver, ids)
	if err != nil {
		return nil, err
	}
	offers, err := discovery.Offers(ctx, a.pool, ids)
	if err != nil {
		return nil, err
	}
	if len(hypotheses) < len(ids) {
		return nil, errors.New("some of the ideas are not in the read tables")
	}
	ideas := make([]idea, len(hypotheses))
	for i, h := range hypotheses {
		ideas[i] = idea{
			ID: h.ID, Title: h.Title, Description: h.Description, Reasoning: h.Reasoning, Gap: h.PrimaryGap,
			Track: h.TrackTitle, SearchQueries: h.SearchQueries, Products: append([]discovery.Offer{}, offers[h.ID]...),
		}
	}
	return ideas, nil
}

func printAnswer(w io.Writer, a answer) {
	fmt.Fprintf(w, "\n%s\n", headline(a.Quiz.Brief()))
	for i, h := range a.Hypotheses {
		fmt.Fprintf(w, "\n%d. %s\n   %s\n   %s\n", i+1, h.Title, h.Description, h.Reasoning)
		for _, p := range h.Products {
			fmt.Fprintf(w, "   %14s  %s\n                   %s\n", price(p), shorten(p.Title, 90), p.ProductURL)
		}
		if len(h.Products) == 0 {
			fmt.Fprintln(w, "   (nothing in the catalogue fits)")
		}
	}
}

// headline is the person in a line: "father · 52 · fishing, bbq · ≤ 8000 RUB".
func headline(b domaindiscovery.Brief) string {
	parts := []string{string(b.Relation)}
	if b.Person != "" {
		parts[0] = b.Person
	}
	if b.Age != nil {
		parts = append(parts, fmt.Sprint(*b.Age))
	}
	if len(b.Interests) > 0 {
		parts = append(parts, strings.Join(b.Interests, ", "))
	}
	if b.Occasion != "" {
		parts = append(parts, b.Occasion)
	}
	if b.Budget != nil {
		parts = append(parts, "≤ "+b.Budget.Amount.String()+" "+b.Budget.Currency)
	}
	return strings.Join(parts, " · ")
}

func price(o discovery.Offer) string {
	if o.Price == nil || o.Currency == nil {
		return "price unknown"
	}
	return o.Price.String() + " " + *o.Currency
}

func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

type searchCommand struct {
	Text     []string `arg:"" help:"What to look for."`
	MaxPrice string   `help:"At most this much."`
	Currency string   `help:"ISO 4217."`
	Category string   `help:"Only this category."`
	Merchant string   `help:"Only this shop."`
	Limit    int      `default:"10" help:"Products wanted (${default})."`
	JSON     bool     `name:"json" help:"Print JSON."`
}

// Run searches the catalogue.
func (cmd searchCommand) Run(ctx context.Context, config Config, c console) error {
	filter := catalogue.Filter{Currency: cmd.Currency, Category: cmd.Category, Merchant: cmd.Merchant}
	if cmd.MaxPrice != "" {
		ceiling, err := domain.NewAmount(cmd.MaxPrice)
		if err != nil {
			return err
		}
		filter.MaxPrice = &ceiling
	}
	a, err := open(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	if err := a.readyToSearch(ctx, c.err); err != nil {
		return err
	}
	ctx = domain.WithPrincipal(ctx, domain.LocalGiver)
	found, err := a.finder.Search(ctx, catalogue.SearchRequest{Text: strings.Join(cmd.Text, " "), Filter: filter, Limit: cmd.Limit})
	if err != nil {
		return err
	}
	if _, err := a.discovery.LogSearch(ctx, domaindiscovery.LogSearch{Search: found.Search}); err != nil {
		return err
	}
	if cmd.JSON {
		e := json.NewEncoder(c.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(found.Hits)
	}
	for _, h := range found.Hits {
		o := discovery.Offer{Price: h.Price, Currency: h.Currency}
		fmt.Fprintf(c.out, "%.2f  %14s  %s\n", h.Similarity, price(o), shorten(h.Title, 100))
	}
	return nil
}
