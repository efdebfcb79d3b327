package recipient_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/recipient"
	"gifty/projections"
	"gifty/projections/all/alltest"
	recipients "gifty/projections/recipient"
)

func create(ctx context.Context, t *testing.T, w *alltest.World, p recipient.Profile) uuid.UUID {
	t.Helper()
	out, err := w.Recipients.Create(ctx, recipient.CreateRecipient{Profile: p})
	if err != nil {
		t.Fatal(err)
	}
	return out.Result.RecipientID
}

func update(t *testing.T, w *alltest.World, id uuid.UUID, apply func(recipient.Profile) recipient.Profile) {
	t.Helper()
	_, err := w.Recipients.Update(w.Ctx, recipient.UpdateRecipient{RecipientID: id, Change: recipient.Change{Apply: apply}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRecipients(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	stranger, other := w.Stranger()
	born := time.Date(1974, 5, 17, 0, 0, 0, 0, time.UTC)
	ann := create(w.Ctx, t, w, recipient.Profile{Name: "Ann", Relation: "friend", Gender: "female", Age: new(52), BirthDate: &born, Interests: []string{"tea", "ёжики"}})
	unknown := create(w.Ctx, t, w, recipient.Profile{})
	gone := create(w.Ctx, t, w, recipient.Profile{Name: "Gone"})
	foreign := create(stranger, t, w, recipient.Profile{Name: "Foreign"})
	update(t, w, unknown, func(p recipient.Profile) recipient.Profile { p.Age = new(7); return p })
	update(t, w, ann, func(p recipient.Profile) recipient.Profile { p.Gender, p.Interests = "", nil; return p })
	if _, err := w.Recipients.Delete(w.Ctx, recipient.DeleteRecipient{RecipientID: gone}); err != nil {
		t.Fatal(err)
	}
	w.CatchUp(t)

	got, err := recipients.Get(w.Ctx, w.Pool, w.Giver, ann)
	if err != nil || got.CreatedAt.IsZero() || !got.UpdatedAt.After(got.CreatedAt) {
		t.Fatalf("%+v, %v", got, err)
	}
	got.Stamps = projections.Stamps{}
	want := recipients.Recipient{
		ID: ann, UserID: w.Giver, Name: new("Ann"), Relation: "friend", Age: new(52), BirthDate: &born, Interests: []string{}, Version: 2,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got, err := recipients.Get(w.Ctx, w.Pool, w.Giver, unknown); err != nil || got.Name != nil || got.Relation != "unknown" || *got.Age != 7 || got.Version != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	for name, c := range map[string]struct{ giver, id uuid.UUID }{
		"deleted": {w.Giver, gone}, "another's": {w.Giver, foreign}, "mine, for another": {other, ann}, "nobody": {w.Giver, uuid.New()},
	} {
		if _, err := recipients.Get(w.Ctx, w.Pool, c.giver, c.id); !errors.Is(err, recipient.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if page, err := recipients.List(w.Ctx, w.Pool, other, projections.PageRequest{}); err != nil || len(page.Items) != 1 || page.Items[0].ID != foreign {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestRecipientsPageByPage(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	var want []uuid.UUID
	for i := range 7 {
		want = append(want, create(w.Ctx, t, w, recipient.Profile{Name: fmt.Sprint("R", i)}))
	}
	slices.Reverse(want) // newest first
	w.CatchUp(t)
	for _, limit := range []int{1, 2, 7, 100} {
		list := func(page projections.PageRequest) (projections.Page[recipients.Recipient], error) {
			return recipients.List(w.Ctx, w.Pool, w.Giver, page)
		}
		got := alltest.ListOf(t, limit, list, func(r recipients.Recipient) uuid.UUID { return r.ID })
		if !slices.Equal(got, want) {
			t.Errorf("in pages of %d: %v\nwant %v", limit, got, want)
		}
	}
	_, err := recipients.List(w.Ctx, w.Pool, w.Giver, projections.PageRequest{Cursor: "nonsense"})
	var known *domain.Error
	if !errors.As(err, &known) || known.Code != "cursor_invalid" {
		t.Errorf("a cursor that is none: %v", err)
	}
}
