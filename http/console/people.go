package console

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/projections/events"
	"gifty/projections/journey"
)

// found is a list of beginnings: recipients or sessions, each by the event that began it.
type found struct {
	explorer
}

// lately finds the latest events of some types, going back so far at a time.
func (c *console) lately(r *http.Request, p *page, types ...string) (f found, err error) {
	if f.explorer, err = c.explore(r); err != nil {
		return f, err
	}
	q := &f.request
	q.Types, q.Newest, q.Limit = types, true, eventsAPage+1
	if q.UpTo == 0 || q.UpTo > p.head {
		q.UpTo = p.head
	}
	q.After = max(0, q.UpTo-lookBack)
	f.from, f.to, f.more = q.After+1, q.UpTo, q.After > 0
	if p.head == 0 {
		return f, nil
	}
	if f.items, err = c.collect(r.Context(), *q); err == nil && len(f.items) > eventsAPage {
		f.items = f.items[:eventsAPage]
		f.from, f.more = f.items[eventsAPage-1].Position, true
	}
	return f, err
}

// said is a member of what an event says, as text; empty when it is not there.
func said(e events.Entry, path ...string) string {
	at := e.Payload
	for _, name := range path {
		var members map[string]json.RawMessage
		if json.Unmarshal(at, &members) != nil {
			return ""
		}
		at = members[name]
	}
	var text string
	if json.Unmarshal(at, &text) == nil {
		return text
	}
	return strings.Trim(string(at), `"`)
}

func (c *console) people(r *http.Request, p *page) error {
	if id := strings.TrimSpace(r.URL.Query().Get("id")); id != "" {
		p.goTo = Path + "/people/" + url.PathEscape(id)
		return nil
	}
	f, err := c.lately(r, p, "recipient.created.v1")
	if err != nil {
		return err
	}
	return p.show(p.T("people.title"), peoplePage(p, f))
}

// timelinePage is how many events of a timeline are shown at once.
const timelinePage = 100

// timeline is what happened around somebody, newest first.
type timeline struct {
	explorer
	id   string
	runs [][]events.Entry // of items: those that say the same, one after the other in a second, together
}

// runsOf puts together what is told alike: the fifteen searches for an idea.
func runsOf(all []events.Entry) (runs [][]events.Entry) {
	for i, e := range all {
		if i > 0 {
			last := all[i-1]
			if last.Type == e.Type && last.OccurredAt.Unix() == e.OccurredAt.Unix() && gist(last) == gist(e) && said(last, "session_id") == said(e, "session_id") {
				runs[len(runs)-1] = append(runs[len(runs)-1], e)
				continue
			}
		}
		runs = append(runs, []events.Entry{e})
	}
	return runs
}

func (c *console) person(r *http.Request, p *page) error {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return domain.NotFound("recipient_not_found", "there is no such recipient")
	}
	streams, err := journey.StreamsOfRecipient(r.Context(), c.DB, id)
	if err != nil {
		return err
	}
	t := timeline{id: id.String()}
	if t.explorer, err = c.explore(r); err != nil {
		return err
	}
	q := &t.request
	q.Streams, q.Newest, q.Limit = streams, true, timelinePage+1
	if t.items, err = c.collect(r.Context(), *q); err != nil {
		return err
	}
	if len(t.items) == 0 && q.UpTo == 0 {
		return domain.NotFound("recipient_not_found", "there is no such recipient")
	}
	if t.more = len(t.items) > timelinePage; t.more {
		t.items = t.items[:timelinePage]
	}
	t.runs = runsOf(t.items)
	return p.show(p.T("people.one"), personPage(p, t))
}

func (c *console) sessions(r *http.Request, p *page) error {
	if id := strings.TrimSpace(r.URL.Query().Get("id")); id != "" {
		p.goTo = Path + "/sessions/" + url.PathEscape(id)
		return nil
	}
	f, err := c.lately(r, p, "discovery.started.v1", "discovery.session_started.v1")
	if err != nil {
		return err
	}
	return p.show(p.T("sessions.title"), sessionsPage(p, f))
}

// replay is a session, step by step.
type replay struct {
	id     string
	steps  []events.Entry
	at     int // the step that is looked at, from 0
	served *served
}

// stepsMost is how many steps of a session are shown at most, the first.
const stepsMost = 1000

func (c *console) session(r *http.Request, p *page) error {
	t := replay{id: r.PathValue("id")}
	x, err := c.explore(r)
	if err != nil {
		return err
	}
	streams, err := journey.StreamsOfSession(r.Context(), c.DB, t.id)
	if err != nil {
		return err
	}
	x.request.Streams, x.request.Limit = streams, stepsMost
	if t.steps, err = c.collect(r.Context(), x.request); err != nil {
		return err
	}
	if len(t.steps) == 0 {
		return domain.NotFound("session_not_found", "there is no such session")
	}
	if step, err := strconv.Atoi(r.URL.Query().Get("step")); err == nil {
		t.at = min(max(step-1, 0), len(t.steps)-1)
	}
	if e := t.steps[t.at]; e.Type == servedType {
		if t.served, err = c.served(r.Context(), said(e, "recommendation_id")); err != nil {
			return err
		}
	}
	return p.show(p.T("sessions.one"), sessionPage(p, t))
}

const servedType = "recommendation.served.v1"

// servedPage shows a page of gifts as it was served, and why.
func (c *console) servedPage(r *http.Request, p *page) error {
	s, err := c.served(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return p.show(p.T("served.title"), servedAlone(p, s))
}

// personal hides what may identify somebody from who may not see it.
func (c *console) personal(ctx context.Context, text string) string {
	if text == "" || c.maySee(ctx) {
		return text
	}
	return events.Masked
}
