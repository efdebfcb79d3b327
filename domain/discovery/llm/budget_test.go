package llm_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gifty/domain"
	"gifty/domain/discovery/llm"
)

func tokens(n int) llm.Spend { return llm.Spend{Tokens: n} }

func dollars(s string) llm.Spend {
	a, err := domain.NewAmount(s)
	if err != nil {
		panic(err)
	}
	return llm.Spend{Money: a}
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 8, 23, 0, 0, 0, time.UTC)
	b := llm.NewBudgets(tokens(100), tokens(150), func() time.Time { return now }, nil)
	reserve := func(session string, n int, want error) func(llm.Spend) {
		t.Helper()
		settle, err := b.Reserve(t.Context(), session, tokens(n))
		if !errors.Is(err, want) || want == nil && err != nil {
			t.Fatalf("%d for %q: %v, want %v", n, session, err, want)
		}
		return settle
	}
	first := reserve("a", 80, nil)
	reserve("a", 21, llm.ErrSessionBudget) // what is under way counts as a whole
	reserve("b", 71, llm.ErrDayBudget)
	first(tokens(50))
	reserve("a", 50, nil)(tokens(50))
	reserve("a", 1, llm.ErrSessionBudget)
	reserve("", 50, nil)(tokens(50)) // without a session, the day's alone
	reserve("b", 1, llm.ErrDayBudget)
	now = now.Add(2 * time.Hour)
	reserve("b", 100, nil)(tokens(100))
	reserve("a", 1, llm.ErrSessionBudget) // a session's does not begin anew at midnight
	now = now.Add(72 * time.Hour)
	reserve("c", 1, nil)(tokens(1))
	reserve("a", 100, nil)(tokens(0)) // but is forgotten in the end
}

func TestBudgetsOfMoney(t *testing.T) {
	t.Parallel()
	b := llm.NewBudgets(llm.Spend{}, dollars("0.30"), time.Now, nil)
	for range 3 {
		settle, err := b.Reserve(t.Context(), "a", dollars("0.1"))
		if err != nil {
			t.Fatal(err)
		}
		settle(dollars("0.1"))
	}
	if _, err := b.Reserve(t.Context(), "a", dollars("0.0001")); !errors.Is(err, llm.ErrDayBudget) {
		t.Errorf("%v", err)
	}
}

// The log tells what was spent before the program started, and by others.
func TestBudgetsKnowTheLog(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)
	var since time.Time
	var failing error
	b := llm.NewBudgets(llm.Spend{}, tokens(100), func() time.Time { return now }, func(_ context.Context, session string, from time.Time) (llm.Spend, error) {
		if session == "" {
			since = from
		}
		return tokens(60), failing
	})
	settle, err := b.Reserve(t.Context(), "a", tokens(40))
	if err != nil || !since.Equal(time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC)) {
		t.Fatalf("%v, since %v", err, since)
	}
	settle(tokens(30)) // not in the log yet
	if _, err := b.Reserve(t.Context(), "a", tokens(11)); !errors.Is(err, llm.ErrDayBudget) {
		t.Errorf("%v", err)
	}
	failing = errors.New("no database")
	if _, err := b.Reserve(t.Context(), "a", tokens(1)); !errors.Is(err, failing) {
		t.Errorf("%v", err)
	}
}

// A session that a process before has asked for goes on with what it has left.
func TestASessionsBudgetOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)
	b := llm.NewBudgets(tokens(100), llm.Spend{}, func() time.Time { return now }, func(_ context.Context, session string, from time.Time) (llm.Spend, error) {
		if session == "a" && from.Before(now.Add(-24*time.Hour)) {
			return tokens(90), nil
		}
		return llm.Spend{}, nil
	})
	if _, err := b.Reserve(t.Context(), "a", tokens(11)); !errors.Is(err, llm.ErrSessionBudget) {
		t.Errorf("%v", err)
	}
	if _, err := b.Reserve(t.Context(), "a", tokens(10)); err != nil {
		t.Error(err)
	}
	if _, err := b.Reserve(t.Context(), "b", tokens(100)); err != nil {
		t.Error(err)
	}
}

func TestManyAtOnceKeepTheBudget(t *testing.T) {
	t.Parallel()
	b := llm.NewBudgets(llm.Spend{}, tokens(50), time.Now, nil)
	var let atomic.Int64
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			if settle, err := b.Reserve(t.Context(), "", tokens(5)); err == nil {
				let.Add(1)
				settle(tokens(5))
			}
		})
	}
	all.Wait()
	if let.Load() != 10 {
		t.Errorf("%d calls of 5 tokens with a budget of 50", let.Load())
	}
}
