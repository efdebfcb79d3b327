package http

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	ideas "gifty/projections/discovery"
)

type discoveryBody struct {
	RecipientID *uuid.UUID     `json:"recipient_id,omitempty" doc:"What the quiz leaves open is taken from this recipient."`
	Quiz        discovery.Quiz `json:"quiz,omitzero"`
}

type discoveryReached struct {
	discovery.SessionReached
	Position  domain.Position `json:"position" doc:"Log position that holds the effect."`
	Discovery *Discovery      `json:"discovery,omitempty" doc:"The session, once nothing is being worked on any more; there when you asked to wait for it and it came in time."`
}

type discoveryAnswer struct {
	Status int
	CommandHeaders
	ETag     string `header:"ETag" doc:"The session's version now."`
	Location string `header:"Location" doc:"Where the session is."`
	Body     discoveryReached
}

func registerDiscoveries(a *api) {
	handle(a, huma.Operation{
		OperationID: "start-discovery", Method: http.MethodPost, Path: "/v1/discoveries", Tags: []string{tagDiscoveries}, Security: forGivers(),
		Summary: "Begin a dialogue", Errors: commandErrors(http.StatusNotFound), DefaultStatus: http.StatusAccepted,
		Description: "Answers at once; topics, ideas and products follow. Read get-discovery, follow stream-discovery, or send Prefer: wait=10.",
		RequestBody: example(map[string]any{"quiz": map[string]any{
			"recipient_age": 34, "relationship": "friend", "interests": []string{"coffee", "sport"}, "budget": 60, "currency": "EUR", "language": "en",
		}}),
	}, a.startDiscovery)
	handle(a, huma.Operation{
		OperationID: "list-discoveries", Method: http.MethodGet, Path: "/v1/discoveries", Tags: []string{tagDiscoveries}, Security: forGivers(),
		Summary: "List your dialogues, those that began last first", Errors: readErrors(),
	}, a.listDiscoveries)
	handle(a, huma.Operation{
		OperationID: "get-discovery", Method: http.MethodGet, Path: "/v1/discoveries/{id}", Tags: []string{tagDiscoveries}, Security: forGivers(),
		Summary: "Read a dialogue with its tracks, ideas and products", Errors: readErrors(http.StatusNotFound),
		Description: "With Prefer: wait=N it waits until nothing is being worked on any more, N seconds at most.",
	}, a.getDiscovery)
	registerQuiz(a)
	registerDiscoveryStream(a)
	registerDialogueActions(a)
	registerReactionsInSession(a)
}

// steer registers an action on a dialogue.
func steer[I discoveryInput, C any](a *api, op huma.Operation, command func(I) C, do func(context.Context, C) (domain.Outcome[discovery.SessionReached], error)) {
	op.Method, op.Tags, op.Errors, op.DefaultStatus = http.MethodPost, []string{tagDiscoveries}, editErrors(), http.StatusOK
	op.Security = forGivers()
	op.Path = "/v1/discoveries/{id}" + op.Path
	handle(a, op, func(ctx context.Context, in *I) (*discoveryAnswer, error) {
		out, err := issue(ctx, do, command(*in))
		if err != nil {
			return nil, located(err, "body")
		}
		return a.reachedDiscovery(ctx, out, (*in).preference())
	})
}

// discoveryInput is what every action on a dialogue takes.
type discoveryInput interface {
	preference() PreferInput
}

// DialogueInput names the dialogue that an action is on.
type DialogueInput struct {
	CommandInput
	EditInput
	PreferInput
	ID uuid.UUID `path:"id" doc:"The session."`
}

func (d DialogueInput) preference() PreferInput { return d.PreferInput }

func (a *api) startDiscovery(ctx context.Context, in *struct {
	CommandInput
	PreferInput
	Body discoveryBody
}) (*discoveryAnswer, error) {
	out, err := issue(ctx, a.Discovery.Start, discovery.StartDiscovery{RecipientID: in.Body.RecipientID, Quiz: in.Body.Quiz})
	if err != nil {
		return nil, located(err, generatePart(err))
	}
	return a.reachedDiscovery(ctx, out, in.PreferInput)
}

// reachedDiscovery answers a command: at once, or with the session when what follows is done. That it
// takes longer, or cannot be read yet, is no failure of the command.
func (a *api) reachedDiscovery(ctx context.Context, out domain.Outcome[discovery.SessionReached], prefer PreferInput) (*discoveryAnswer, error) {
	answer := &discoveryAnswer{
		Status: http.StatusOK, CommandHeaders: headersOf(out), ETag: etag(out.Result.Version),
		Location: "/v1/discoveries/" + out.Result.SessionID.String(), Body: discoveryReached{SessionReached: out.Result, Position: out.Position},
	}
	if wait := prefer.wait(); wait > 0 {
		waiting, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		idle, err := a.awaitIdle(waiting, out.Position, out.Result.SessionID)
		if err == nil && idle {
			answer.Body.Discovery, err = a.discovery(ctx, 0, out.Result.SessionID)
		}
		if err != nil {
			exchangeFrom(ctx).logger.WarnContext(ctx, "cannot show what a command led to", "error", err)
		}
	}
	if d := answer.Body.Discovery; d != nil {
		answer.ETag, answer.Body.Version, answer.Body.Working = etag(d.Version), d.Version, false
	} else if out.Result.Working {
		answer.Status = http.StatusAccepted
	}
	return answer, nil
}

// awaitIdle returns when nothing is being worked on in a session, or with false when ctx ends first.
func (a *api) awaitIdle(ctx context.Context, after domain.Position, id uuid.UUID) (idle bool, err error) {
	if err := a.wait(ctx, after, ideas.Sessions.Name); err != nil {
		return false, err
	}
	defer a.followers.follow(id)()
	for {
		moved := a.followers.moved(id)
		_, idle, err := ideas.SessionVersion(ctx, a.DB, giver(ctx), id)
		switch {
		case ctx.Err() != nil:
			return false, nil
		case err != nil || idle:
			return idle, err
		case !a.until(ctx, moved):
			return false, nil
		}
	}
}

func (a *api) getDiscovery(ctx context.Context, in *struct {
	ReadInput
	PreferInput
	ID uuid.UUID `path:"id" doc:"The session."`
}) (*versioned[Discovery], error) {
	if wait := in.wait(); wait > 0 {
		waiting, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		if _, err := a.awaitIdle(waiting, in.MinPosition, in.ID); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return nil, err
		}
	}
	d, err := a.discovery(ctx, in.MinPosition, in.ID)
	if err != nil {
		return nil, err
	}
	return &versioned[Discovery]{etag(d.Version), *d}, nil
}

func (a *api) listDiscoveries(ctx context.Context, in *struct {
	PageInput
	RecipientID uuid.UUID `query:"recipient_id" doc:"For this recipient alone."`
}) (*pageOf[DiscoverySummary], error) {
	if err := a.wait(ctx, in.MinPosition, ideas.Sessions.Name); err != nil {
		return nil, err
	}
	page, err := ideas.ListSessions(ctx, a.DB, WhichInput{RecipientID: in.RecipientID}.which(ctx), in.request())
	if err != nil {
		return nil, err
	}
	answer := &pageOf[DiscoverySummary]{}
	answer.Body.Next, answer.Body.Items = page.Next, make([]DiscoverySummary, len(page.Items))
	for i, row := range page.Items {
		answer.Body.Items[i] = discoverySummary(row)
	}
	return answer, nil
}
