package llm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"gifty/domain/discovery"
	"gifty/domain/discovery/llm"
)

// asking is one prompt put to one provider.
type asking struct {
	*link
	prompt  llm.Prompt
	schema  *schema
	calls   []discovery.ModelCall
	adapted int
}

// answer is one that can be used.
type answer struct {
	answer json.RawMessage
	model  string
	raw    []byte
}

// How long is waited before the same is asked again.
const (
	firstWait   = 500 * time.Millisecond // the longest before the second attempt; doubled for each more
	longestWait = 10 * time.Second       // of what a provider may ask for; who asks for more is passed over
)

// inTurn is ask, all tries together within half of the time that is left where others follow: one that hangs must not
// keep the next from being asked.
func (a *asking) inTurn(ctx context.Context, others bool) (answer, error) {
	if deadline, limited := ctx.Deadline(); limited && others {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	return a.ask(ctx)
}

// ask returns an answer, or a failure. One that can't be used is mended once.
func (a *asking) ask(ctx context.Context) (answer, error) {
	turns, limit := []turn{{text: a.prompt.User}}, a.prompt.MaxTokens
	done, wrote, f := a.insist(ctx, turns, limit)
	if f == nil {
		return done, nil
	}
	switch {
	case f.kind == discovery.FailureTruncated:
		limit *= 2
	case wrote != "" && (f.kind == discovery.FailureMalformed || f.kind == discovery.FailureShape):
		turns = append(turns, turn{model: true, text: wrote}, turn{text: mending(f.cause)})
	default:
		return answer{}, f
	}
	if done, _, f = a.insist(ctx, turns, limit); f != nil {
		return answer{}, f
	}
	return done, nil
}

// mending asks for another answer. What was wrong may quote what people wrote, so it is told as data.
func mending(fault error) string {
	told, _ := json.Marshal(fault.Error()) // a string
	return "That answer cannot be used. What is wrong with it:\n<data>\n" + string(told) + "\n</data>\nAnswer again with the whole corrected JSON object, without a word before or after it."
}

// insist asks until there is an answer, or none to be hoped for: after waits that grow twofold, with
// full jitter (Brooker 2015, "Exponential Backoff and Jitter"), and at least as long as asked for. It
// also returns what the model wrote last.
func (a *asking) insist(ctx context.Context, turns []turn, limit int) (answer, string, *failure) {
	for n := 1; ; n++ {
		r := request{model: a.provider.model(a.prompt.Size), system: a.prompt.System, turns: turns, maxTokens: limit, temperature: a.prompt.Temperature}
		a.fit(&r, a.schema)
		done, wrote, f := a.attempt(ctx, r)
		switch {
		case f == nil || ctx.Err() != nil:
			return done, wrote, f
		case f.kind == discovery.FailureRejected && a.adapted < mostAdaptions && a.adapt(r, f):
			a.adapted++
			n--
			continue
		case !f.passing || n >= a.attempts || f.after > longestWait:
			return done, wrote, f
		}
		if a.wait(ctx, max(rand.N(firstWait<<(n-1)), f.after)) != nil {
			return done, wrote, f
		}
	}
}

// attempt makes one request, within the budgets, unless the provider rests, and keeps the call.
func (a *asking) attempt(ctx context.Context, r request) (done answer, wrote string, f *failure) {
	call := discovery.ModelCall{
		Purpose: a.prompt.Purpose, Prompt: a.prompt.Name, PromptVersion: a.prompt.Version, Provider: a.provider.Name, Model: r.model,
	}
	defer func() {
		if f != nil {
			call.Failure, call.Detail = f.kind, a.detail(f.cause)
		}
		a.calls = append(a.calls, call)
	}()
	most := a.price(r.model, r.estimate(), r.maxTokens)
	settle := func(llm.Spend) {}
	if a.budgets != nil {
		var err error
		if settle, err = a.budgets.Reserve(ctx, a.prompt.Session, most); err != nil {
			return done, "", &failure{kind: discovery.FailureBudget, cause: err}
		}
	}
	took := llm.Spend{}
	defer func() { settle(took) }()
	heard, err := a.breaker.Allow()
	if err != nil {
		return done, "", &failure{kind: discovery.FailureResting, cause: err}
	}
	s, x, f := a.send(ctx, r, &call)
	heard(health(f))
	switch {
	case f == nil:
		took = a.charge(&call, r, s)
	case f.kind == discovery.FailureTimeout || f.kind == discovery.FailureCancelled || f.kind == discovery.FailureNetwork && x.status != 0:
		took = most // nobody knows how far it came
	}
	if f == nil {
		done, f = a.judge(s)
	}
	done.model, done.raw = call.Model, x.body
	return done, s.text, f
}

// send makes the request itself.
func (a *asking) send(ctx context.Context, r request, call *discovery.ModelCall) (said, *exchange, *failure) {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	ctx, x := recorded(ctx)
	started := a.now()
	s, err := a.vendor.ask(ctx, r)
	call.DurationMS = float64(a.now().Sub(started)) / float64(time.Millisecond)
	call.Raw = x.body
	if err != nil {
		f := failed(ctx, err, x, a.now())
		f.cause = errors.New(a.detail(f.cause))
		return s, x, f
	}
	if s.failure == discovery.FailureEmpty || s.failure == "" && s.text == "" {
		return s, x, &failure{kind: discovery.FailureEmpty, passing: true, cause: fmt.Errorf("nothing said; it ended with %q", s.reason)}
	}
	return s, x, nil
}

// health is what a failure tells of the provider.
func health(f *failure) error {
	switch {
	case f == nil:
		return nil
	case f.kind == discovery.FailureCancelled:
		return context.Canceled
	case f.unwell():
		return f
	}
	return nil
}

// judge tells whether what a model said can be used.
func (a *asking) judge(s said) (answer, *failure) {
	if s.failure != "" {
		return answer{}, &failure{kind: s.failure, cause: errors.New(s.reason)}
	}
	object, err := object(s.text)
	if err != nil {
		return answer{}, &failure{kind: discovery.FailureMalformed, cause: err}
	}
	if err := a.schema.check(object); err != nil {
		return answer{}, &failure{kind: discovery.FailureShape, cause: err}
	}
	if a.prompt.Accept != nil {
		if err := a.prompt.Accept(object); err != nil {
			return answer{}, &failure{kind: discovery.FailureShape, cause: err}
		}
	}
	return answer{answer: object}, nil
}

// wait returns early, with the context's error, when ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
