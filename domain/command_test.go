package domain_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/domaintest"
	"gifty/eventstore"
)

type added struct {
	N int `json:"n"`
}

// rival is a log in which another writer is first a number of times.
type rival struct {
	domain.Log
	wins  int
	tried int
}

func (r *rival) Append(ctx context.Context, a domain.Append) (domain.Receipt, error) {
	r.tried++
	if r.tried <= r.wins {
		if _, err := r.Log.Append(ctx, add(domain.AnyVersion)); err != nil {
			return domain.Receipt{}, err
		}
	}
	return r.Log.Append(ctx, a)
}

func add(expect int) domain.Append {
	return domain.Append{Writes: []domain.Write{{Stream: "sum", Expect: expect, Events: []any{added{1}}}}}
}

func newLog(t *testing.T) *eventstore.Memory {
	t.Helper()
	types, err := eventstore.NewTypes(domain.Type[added]("test.added.v1"))
	if err != nil {
		t.Fatal(err)
	}
	return eventstore.NewMemory(types, eventstore.Options{})
}

// addOne answers how often it decided before, and appends to the stream as it found it.
func addOne(log domain.Log, decided *int) func(context.Context) (domain.Decision[int], error) {
	return func(ctx context.Context) (domain.Decision[int], error) {
		streams, err := log.Streams(ctx, "sum")
		*decided++
		w := add(len(streams["sum"])).Writes
		return domain.Decision[int]{Result: *decided, Writes: w}, err
	}
}

func TestExecute(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	giver := domain.WithPrincipal(t.Context(), domain.LocalGiver)
	ctx := domain.WithCommand(giver, domaintest.ID(1))
	decided := 0
	first, err := domain.Execute(ctx, log, "add", 5, addOne(log, &decided))
	if err != nil || first != (domain.Outcome[int]{Result: 1, Position: 1}) {
		t.Fatalf("%+v, %v", first, err)
	}
	t.Run("a retry gets the first answer and nothing is decided", func(t *testing.T) {
		again, err := domain.Execute(ctx, log, "add", 5, addOne(log, &decided))
		if want := (domain.Outcome[int]{Result: 1, Position: 1, Repeated: true}); err != nil || again != want || decided != 1 {
			t.Errorf("%+v, %v, decided %d times", again, err, decided)
		}
	})
	other := domain.WithPrincipal(ctx, domain.Principal{Giver: uuid.New(), Role: domain.RoleGiver})
	for name, reuse := range map[string]struct {
		ctx       context.Context
		operation string
		request   int
	}{
		"another request": {ctx, "add", 6}, "another operation": {ctx, "subtract", 5}, "another giver": {other, "add", 5},
		"nobody": {domain.WithCommand(t.Context(), domaintest.ID(1)), "add", 5},
	} {
		t.Run("the id is not reused for "+name, func(t *testing.T) {
			if _, err := domain.Execute(reuse.ctx, log, reuse.operation, reuse.request, addOne(log, &decided)); !errors.Is(err, domain.ErrCommandReused) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("without an id nothing is a retry", func(t *testing.T) {
		out, err := domain.Execute(giver, log, "add", 5, addOne(log, &decided))
		if err != nil || out.Repeated || out.Position != 2 {
			t.Errorf("%+v, %v", out, err)
		}
	})
	events := slices.Collect(recorded(t, log))
	if len(events) != 2 || events[0].Actor != domain.LocalGiver.Actor() || events[0].CommandID != domaintest.ID(1) {
		t.Errorf("the log holds %+v", events)
	}
}

func recorded(t *testing.T, log *eventstore.Memory) func(func(domain.Recorded) bool) {
	return func(yield func(domain.Recorded) bool) {
		for e, err := range log.Read(t.Context(), eventstore.Query{}) {
			if err != nil {
				t.Fatal(err)
			}
			if !yield(e) {
				return
			}
		}
	}
}

func TestExecuteAgainstARival(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wins    int
		named   bool // the client named a version
		decided int
		err     error
	}{
		"decides anew when another was first":              {wins: 2, decided: 3},
		"decides five times at most":                       {wins: 9, decided: 5, err: domain.ErrVersion},
		"decides once when the client named a version":     {wins: 1, named: true, decided: 1, err: domain.ErrVersion},
		"goes well when the client's version is the right": {named: true, decided: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &rival{Log: newLog(t), wins: c.wins}
			ctx := domain.WithCommand(t.Context(), domaintest.ID(1))
			if c.named {
				ctx = domain.WithIfMatch(ctx, 0)
			}
			decided := 0
			out, err := domain.Execute(ctx, log, "add", 1, addOne(log, &decided))
			if !errors.Is(err, c.err) || decided != c.decided {
				t.Errorf("%v after %d decisions", err, decided)
			}
			if err == nil && (out.Position != domain.Position(c.wins+1) || out.Result != decided) {
				t.Errorf("%+v", out)
			}
		})
	}
}

func TestExecuteFails(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	ctx := domain.WithCommand(t.Context(), domaintest.ID(1))
	refusal := domain.Invalid("no", "no")
	_, err := domain.Execute(ctx, log, "add", 1, func(context.Context) (d domain.Decision[int], err error) { return d, refusal })
	if !errors.Is(err, refusal) {
		t.Errorf("got %v", err)
	}
	_, err = domain.Execute(ctx, log, "add", make(chan int), func(context.Context) (d domain.Decision[int], err error) { return d, nil })
	if err == nil {
		t.Error("a request that can't be told from others was accepted")
	}
	// Neither has used the id up.
	decided := 0
	if out, err := domain.Execute(ctx, log, "add", 1, addOne(log, &decided)); err != nil || out.Repeated {
		t.Errorf("%+v, %v", out, err)
	}
}
