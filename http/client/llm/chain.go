package llm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/sony/gobreaker/v2"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/discovery/llm"
)

// Chain implements the domain's llm.Model. It is safe for concurrent use.
type Chain struct {
	links    []*link
	prices   map[string]Price
	budgets  llm.Ledger
	timeout  time.Duration
	attempts int
	now      func() time.Time
	wait     func(context.Context, time.Duration) error
}

// link is one provider in the chain.
type link struct {
	*Chain
	provider Provider
	vendor   vendor
	breaker  *gobreaker.TwoStepCircuitBreaker[any]
	abilities
}

// When a provider rests, and for how long before a single request tries it again.
const (
	restAfter = 5 // failures in a row
	restFor   = 30 * time.Second
)

func newLink(c *Chain, p Provider, client *http.Client) (*link, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	v, err := newVendor(p, client)
	if err != nil {
		return nil, domain.Invalid("llm_provider", "the provider %q cannot be set up", p.Name).Because(err)
	}
	return &link{
		Chain: c, provider: p, vendor: v,
		breaker: gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
			Name: p.Name, Timeout: restFor,
			ReadyToTrip:  func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= restAfter },
			IsSuccessful: func(err error) bool { return err == nil },
			IsExcluded:   func(err error) bool { return errors.Is(err, context.Canceled) },
		}),
	}, nil
}

// Complete implements llm.Model.
func (c *Chain) Complete(ctx context.Context, p llm.Prompt) (llm.Reply, error) {
	schema, err := compile(p.Schema)
	if err != nil {
		return llm.Reply{}, fmt.Errorf("schema of prompt %s: %w", p.Name, err)
	}
	var reply llm.Reply
	var last *failure
	for i, l := range c.links {
		a := &asking{link: l, prompt: p, schema: schema}
		done, err := a.inTurn(ctx, i < len(c.links)-1)
		reply.Calls = append(reply.Calls, a.calls...)
		if err == nil {
			reply.JSON, reply.Model, reply.Raw = done.answer, done.model, done.raw
			return reply, nil
		}
		if ctx.Err() != nil {
			return reply, ctx.Err()
		}
		if !errors.As(err, &last) {
			return reply, err // no provider can help that
		}
	}
	if last.kind == discovery.FailureBudget {
		return reply, last.cause
	}
	e := domain.Unavailable("llm_unavailable", "no language model gives an answer that can be used now; try again later").Because(last)
	e.RetryAfter = last.after
	return reply, e
}
