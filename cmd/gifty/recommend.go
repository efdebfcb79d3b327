package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	domaindiscovery "gifty/domain/discovery"
	domainrecipient "gifty/domain/recipient"
	domainrecommendation "gifty/domain/recommendation"
	"gifty/http"
	"gifty/projections/catalogue"
	"gifty/projections/discovery"
)

type recommendCommand struct {
	Recipient *uuid.UUID `placeholder:"ID" help:"A recipient, who fills in what is not told here; without one, each quiz makes a new one."`
	Quiz      string     `placeholder:"FILE" help:"A quiz, or an array of them, as JSON; - reads standard input."`
	JSON      bool       `name:"json" help:"Print one JSON array, an object a quiz."`

	describing
	Count        *int `placeholder:"N" help:"Ideas wanted, 1 to 20; how many fit when left out."`
	ProductsEach int  `name:"products" default:"10" help:"Products to print an idea, 1 to 10."`
	Gifts        int  `default:"5" help:"Gifts of the page that ends an answer, with the reason for each, 0 to 50 (${default})."`
	Stock
}

// describing is a quiz as flags.
type describing struct {
	Age         *int     `placeholder:"YEARS" help:"0 to 130."`
	Gender      string   `placeholder:"WORD" help:"male, female, or what fits."`
	Relation    string   `placeholder:"WORD" help:"Who they are to you: father, friend, boss …"`
	Occasion    string   `placeholder:"WORD" help:"birthday, new_year, wedding …"`
	Interests   []string `placeholder:"WORDS" help:"Separated by commas."`
	Vibe        []string `placeholder:"WORDS" help:"cozy, funny, premium … separated by commas."`
	Description string   `placeholder:"TEXT" help:"Anything else, in your words."`
	Constraints []string `placeholder:"WORDS" help:"no_alcohol, kids_safe, office_safe … separated by commas."`
	Budget      *int64   `placeholder:"N" help:"At most this much; gifts may cost a tenth more."`
	Currency    string   `placeholder:"CODE" help:"Of the budget: RUB, EUR … (RUB). Without a budget, of all prices."`
	Language    string   `placeholder:"CODE" help:"Of the ideas: ru or en (ru)."`
	Goal        string   `placeholder:"WORD" help:"impress, care, protocol, apology, joke or growth."`
	Effort      string   `placeholder:"WORD" help:"What you are ready to do: no_effort, low, medium or high (low)."`
	Mode        string   `placeholder:"WORD" help:"How long you want to look: quick_fix, thoughtful or deep_dive (thoughtful)."`
	Deadline    *int     `placeholder:"DAYS" help:"Until the gift is needed."`
}

// flagOf names the flag that stands for a quiz's field, where they differ.
var flagOf = strings.NewReplacer("recipient_age", "--age", "recipient_gender", "--gender", "relationship", "--relation",
	"interests_description", "--description", "gifting_goal", "--goal", "effort_level", "--effort",
	"session_mode", "--mode", "deadline_days", "--deadline", "occasion", "--occasion", "interests", "--interests",
	"vibe", "--vibe", "constraints", "--constraints", "budget", "--budget", "currency", "--currency", "language", "--language")

func (d describing) quiz() domaindiscovery.Quiz {
	return domaindiscovery.Quiz{
		Age: d.Age, Gender: d.Gender, Relationship: d.Relation, Occasion: d.Occasion, Interests: d.Interests,
		Vibe: d.Vibe, Description: d.Description, Constraints: d.Constraints, Budget: d.Budget, Currency: d.Currency,
		Language: domaindiscovery.Language(d.Language), Goal: domaindiscovery.Goal(d.Goal),
		Effort: domaindiscovery.Effort(d.Effort), Mode: domaindiscovery.SessionMode(d.Mode), DeadlineDays: d.Deadline,
	}
}

// Validate refuses what can't be answered as it is called.
func (cmd recommendCommand) Validate() error {
	described := !reflect.DeepEqual(cmd.describing, describing{})
	switch {
	case cmd.Quiz != "" && described:
		return domain.Invalid("described_twice", "describe the person by flags or by --quiz, not by both")
	case cmd.Quiz == "" && !described && cmd.Recipient == nil:
		return domain.Invalid("nobody_described", "describe the person, such as by --age 52 --relation father --interests fishing,bbq, or name a file with --quiz, or a recipient with --recipient")
	case cmd.ProductsEach < 1 || cmd.ProductsEach > 10:
		return domain.Invalid("products_invalid", "--products must be 1 to 10")
	case cmd.Count != nil && (*cmd.Count < 1 || *cmd.Count > 20):
		return domain.Invalid("count_invalid", "--count must be 1 to 20")
	}
	var wrong *domain.Error
	if errors.As(cmd.quiz().Validate(), &wrong) {
		err := domain.Invalid(wrong.Code, "the person cannot be described like that; correct these:")
		for _, f := range wrong.Fields {
			err = err.On(flagOf.Replace(f.Path), "%s", f.Message)
		}
		return err
	}
	return nil
}

