package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"gifty/domain/account"
	"gifty/eventstore"
	"gifty/http"
	"gifty/http/client/embed"
	"gifty/projections"
	readanalytics "gifty/projections/analytics"
	readcatalogue "gifty/projections/catalogue"
	"gifty/projections/events"
	"gifty/projections/reaction"
	"gifty/projections/subject"
)

// consoleLooks is how often each page is looked at.
const consoleLooks = 100

// benchConsole asks for every page of the console over a whole log. What takes a reading of the log is
// asked for once before: pages show the last answer while a new one is made.
func benchConsole(ctx context.Context, env environment) error {
	n, err := historyEvents()
	if err != nil {
		return err
	}
	p, err := newPast(ctx, env, n)
	if err != nil {
		return err
	}
	defer p.close()
	status, err := p.engine.Status(ctx)
	if err != nil {
		return err
	}
	var tables []string
	for _, s := range status {
		if s.Table != readcatalogue.Embeddings.Name {
			tables = append(tables, s.Table)
		}
	}
	if err := p.engine.Rebuild(ctx, tables, projections.RebuildOptions{}); err != nil {
		return err
	}
	var working sync.WaitGroup
	defer working.Wait()
	site, err := p.console(ctx, &working)
	if err != nil {
		return err
	}
	pages, err := site.pages(ctx)
	if err != nil {
		return err
	}
	var every []float64
	worst := 0.0
	for _, page := range pages {
		took, err := site.look(ctx, page.path)
		if err != nil {
			return err
		}
		p99 := percentile(took, 0.99)
		print("console."+page.name+"_p50_ms", median(took), "ms")
		print("console."+page.name+"_p99_ms", p99, "ms")
		worst, every = max(worst, p99), append(every, took...)
	}
	print("console.worst_page_p99_ms", worst, "ms")
	print("console.p99_ms", percentile(every, 0.99), "ms")
	return nil
}

// site is the console of a past.
type site struct {
	get func(ctx context.Context, path string) (body []byte, took time.Duration, err error)
}

func (p *past) console(ctx context.Context, working *sync.WaitGroup) (*site, error) {
	analyst, err := readanalytics.NewAnalyst(p.engine, p.pool)
	if err != nil {
		return nil, err
	}
	if analyst.Embedder, _, err = embed.New(ctx, embed.Config{Kind: embed.Hashed}); err != nil {
		return nil, err
	}
	store := eventstore.Open(p.pool, p.types, eventstore.Options{Logger: p.logger})
	context.AfterFunc(ctx, store.Close)
	config := http.Config{
		Events: events.NewBrowser(p.pool, p.types, nil), Analyst: analyst, Search: readcatalogue.Finder{DB: p.pool}, DB: p.pool, Engine: p.engine,
		Reactions: reaction.Book{DB: p.pool}, Authority: anybody{}, Privacy: subject.Privacy{}, Logger: p.logger,
		Start: func(do func(context.Context)) { working.Go(func() { do(ctx) }) },
	}
	config.Recommendations.Blobs = store
	handler, err := http.New(config)
	if err != nil {
		return nil, err
	}
	return &site{func(ctx context.Context, path string) ([]byte, time.Duration, error) {
		status, body, took, err := http.Timed(ctx, handler, "/console"+path, "anybody")
		if err == nil && status != 200 {
			err = fmt.Errorf("%s answers %d: %.300s", path, status, body)
		}
		return body, took, err
	}}, nil
}

// anybody may do everything.
type anybody struct{}

func (anybody) Identify(context.Context, string) (account.Identity, error) {
	return account.Identity{Service: uuid.Max, Scopes: []account.Scope{account.Admin}}, nil
}

func (anybody) Anonymous(uuid.UUID) account.AnonymousToken { return account.AnonymousToken{} }

type consolePage struct{ name, path string }

// pages are all there are; those of people, sessions and figures are found where they are listed.
func (s *site) pages(ctx context.Context) ([]consolePage, error) {
	pages := []consolePage{
		{"overview", "/"}, {"overview_90_days", "/?days=90"}, {"funnels", "/funnels?funnel=ideas"}, {"funnels_broken_down", "/funnels?funnel=quiz&by=relation"},
		{"funnels_as_of", "/funnels?funnel=ideas&as_of=5000"}, {"catalogue", "/catalogue"}, {"people", "/people"}, {"sessions", "/sessions"},
		{"projections", "/projections"}, {"configuration", "/configuration"}, {"events", "/events"},
		{"events_of_a_type", "/events?type=discovery.started.v1"}, {"events_rare", "/events?type=catalogue.product_retired.v1"},
		{"events_of_an_actor", "/events?actor=giver:" + uuid.Nil.String()}, {"events_of_a_day", "/events?type=discovery.*&from=" + time.Now().AddDate(0, 0, -40).Format(time.DateOnly)},
		{"events_by_field", "/events?type=discovery.catalogue_searched.v1&field=results_count&is=0"},
	}
	for _, list := range []struct{ name, path, link string }{
		{"person", "/people", `/console(/people/[0-9a-f-]{36})`}, {"session", "/sessions", `/console(/sessions/[0-9a-f-]{36})`},
		{"behind_a_figure", "/funnels?funnel=quiz", `/console(/behind\?[^"]+)`},
	} {
		body, err := s.answered(ctx, list.path)
		if err != nil {
			return nil, err
		}
		found := regexp.MustCompile(list.link).FindSubmatch(body)
		if found == nil {
			return nil, errors.New(list.path + " lists nothing")
		}
		pages = append(pages, consolePage{list.name, html.UnescapeString(string(found[1]))})
	}
	return pages, s.warm(ctx, pages)
}

// waiting stands on pages whose answer is not there yet.
var waiting = regexp.MustCompile(`id="counting"|data-job=|delay:700ms`)

// warm asks for pages until they have their answers.
func (s *site) warm(ctx context.Context, pages []consolePage) error {
	for _, page := range pages {
		if _, err := s.answered(ctx, page.path); err != nil {
			return err
		}
	}
	return nil
}

// answered asks for a page until it has its answer.
func (s *site) answered(ctx context.Context, path string) ([]byte, error) {
	for {
		body, _, err := s.get(ctx, path)
		if err != nil || !waiting.Match(body) {
			return body, err
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (s *site) look(ctx context.Context, path string) ([]float64, error) {
	var took []float64
	for range consoleLooks {
		_, t, err := s.get(ctx, path)
		if err != nil {
			return nil, err
		}
		took = append(took, milliseconds(t))
	}
	return slices.Clip(took), nil
}
