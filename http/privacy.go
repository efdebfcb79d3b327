package http

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/erasure"
	"gifty/domain/recipient"
	"gifty/projections/subject"
)

// Privacy is what people can do with what is kept of them. What it erases is gone from the read tables, too,
// when it answers.
type Privacy interface {
	EraseRecipient(ctx context.Context, cmd recipient.EraseRecipient) (domain.Outcome[recipient.Reached], error)
	EraseGiver(ctx context.Context, cmd erasure.EraseGiver) (domain.Outcome[erasure.Reached], error)
	ExportRecipient(ctx context.Context, id uuid.UUID) (subject.Export, error)
	ExportGiver(ctx context.Context, giver uuid.UUID) (subject.Export, error)
}

type erasedAccount struct {
	erasure.Reached
	Position domain.Position `json:"position" doc:"Log position that holds the effect."`
}

type erasedAccountAnswer struct {
	CommandHeaders
	Body erasedAccount
}

type exportAnswer struct {
	ContentDisposition string `header:"Content-Disposition"`
	CacheControl       string `header:"Cache-Control"`
	Body               subject.Export
}

func registerPrivacy(a *api) {
	handle(a, huma.Operation{
		OperationID: "erase-recipient", Method: http.MethodPost, Path: "/v1/recipients/{id}/erase", Tags: []string{tagRecipients}, Security: forGivers(),
		Summary: "Have a recipient forgotten", Errors: commandErrors(http.StatusNotFound),
		Description: "Deletes the recipient, and destroys the key to all that was ever told of them: nobody can read it any more, also not in the log, in copies of the database, or for who was deleted before. There is no way back.",
	}, a.eraseRecipient)
	handle(a, huma.Operation{
		OperationID: "export-recipient", Method: http.MethodGet, Path: "/v1/recipients/{id}/export", Tags: []string{tagRecipients}, Security: forGivers(),
		Summary: "Get all that is known of a recipient", Errors: readErrors(http.StatusNotFound),
		Description: "What happened, as it is in the log; rows of read tables; pages that were served, and replies of language models. It looks through the whole log.",
	}, a.exportRecipient)
	handle(a, huma.Operation{
		OperationID: "erase-account", Method: http.MethodPost, Path: "/v1/givers/me/erase", Tags: []string{tagAccess}, Security: forGivers(),
		Summary: "Have yourself forgotten", Errors: commandErrors(),
		Description: "Destroys the keys to all that you ever told, under every identity of yours, and to all that you told of others. There is no way back.",
	}, a.eraseAccount)
	handle(a, huma.Operation{
		OperationID: "export-account", Method: http.MethodGet, Path: "/v1/givers/me/export", Tags: []string{tagAccess}, Security: forGivers(),
		Summary: "Get all that is known of you", Errors: readErrors(),
		Description: "And of everybody you described, as export-recipient has it.",
	}, a.exportAccount)
}

func (a *api) eraseRecipient(ctx context.Context, in *struct {
	CommandInput
	ID uuid.UUID `path:"id"`
}) (*recipientAnswer, error) {
	out, err := issue(ctx, a.Privacy.EraseRecipient, recipient.EraseRecipient{RecipientID: in.ID})
	if err != nil {
		return nil, err
	}
	return reachedRecipient(out), nil
}

func (a *api) eraseAccount(ctx context.Context, _ *struct{ CommandInput }) (*erasedAccountAnswer, error) {
	out, err := issue(ctx, a.Privacy.EraseGiver, erasure.EraseGiver{GiverID: giver(ctx)})
	if err != nil {
		return nil, err
	}
	return &erasedAccountAnswer{headersOf(out), erasedAccount{out.Result, out.Position}}, nil
}

func (a *api) exportRecipient(ctx context.Context, in *struct {
	ReadInput
	ID uuid.UUID `path:"id"`
}) (*exportAnswer, error) {
	if err := a.wait(ctx, in.MinPosition); err != nil {
		return nil, err
	}
	return exported(a.Privacy.ExportRecipient(ctx, in.ID))
}

func (a *api) exportAccount(ctx context.Context, in *ReadInput) (*exportAnswer, error) {
	if err := a.wait(ctx, in.MinPosition); err != nil {
		return nil, err
	}
	return exported(a.Privacy.ExportGiver(ctx, giver(ctx)))
}

func exported(e subject.Export, err error) (*exportAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &exportAnswer{`attachment; filename="export.json"`, "no-store", e}, nil
}
