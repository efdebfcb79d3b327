package http

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/recipient"
	"gifty/projections"
	recipients "gifty/projections/recipient"
)

// Recipient is a recipient as clients see it: the row, with the birth date as a date.
type Recipient struct {
	recipients.Recipient
	BirthDate *day `json:"birth_date"`
}

func recipientOf(row recipients.Recipient) Recipient {
	r := Recipient{Recipient: row}
	if row.BirthDate != nil {
		r.BirthDate = &day{*row.BirthDate}
	}
	return r
}

type newRecipient struct {
	Name      string       `json:"name,omitempty" maxLength:"200" example:"Alexei"`
	Relation  relationWord `json:"relation,omitempty" doc:"Who they are to the giver. A finer word, such as father, is kept as person, and relation is then what it stands for." example:"father"`
	Gender    string       `json:"gender,omitempty" maxLength:"50" doc:"In a free word." example:"male"`
	Age       *int         `json:"age,omitempty" minimum:"0" maximum:"130" doc:"Years." example:"52"`
	BirthDate *day         `json:"birth_date,omitempty" example:"1974-05-17"`
	Interests []string     `json:"interests,omitempty" maxItems:"50" doc:"What they like."`
}

func (n newRecipient) profile() recipient.Profile {
	p := recipient.Profile{Name: n.Name, Gender: n.Gender, Age: n.Age, Interests: n.Interests}
	p.Relation, p.Person = n.Relation.read()
	if n.BirthDate != nil {
		p.BirthDate = &n.BirthDate.Time
	}
	return p
}

// relationWord is a relation, or a finer word for one: relative or father.
type relationWord string

// relationWords lists them.
func relationWords() []string {
	return append(enumNames(recipient.Relations()), discovery.People()...)
}

// read is the relation that the word stands for, and the word where it says more.
func (w relationWord) read() (relation recipient.Relation, person string) {
	if slices.Contains(discovery.People(), string(w)) {
		return recipient.Relation(discovery.RelationOf(string(w))), string(w)
	}
	return recipient.Relation(w), ""
}

type recipientPatch struct {
	Name      optional[string]       `json:"name,omitzero" maxLength:"200"`
	Relation  optional[relationWord] `json:"relation,omitzero" doc:"Who they are to the giver; null means unknown."`
	Gender    optional[string]       `json:"gender,omitzero" maxLength:"50"`
	Age       optional[int]          `json:"age,omitzero" minimum:"0" maximum:"130" doc:"Years."`
	BirthDate optional[day]          `json:"birth_date,omitzero"`
	Interests optional[[]string]     `json:"interests,omitzero" doc:"The whole list anew."`
}

// change is the patch as the domain takes it: an edit, and what was asked in words.
func (p recipientPatch) change() recipient.Change {
	fields := map[string]any{}
	note(fields, "name", p.Name)
	note(fields, "relation", p.Relation)
	note(fields, "gender", p.Gender)
	note(fields, "age", p.Age)
	note(fields, "birth_date", p.BirthDate)
	note(fields, "interests", p.Interests)
	return recipient.Change{Fields: fields, Apply: p.apply}
}

func note[T any](fields map[string]any, name string, o optional[T]) {
	if o.Set {
		fields[name] = o.Value
	}
}

func (p recipientPatch) apply(r recipient.Profile) recipient.Profile {
	put(&r.Name, p.Name)
	if p.Relation.Set {
		r.Relation, r.Person = "", ""
		if p.Relation.Value != nil {
			r.Relation, r.Person = p.Relation.Value.read()
		}
	}
	put(&r.Gender, p.Gender)
	put(&r.Interests, p.Interests)
	if p.Age.Set {
		r.Age = p.Age.Value
	}
	if p.BirthDate.Set {
		r.BirthDate = nil
		if p.BirthDate.Value != nil {
			r.BirthDate = &p.BirthDate.Value.Time
		}
	}
	return r
}

// put sets a field that has no null of its own: null clears it.
func put[T any](field *T, o optional[T]) {
	var zero T
	switch {
	case o.Set && o.Value == nil:
		*field = zero
	case o.Set:
		*field = *o.Value
	}
}

type recipientReached struct {
	recipient.Reached
	Position domain.Position `json:"position" doc:"Log position that holds the effect."`
}

type recipientAnswer struct {
	CommandHeaders
	ETag     string `header:"ETag" doc:"The recipient's version now."`
	Location string `header:"Location" doc:"Where a new recipient is."`
	Body     recipientReached
}

func reachedRecipient(out domain.Outcome[recipient.Reached]) *recipientAnswer {
	return &recipientAnswer{
		CommandHeaders: headersOf(out), ETag: etag(out.Result.Version),
		Body: recipientReached{out.Result, out.Position},
	}
}

