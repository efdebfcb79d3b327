package llm

import (
	"context"
	"sync"
	"time"

	"gifty/domain"
)

// Spend is what calls of models took.
type Spend struct {
	Tokens int           // read and written
	Money  domain.Amount // in US dollars, as prices are
}

func (s Spend) plus(o Spend) Spend {
	return Spend{s.Tokens + o.Tokens, domain.Amount{Decimal: s.Money.Add(o.Money.Decimal)}}
}

func (s Spend) minus(o Spend) Spend {
	return Spend{s.Tokens - o.Tokens, domain.Amount{Decimal: s.Money.Sub(o.Money.Decimal)}}
}

// most is the larger of two accounts of the same spending.
func (s Spend) most(o Spend) Spend {
	if s.Money.LessThan(o.Money.Decimal) {
		s.Money = o.Money
	}
	return Spend{max(s.Tokens, o.Tokens), s.Money}
}

// over tells whether s is more than a budget; what is zero in that is not limited.
func (s Spend) over(budget Spend) bool {
	return budget.Tokens > 0 && s.Tokens > budget.Tokens || budget.Money.IsPositive() && s.Money.GreaterThan(budget.Money.Decimal)
}

// Ledger keeps spending within budgets.
type Ledger interface {
	// Reserve sets aside the most that a call can take, or refuses with KindLimited. settle must be
	// called once, with what the call did take.
	Reserve(ctx context.Context, session string, atMost Spend) (settle func(Spend), err error)
}

// Budgets is a Ledger in memory: of each session and of each day (UTC). Make it with NewBudgets.
type Budgets struct {
	session, day Spend
	now          func() time.Time
	spent        Spent // nil: nobody asks

	mu       sync.Mutex
	today    time.Time
	known    Spend // settled today, as far as this process knows
	reserved Spend
	sessions map[string]*account
}

// Spent is what the log knows of a session's spending since a moment, by all processes; of all when none is
// named. It may lag behind: what this process spent is counted by it too.
type Spent func(ctx context.Context, session string, since time.Time) (Spend, error)

// account is a session's.
type account struct {
	spent, reserved Spend
	last            time.Time // when it was touched
}

// NewBudgets limits what a session and a day may take; a zero is no limit. spent may be nil.
func NewBudgets(session, day Spend, now func() time.Time, spent Spent) *Budgets {
	return &Budgets{session: session, day: day, now: now, spent: spent, sessions: map[string]*account{}}
}

// What a call is refused with.
var (
	ErrSessionBudget = &domain.Error{Kind: domain.KindLimited, Code: "llm_session_budget", Message: "this session has used up what language models may cost it; it goes on with the built-in ideas"}
	ErrDayBudget     = &domain.Error{Kind: domain.KindLimited, Code: "llm_day_budget", Message: "today's budget for language models is used up; until tomorrow (UTC) ideas are the built-in ones"}
)

// Reserve implements Ledger. Calls under way count as if they took all that they may, so that many at
// once do not pass the budget together. What the log knows is asked for before each call.
func (b *Budgets) Reserve(ctx context.Context, session string, atMost Spend) (settle func(Spend), err error) {
	day := b.now().UTC().Truncate(24 * time.Hour)
	ofAll, ofSession, err := b.logged(ctx, session, day)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn(day)
	b.known = b.known.most(ofAll)
	mine := b.account(session)
	mine.spent = mine.spent.most(ofSession)
	switch {
	case b.known.plus(b.reserved).plus(atMost).over(b.day):
		return nil, ErrDayBudget
	case session != "" && mine.spent.plus(mine.reserved).plus(atMost).over(b.session):
		return nil, ErrSessionBudget
	}
	b.reserved, mine.reserved = b.reserved.plus(atMost), mine.reserved.plus(atMost)
	return func(took Spend) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.reserved, mine.reserved = b.reserved.minus(atMost), mine.reserved.minus(atMost)
		b.known, mine.spent = b.known.plus(took), mine.spent.plus(took)
	}, nil
}

func (b *Budgets) logged(ctx context.Context, session string, day time.Time) (ofAll, ofSession Spend, err error) {
	if b.spent == nil {
		return ofAll, ofSession, nil
	}
	if ofAll, err = b.spent(ctx, "", day); err == nil && session != "" {
		ofSession, err = b.spent(ctx, session, b.now().Add(-idle))
	}
	return ofAll, ofSession, err
}

// idle is how long a session that asks nothing is remembered.
const idle = 48 * time.Hour

// turn begins a new day. Sessions go on, but for those that nobody uses any more.
func (b *Budgets) turn(day time.Time) {
	if !day.After(b.today) {
		return
	}
	b.today, b.known = day, Spend{}
	for name, a := range b.sessions {
		if b.now().Sub(a.last) > idle {
			delete(b.sessions, name)
		}
	}
}

func (b *Budgets) account(session string) *account {
	if session == "" {
		return &account{}
	}
	a := b.sessions[session]
	if a == nil {
		a = &account{}
		b.sessions[session] = a
	}
	a.last = b.now()
	return a
}