// answer is what is printed for a quiz.
type answer struct {
	Quiz        json.RawMessage `json:"quiz"` // as it was given
	RecipientID uuid.UUID       `json:"recipient_id"`
	Hypotheses  []idea          `json:"hypotheses"`
	Page        *servedPage     `json:"page,omitempty"`
	Notice      string          `json:"notice,omitempty"` // why nothing is offered, and what comes nearest
}

// servedPage is the best of all, for gifty explain to tell more of.
type servedPage struct {
	RecommendationID uuid.UUID `json:"recommendation_id"`
	Items            []pick    `json:"items"`
}

type pick struct {
	GiftID     string         `json:"gift_id"`
	Title      string         `json:"title"`
	Price      *domain.Amount `json:"price"`
	Currency   string         `json:"currency"`
	ProductURL string         `json:"product_url"`
	Reason     string         `json:"reason"`
}

type idea struct {
	ID            uuid.UUID `json:"id"`
	Title         string    `json:"title"`
	Description   string    `json:"description"`
	Reasoning     string    `json:"reasoning"`
	Gap           string    `json:"gap"`
	SearchQueries []string  `json:"search_queries"`
	Products      []product `json:"products"`
}

type product struct {
	GiftID     string         `json:"gift_id"`
	Title      string         `json:"title"`
	Price      *domain.Amount `json:"price"`
	Currency   *string        `json:"currency"`
	Category   *string        `json:"category"`
	Merchant   *string        `json:"merchant"`
	ProductURL string         `json:"product_url"`
	Similarity *float64       `json:"similarity"`
	Rank       int            `json:"rank"`
}

// Run answers every quiz through the same commands and read tables as the API.
func (cmd recommendCommand) Run(ctx context.Context, config Config, c console) error {
	quizzes, err := cmd.quizzes()
	if err != nil {
		return err
	}
	a, err := openToSearch(ctx, config, cmd.Stock, c)
	if err != nil {
		return err
	}
	defer a.close()
	ctx = domain.WithPrincipal(ctx, domain.LocalGiver)
	answers := make([]answer, len(quizzes))
	for i, q := range quizzes {
		for _, notice := range q.Notices() {
			fmt.Fprintln(c.err, notice)
		}
		if answers[i], err = a.recommend(ctx, q, cmd); err != nil {
			return cmd.naming(i, err)
		}
		told, err := a.toldOf(ctx, q.Quiz, answers[i].RecipientID)
		if err == nil {
			answers[i].Notice, err = a.nothingFits(ctx, told.Brief(), answers[i].RecipientID, answers[i].Hypotheses)
		}
		if err == nil && answers[i].Notice == "" && cmd.Gifts > 0 {
			answers[i].Page, err = a.pageFor(ctx, told.Brief(), answers[i].RecipientID, cmd.Gifts)
		}
		if err != nil {
			return err
		}
		if !cmd.JSON {
			printAnswer(c.out, told.Brief(), answers[i])
		}
	}
	if cmd.JSON {
		return printJSON(c.out, answers)
	}
	return nil
}

// naming says which quiz of a file an error is about.
func (cmd recommendCommand) naming(i int, err error) error {
	if cmd.Quiz == "" {
		return err
	}
	return fmt.Errorf("%s: quiz %d: %w", cmd.Quiz, i+1, err)
}

// question is a quiz, and as it was written.
type question struct {
	domaindiscovery.Quiz
	raw json.RawMessage
}

// quizzes reads the file, or makes one quiz of the flags. All are checked before any is answered.
func (cmd recommendCommand) quizzes() ([]question, error) {
	if cmd.Quiz == "" {
		raw, err := json.Marshal(cmd.quiz())
		return []question{{cmd.quiz(), raw}}, err
	}
	data, err := readFile(cmd.Quiz)
	if err != nil {
		return nil, err
	}
	parsed, err := domaindiscovery.ParseQuizzes(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cmd.Quiz, err)
	}
	raw := []json.RawMessage{data}
	if len(parsed) > 1 || bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		if err := json.Unmarshal(data, &raw); err != nil {
			return nil, err
		}
	}
	questions := make([]question, len(parsed))
	for i, q := range parsed {
		if err := q.Validate(); err != nil {
			return nil, cmd.naming(i, err)
		}
		questions[i] = question{q, raw[i]}
	}
	return questions, nil
}

func readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(name)
}

// recommend generates ideas for the recipient named, or for a new one made of the quiz, and reads
// them back once the read tables show them.
func (a *app) recommend(ctx context.Context, q question, cmd recommendCommand) (answer, error) {
	recipient, err := a.recipientOf(ctx, q, cmd)
	if err != nil {
		return answer{}, err
	}
	wanted := domaindiscovery.GenerateHypotheses{RecipientID: &recipient, Quiz: q.Quiz}
	if cmd.Count != nil {
		wanted.Count = *cmd.Count
	}
	made, err := a.discovery.Generate(ctx, wanted)
	if err != nil {
		return answer{}, err
	}
	waiting, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	err = a.engine.Wait(waiting, made.Position, discovery.Hypotheses.Name, discovery.Links.Name, catalogue.Products.Name)
	if err != nil {
		return answer{}, err
	}
	ideas, err := a.ideas(ctx, made.Result.HypothesisID, cmd.ProductsEach)
	return answer{Quiz: q.raw, RecipientID: recipient, Hypotheses: ideas}, err
}

// pageFor serves a page of gifts; nil when there is nothing to put on it.
func (a *app) pageFor(ctx context.Context, told domaindiscovery.Brief, recipient uuid.UUID, limit int) (*servedPage, error) {
	out, err := a.recommendations.Recommend(ctx, domainrecommendation.Recommend{RecipientID: &recipient, Brief: http.BriefOf(told), Limit: limit})
	if err != nil {
		return nil, err
	}
	var served domainrecommendation.Recommended
	if err := json.Unmarshal(out.Result.Page, &served); err != nil || len(served.Items) == 0 {
		return nil, err
	}
	page := servedPage{RecommendationID: served.RecommendationID}
	for _, i := range served.Items {
		page.Items = append(page.Items, pick{i.GiftID, i.Gift.Title, i.Gift.Price, i.Gift.Currency, i.Gift.ProductURL, i.Reason})
	}
	return &page, nil
}

// recipientOf is who the ideas are for.
func (a *app) recipientOf(ctx context.Context, q question, cmd recommendCommand) (uuid.UUID, error) {
	if cmd.Recipient != nil {
		return *cmd.Recipient, nil
	}
	brief := q.Brief()
	created, err := a.recipients.Create(ctx, domainrecipient.CreateRecipient{Profile: domainrecipient.Profile{
		Relation: domainrecipient.Relation(brief.Relation), Person: brief.Person, Gender: string(brief.Gender), Age: brief.Age, Interests: brief.Interests,
	}})
	return created.Result.RecipientID, err
}

// toldOf is a quiz with what its recipient fills in, as far as a headline shows it.
func (a *app) toldOf(ctx context.Context, q domaindiscovery.Quiz, recipient uuid.UUID) (domaindiscovery.Quiz, error) {
	person, err := a.discovery.Recipients.Recipient(ctx, recipient)
	if err != nil {
		return q, err
	}
	q.Relationship = cmp.Or(q.Relationship, person.Relation)
	if q.Age == nil {
		q.Age = person.Age
	}
	if len(q.Interests) == 0 {
		q.Interests = person.Interests
	}
	return q, nil
}

// readTimeout bounds waiting for one's own write.
const readTimeout = 30 * time.Second

// ideas reads ideas with up to each of their products.
func (a *app) ideas(ctx context.Context, ids []uuid.UUID, each int) ([]idea, error) {
	hypotheses, err := discovery.HypothesesByID(ctx, a.read, domain.LocalGiver.Giver, ids)
	if err != nil {
		return nil, err
	}
	if len(hypotheses) < len(ids) {
		return nil, errors.New("some of the ideas are not in the read tables")
	}
	offers, err := discovery.Offers(ctx, a.read, ids)
	if err != nil {
		return nil, err
	}
	ideas := make([]idea, len(hypotheses))
	for i, h := range hypotheses {
		ideas[i] = idea{
			ID: h.ID, Title: h.Title, Description: h.Description, Reasoning: h.Reasoning, Gap: h.PrimaryGap,
			SearchQueries: h.SearchQueries, Products: []product{},
		}
		for _, o := range offers[h.ID][:min(len(offers[h.ID]), each)] {
			ideas[i].Products = append(ideas[i].Products, product{
				o.GiftID, o.Title, o.Price, o.Currency, o.Category, o.Merchant, o.ProductURL, o.Similarity, o.Rank,
			})
		}
	}
	return ideas, nil
}
