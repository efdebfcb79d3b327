package discovery_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/domaintest"
)

func TestReactAndLinkCommands(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.ideas(t)[0]
	at := w.log.Now(t)
	out, err := w.React(w.ctx, discovery.ReactToHypothesis{HypothesisID: id, Reaction: discovery.Like})
	if err != nil || out.Result != (discovery.Reached{HypothesisID: id, Version: 3}) || out.Position != at+1 {
		t.Errorf("%+v, %v", out, err)
	}
	out, err = w.React(w.ctx, discovery.ReactToHypothesis{HypothesisID: id, Reaction: discovery.Like})
	if err != nil || out.Result.Version != 3 || out.Position != at+1 {
		t.Errorf("the same again: %+v, %v", out, err)
	}
	out, err = w.Link(domain.WithIfMatch(w.ctx, 3), discovery.LinkProduct{HypothesisID: id, Link: link("c", 1)})
	if err != nil || out.Result.Version != 4 || out.Position != at+2 {
		t.Errorf("%+v, %v", out, err)
	}
	_, err = w.Link(domain.WithIfMatch(w.ctx, 3), discovery.LinkProduct{HypothesisID: id, Link: link("d", 1)})
	if !errors.Is(err, domain.ErrVersion) {
		t.Errorf("a stale version: %v", err)
	}
	_, err = w.Link(w.ctx, discovery.LinkProduct{HypothesisID: id, Link: link("no-such", 1)})
	domaintest.Refused(t, err, "product_not_found", "gift_id")
	_, err = w.React(w.ctx, discovery.ReactToHypothesis{HypothesisID: id, Reaction: "love"})
	domaintest.Refused(t, err, "reaction_unknown", "reaction")
	w.log.Unchanged(t, at+2)
}

// edits are all commands on one idea.
func (w *world) edits(id uuid.UUID) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"react": func(ctx context.Context) error {
			_, err := w.React(ctx, discovery.ReactToHypothesis{HypothesisID: id, Reaction: discovery.Shortlist})
			return err
		},
		"link": func(ctx context.Context) error {
			_, err := w.Link(ctx, discovery.LinkProduct{HypothesisID: id, Link: link("z", 1)})
			return err
		},
		"view": func(ctx context.Context) error {
			_, err := w.Record(ctx, interaction(func(r *discovery.RecordInteraction) { r.TargetID = id.String() }))
			return err
		},
	}
}

func TestIdeasAreTheirGivers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.ideas(t)[0]
	at := w.log.Now(t)
	for name, do := range w.edits(id) {
		var known *domain.Error
		if err := do(stranger(w.ctx)); !errors.As(err, &known) || known.Kind != domain.KindNotFound {
			t.Errorf("%s by a stranger: %v", name, err)
		}
		domaintest.Refused(t, do(t.Context()), "unauthenticated")
	}
	for name, do := range w.edits(uuid.New()) {
		if err := do(w.ctx); !errors.Is(err, discovery.ErrHypothesisNotFound) {
			t.Errorf("%s of an idea that is not there: %v", name, err)
		}
	}
	w.log.Unchanged(t, at)
}

// Nothing more is recorded of who was deleted, nor of the ideas for them: read tables have dropped both.
func TestIdeasGoWithTheirRecipient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.ideas(t)[0]
	w.person(t, ann, domaintest.PersonWent{})
	at := w.log.Now(t)
	for name, do := range w.edits(id) {
		var known *domain.Error
		if err := do(w.ctx); !errors.As(err, &known) || known.Kind != domain.KindNotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.log.Unchanged(t, at)
}

func interaction(change func(*discovery.RecordInteraction)) discovery.RecordInteraction {
	r := discovery.RecordInteraction{
		RecipientID: ann, SessionID: "s1", Action: discovery.ActionView, TargetType: discovery.TargetHypothesis, TargetID: "",
	}
	change(&r)
	return r
}

func TestRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.ideas(t)[0]
	shown := discovery.HypothesisShown{HypothesisID: id, SessionID: "s1"}
	reacted := discovery.Reacted{HypothesisID: id, GiverID: giver, SessionID: "s1", RecipientID: &ann}
	seen, clicked := discovery.ProductShown{HypothesisID: id, GiftID: "a", SessionID: "s1"}, discovery.ProductClicked{HypothesisID: id, GiftID: "a", SessionID: "s1"}
	for _, c := range []struct {
		name string
		what func(*discovery.RecordInteraction)
		of   *uuid.UUID // the idea recorded
		and  []any
	}{
		{"an idea is viewed", func(r *discovery.RecordInteraction) { r.TargetID = id.String() }, &id, []any{shown}},
		{"and again", func(r *discovery.RecordInteraction) { r.TargetID = strings.ToUpper(id.String()) }, &id, nil},
		{"an idea is liked", func(r *discovery.RecordInteraction) { r.TargetID, r.Action = id.String(), "like" }, &id,
			[]any{discovery.HypothesisLiked{Reacted: reacted}}},
		{"and again", func(r *discovery.RecordInteraction) { r.TargetID, r.Action = id.String(), "like" }, &id, nil},
		{"then disliked", func(r *discovery.RecordInteraction) { r.TargetID, r.Action = id.String(), "dislike" }, &id,
			[]any{discovery.HypothesisDisliked{Reacted: reacted}}},
		{"a product is liked under it", func(r *discovery.RecordInteraction) {
			r.TargetType, r.TargetID, r.HypothesisID, r.Action = "product", "a", &id, "like"
		}, &id, nil},
		{"a product is viewed under it", func(r *discovery.RecordInteraction) { r.TargetType, r.TargetID, r.HypothesisID = "product", "a", &id }, &id, []any{seen}},
		{"a product is clicked under it", func(r *discovery.RecordInteraction) {
			r.TargetType, r.TargetID, r.HypothesisID, r.Action = "product", "a", &id, discovery.ActionClick
		}, &id, []any{clicked}},
		{"a product is bought under it", func(r *discovery.RecordInteraction) {
			r.TargetType, r.TargetID, r.HypothesisID, r.Action = "product", "u", &id, "purchase"
		}, &id, nil},
		{"a product is clicked by itself", func(r *discovery.RecordInteraction) {
			r.TargetType, r.TargetID, r.Action = "product", "z", discovery.ActionClick
		}, nil, nil},
		{"a page is viewed", func(r *discovery.RecordInteraction) {
			r.TargetType, r.TargetID, r.Metadata = "navigation", "home", json.RawMessage(`{"from":"menu"}`)
		}, nil, nil},
		{"a comment", func(r *discovery.RecordInteraction) {
			r.TargetType, r.TargetID, r.Action, r.Value = "navigation", "home", discovery.ActionComment, "Nice"
		}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := w.log.Now(t)
			cmd := interaction(c.what)
			out, err := w.Record(w.ctx, cmd)
			if err != nil {
				t.Fatal(err)
			}
			for i, e := range c.and { // a reaction names the interaction that said so
				switch e := e.(type) {
				case discovery.HypothesisLiked:
					e.InteractionID = &out.Result.InteractionID
					c.and[i] = e
				case discovery.HypothesisDisliked:
					e.InteractionID = &out.Result.InteractionID
					c.and[i] = e
				}
			}
			want := append(c.and, discovery.InteractionRecorded{
				InteractionID: out.Result.InteractionID, GiverID: giver, RecipientID: ann, SessionID: "s1", Action: cmd.Action,
				TargetType: cmd.TargetType, TargetID: cmd.TargetID, HypothesisID: c.of, Value: cmd.Value, Metadata: cmd.Metadata,
			})
			got := w.log.Since(t, at)
			if len(got) != len(want) || out.Position != at+domain.Position(len(want)) {
				t.Fatalf("recorded %+v, answered %+v", got, out)
			}
			for i := range want {
				if !reflect.DeepEqual(got[i].Event, want[i]) {
					t.Errorf("recorded %+v\nwant %+v", got[i].Event, want[i])
				}
			}
		})
	}
}

func TestRecordRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.ideas(t)[0]
	bob := domaintest.ID(300)
	w.person(t, bob, domaintest.PersonCame{Giver: giver})
	at := w.log.Now(t)
	for name, c := range map[string]struct {
		what   func(*discovery.RecordInteraction)
		code   string
		fields []string
	}{
		"nothing": {func(r *discovery.RecordInteraction) { *r = discovery.RecordInteraction{RecipientID: ann} }, "interaction_invalid",
			[]string{"action", "target_type", "session_id", "target_id"}},
		"an action unheard of":     {func(r *discovery.RecordInteraction) { r.Action = "burn" }, "interaction_invalid", []string{"action"}},
		"an idea that is no id":    {func(r *discovery.RecordInteraction) { r.TargetID = "tea" }, "interaction_invalid", []string{"target_id"}},
		"a blank session":          {func(r *discovery.RecordInteraction) { r.SessionID = " \t" }, "interaction_invalid", []string{"session_id"}},
		"a long session":           {func(r *discovery.RecordInteraction) { r.SessionID = strings.Repeat("s", 201) }, "interaction_invalid", []string{"session_id"}},
		"NUL in the session":       {func(r *discovery.RecordInteraction) { r.SessionID = "s\x00" }, "interaction_invalid", []string{"session_id"}},
		"a comment without a word": {func(r *discovery.RecordInteraction) { r.Action = discovery.ActionComment }, "interaction_invalid", []string{"value"}},
		"a comment too long":       {func(r *discovery.RecordInteraction) { r.Value = strings.Repeat("v", 10_001) }, "interaction_invalid", []string{"value"}},
		"a comment in Latin-1":     {func(r *discovery.RecordInteraction) { r.Value = "\xe9" }, "interaction_invalid", []string{"value"}},
		"metadata too long": {func(r *discovery.RecordInteraction) {
			r.Metadata = json.RawMessage(`{"a":"` + strings.Repeat("v", 20_000) + `"}`)
		}, "interaction_invalid", []string{"metadata"}},
		"metadata that is a list": {func(r *discovery.RecordInteraction) { r.Metadata = json.RawMessage(`[1]`) }, "interaction_invalid", []string{"metadata"}},
		"a view of what is not linked": {func(r *discovery.RecordInteraction) {
			r.TargetType, r.TargetID, r.HypothesisID = "product", "z", &id
		}, "product_not_linked", nil},
		"a product that is not there": {func(r *discovery.RecordInteraction) {
			r.TargetType, r.TargetID, r.Action = "product", "no-such", "purchase"
		}, "product_not_found", []string{"target_id"}},
		"another recipient's idea":   {func(r *discovery.RecordInteraction) { r.RecipientID = bob }, "hypothesis_not_found", nil},
		"a recipient that is no one": {func(r *discovery.RecordInteraction) { r.RecipientID = uuid.New() }, "recipient_not_found", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := interaction(func(r *discovery.RecordInteraction) { r.TargetID = id.String() })
			c.what(&r)
			_, err := w.Record(w.ctx, r)
			domaintest.Refused(t, err, c.code, c.fields...)
		})
	}
	w.log.Unchanged(t, at)
}

func TestLogSearch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := domain.WithCommand(w.ctx, domaintest.ID(999))
	first, err := w.LogSearch(ctx, discovery.LogSearch{SessionID: "s1", Search: search()})
	if err != nil || first.Position != 2 {
		t.Fatalf("%+v, %v", first, err)
	}
	want := discovery.CatalogueSearched{
		SearchID: first.Result, GiverID: giver, SessionID: "s1", Context: discovery.ContextSearch, Query: "teapot", ResultsCount: 2,
		AvgSimilarity: new(0.4), TopSimilarity: new(0.5), TopGiftID: "a", MaxPrice: new(domain.WholeAmount(1100)),
		Currency: "RUB", ExecutionMS: 1.5, EngineVersion: "hybrid_v1", EmbeddingModel: "m",
	}
	if got := w.log.Since(t, 1)[0].Event; !reflect.DeepEqual(got, want) {
		t.Errorf("recorded %+v\nwant %+v", got, want)
	}
	slower := search()
	slower.ExecutionMS = 70
	if again, err := w.LogSearch(ctx, discovery.LogSearch{SessionID: "s1", Search: slower}); err != nil || !again.Repeated || again.Result != first.Result {
		t.Errorf("a retry: %+v, %v", again, err)
	}
	_, err = w.LogSearch(w.ctx, discovery.LogSearch{SessionID: strings.Repeat("s", 201), Search: search()})
	domaintest.Refused(t, err, "session_invalid")
	_, err = w.LogSearch(t.Context(), discovery.LogSearch{Search: search()})
	domaintest.Refused(t, err, "unauthenticated")
	w.log.Unchanged(t, 2)
}
