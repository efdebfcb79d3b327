package http

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/danielgtaylor/huma/v2/sse"
	"github.com/google/uuid"

	"gifty/domain"
	ideas "gifty/projections/discovery"
)

type discoveryStreamInput struct {
	ReadInput
	ID uuid.UUID `path:"id" doc:"The session."`
}

func registerDiscoveryStream(a *api) {
	sse.Register(a.huma, huma.Operation{
		OperationID: "stream-discovery", Method: http.MethodGet, Path: "/v1/discoveries/{id}/events", Tags: []string{tagDiscoveries}, Security: forGivers(),
		Summary:     "Follow a dialogue as server-sent events, until it ends",
		Description: "Each event \"discovery\" is the session as it stands, at first and whenever it has moved; its id is the session's version. An event \"error\" ends a stream that cannot go on. When the server stops the stream ends, and a client connects again.",
		Metadata:    map[string]any{streamed: true}, Errors: readErrors(http.StatusForbidden, http.StatusNotFound),
		Middlewares: huma.Middlewares{a.discoveryMustExist},
	}, map[string]any{"discovery": Discovery{}, "error": Problem{}}, a.streamDiscovery)
}

// discoveryMustExist answers for sessions that there are not: a stream that has begun can't. It waits for
// the position that the client wants to see.
func (a *api) discoveryMustExist(ctx huma.Context, next func(huma.Context)) {
	id, err := uuid.Parse(ctx.Param("id"))
	if err == nil { // huma refuses it otherwise, and a position that is none
		after, _ := strconv.ParseInt(ctx.Query("min_position"), 10, 64)
		waiting, cancel := context.WithTimeout(ctx.Context(), a.Timeout)
		defer cancel()
		if err = a.wait(waiting, domain.Position(after), ideas.Sessions.Name); err == nil {
			_, _, err = ideas.SessionVersion(waiting, a.DB, giver(waiting), id)
		}
		if err != nil {
			r, w := humago.Unwrap(ctx)
			problemOf(err).write(w, r)
			return
		}
	}
	next(ctx)
}

// streamDiscovery sends the session whenever it has moved, until it has ended, the client leaves or the
// server stops. What keeps it from going on is sent last.
func (a *api) streamDiscovery(ctx context.Context, in *discoveryStreamInput, send sse.Sender) {
	defer a.followers.follow(in.ID)()
	for sent := 0; ; {
		moved := a.followers.moved(in.ID)
		version, _, err := ideas.SessionVersion(ctx, a.DB, giver(ctx), in.ID)
		var d *Discovery
		if err == nil && version != sent {
			d, err = a.discovery(ctx, 0, in.ID)
		}
		if err != nil {
			if sending := send.Data(*problemOf(err).finish(ctx)); sending != nil {
				exchangeFrom(ctx).logger.Debug("the client did not take the answer", "error", sending)
			}
			return
		}
		if d != nil {
			if err := send(sse.Message{ID: d.Version, Data: *d}); err != nil || d.State == "ended" {
				return
			}
			sent = d.Version
		}
		if !a.until(ctx, moved) {
			return
		}
	}
}