func registerRecipients(a *api) {
	handle(a, huma.Operation{
		OperationID: "create-recipient", Method: http.MethodPost, Path: "/v1/recipients", Tags: []string{tagRecipients}, Security: forGivers(),
		Summary: "Describe somebody new", Errors: commandErrors(), DefaultStatus: http.StatusCreated,
		Description: "Everything may be left out and told later.",
		RequestBody: example(map[string]any{"name": "Alexei", "relation": "relative", "age": 52, "interests": []string{"fishing", "bbq"}}),
	}, a.createRecipient)
	handle(a, huma.Operation{
		OperationID: "list-recipients", Method: http.MethodGet, Path: "/v1/recipients", Tags: []string{tagRecipients}, Security: forGivers(),
		Summary: "List your recipients, newest first", Errors: readErrors(),
	}, a.listRecipients)
	handle(a, huma.Operation{
		OperationID: "get-recipient", Method: http.MethodGet, Path: "/v1/recipients/{id}", Tags: []string{tagRecipients}, Security: forGivers(),
		Summary: "Read one recipient", Errors: readErrors(http.StatusNotFound),
	}, a.getRecipient)
	handle(a, huma.Operation{
		OperationID: "update-recipient", Method: http.MethodPatch, Path: "/v1/recipients/{id}", Tags: []string{tagRecipients}, Security: forGivers(),
		Summary: "Change a recipient", Errors: editErrors(),
		Description: "A JSON merge patch (RFC 7396): a field that is absent stays as it is, null clears it.",
		RequestBody: &huma.RequestBody{Content: map[string]*huma.MediaType{
			"application/merge-patch+json": {Example: map[string]any{"age": 53, "gender": nil}},
		}},
	}, a.updateRecipient)
	handle(a, huma.Operation{
		OperationID: "delete-recipient", Method: http.MethodDelete, Path: "/v1/recipients/{id}", Tags: []string{tagRecipients}, Security: forGivers(),
		Summary: "Take a recipient away", Errors: editErrors(),
		Description: "What hangs on them, ideas and history, goes too.",
	}, a.deleteRecipient)
	handle(a, huma.Operation{
		OperationID: "list-recipient-history", Method: http.MethodGet, Path: "/v1/recipients/{id}/history", Tags: []string{tagRecipients}, Security: forGivers(),
		Summary: "List what happened around a recipient, newest first", Errors: readErrors(http.StatusNotFound),
		Description: "How they were described and when that changed, sessions, ideas, reactions and interactions.",
	}, a.listRecipientHistory)
}

func (a *api) createRecipient(ctx context.Context, in *struct {
	CommandInput
	Body newRecipient
}) (*recipientAnswer, error) {
	out, err := issue(ctx, a.Recipients.Create, recipient.CreateRecipient{Profile: in.Body.profile()})
	if err != nil {
		return nil, located(err, "body")
	}
	answer := reachedRecipient(out)
	answer.Location = "/v1/recipients/" + out.Result.RecipientID.String()
	return answer, nil
}

func (a *api) updateRecipient(ctx context.Context, in *struct {
	CommandInput
	EditInput
	ID   uuid.UUID      `path:"id"`
	Body recipientPatch `contentType:"application/merge-patch+json"`
}) (*recipientAnswer, error) {
	out, err := issue(ctx, a.Recipients.Update, recipient.UpdateRecipient{RecipientID: in.ID, Change: in.Body.change()})
	if err != nil {
		return nil, located(err, "body")
	}
	return reachedRecipient(out), nil
}

func (a *api) deleteRecipient(ctx context.Context, in *struct {
	CommandInput
	EditInput
	ID uuid.UUID `path:"id"`
}) (*recipientAnswer, error) {
	out, err := issue(ctx, a.Recipients.Delete, recipient.DeleteRecipient{RecipientID: in.ID})
	if err != nil {
		return nil, err
	}
	return reachedRecipient(out), nil
}

func (a *api) listRecipients(ctx context.Context, in *PageInput) (*pageOf[Recipient], error) {
	if err := a.wait(ctx, in.MinPosition, recipients.Recipients.Name); err != nil {
		return nil, err
	}
	page, err := recipients.List(ctx, a.DB, giver(ctx), in.request())
	if err != nil {
		return nil, err
	}
	answer := &pageOf[Recipient]{projections.Page[Recipient]{Items: make([]Recipient, len(page.Items)), Next: page.Next}}
	for i, row := range page.Items {
		answer.Body.Items[i] = recipientOf(row)
	}
	return answer, nil
}

func (a *api) getRecipient(ctx context.Context, in *struct {
	ReadInput
	TagInput
	ID uuid.UUID `path:"id"`
}) (*unlessKnown[Recipient], error) {
	row, err := a.recipient(ctx, in.MinPosition, in.ID)
	if err != nil {
		return nil, err
	}
	return answerUnlessKnown(in.TagInput, etag(row.Version), recipientOf(row)), nil
}

func (a *api) recipient(ctx context.Context, after domain.Position, id uuid.UUID) (recipients.Recipient, error) {
	if err := a.wait(ctx, after, recipients.Recipients.Name); err != nil {
		return recipients.Recipient{}, err
	}
	return recipients.Get(ctx, a.DB, giver(ctx), id)
}

func (a *api) listRecipientHistory(ctx context.Context, in *struct {
	PageInput
	ID uuid.UUID `path:"id"`
}) (*pageOf[recipients.Entry], error) {
	if _, err := a.recipient(ctx, in.MinPosition, in.ID); err != nil {
		return nil, err
	}
	return list(ctx, a, in.PageInput, recipients.History.Name, func(ctx context.Context, page projections.PageRequest) (projections.Page[recipients.Entry], error) {
		return recipients.ListHistory(ctx, a.DB, in.ID, page)
	})
}
