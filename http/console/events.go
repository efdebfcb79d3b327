package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/account"
	readanalytics "gifty/projections/analytics"
	"gifty/projections/events"
)

// Limits of a look at the log. Without an index on what is asked a look goes through the log, so it
// goes back so far at a time; the page says how far that was and leads on.
const (
	eventsAPage = 50
	lookBack    = 100_000
	lookInside  = 20_000 // the same where every event must be taken apart
)

var errNotShown = domain.Unavailable("log_not_shown", "this server does not show its log")

// explorer is what the page of events shows.
type explorer struct {
	request events.Request
	asked   url.Values
	items   []events.Entry
	from    domain.Position // looked through, inclusive
	to      domain.Position
	more    bool // something older was not looked at, or not shown
	types   []string
	may     bool // see personal fields
}

func (c *console) events(r *http.Request, p *page) error {
	x, err := c.explore(r)
	if err != nil {
		return err
	}
	q := &x.request
	q.Newest, q.Limit = true, eventsAPage+1
	if q.UpTo == 0 || q.UpTo > p.head {
		q.UpTo = p.head
	}
	oldest := q.After
	back := domain.Position(lookBack)
	if q.Actor != "" || q.Correlation != uuid.Nil || q.Field != "" {
		back = lookInside
	}
	q.After = max(q.After, q.UpTo-back)
	x.from, x.to = q.After+1, q.UpTo
	if q.UpTo > q.After {
		if x.items, err = c.collect(r.Context(), *q); err != nil {
			return err
		}
	}
	if len(x.items) > eventsAPage {
		x.items = x.items[:eventsAPage]
		x.from, x.more = x.items[eventsAPage-1].Position, true
	}
	x.more = x.more || q.After > oldest
	return p.show(p.T("events.title"), eventsPage(p, x))
}

// collect reads events into memory.
func (c *console) collect(ctx context.Context, q events.Request) (list []events.Entry, err error) {
	found, err := c.Events.Events(ctx, q)
	if err != nil {
		return nil, err
	}
	for e, err := range found {
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// explore reads from an address what is asked of the log.
func (c *console) explore(r *http.Request) (x explorer, err error) {
	if c.Events == nil {
		return x, errNotShown
	}
	x.asked, x.types = r.URL.Query(), c.Events.Types()
	x.may = c.May(r.Context(), account.AnalystPersonal) == nil
	bad := domain.Invalid("events_filter_invalid", "these events cannot be looked for; correct what is listed")
	q := &x.request
	q.Types, q.Stream, q.Actor, q.Field = typesLike(x.types, x.asked.Get("type")), strings.TrimSpace(x.asked.Get("stream")), strings.TrimSpace(x.asked.Get("actor")), x.asked.Get("field")
	if x.asked.Get("type") != "" && len(q.Types) == 0 {
		bad = bad.On("type", "no event is called %q", x.asked.Get("type"))
	}
	if q.Field != "" {
		q.Is = strings.Split(x.asked.Get("is"), ",")
	}
	q.Personal = x.may && x.asked.Has("personal")
	if id := x.asked.Get("correlation"); id != "" {
		if q.Correlation, err = uuid.Parse(id); err != nil {
			bad = bad.On("correlation", "is no UUID")
		}
	}
	for name, to := range map[string]*domain.Position{"after": &q.After, "up_to": &q.UpTo} {
		if text := x.asked.Get(name); text != "" {
			n, err := strconv.ParseInt(text, 10, 64)
			if *to = domain.Position(n); err != nil || n < 0 {
				bad = bad.On(name, "must be a position, such as 1200")
			}
		}
	}
	for name, to := range map[string]*time.Time{"from": &q.From, "to": &q.To} {
		if text := x.asked.Get(name); text != "" {
			if *to, err = moment(text); err != nil {
				bad = bad.On(name, "must be a day, such as 2026-11-22, or a moment")
			}
		}
	}
	if len(bad.Fields) > 0 {
		return x, bad
	}
	return x, c.narrow(r.Context(), q)
}

// narrow turns times into positions, which are looked up at once.
func (c *console) narrow(ctx context.Context, q *events.Request) error {
	after, upTo, err := readanalytics.Between(ctx, c.DB, q.From, q.To)
	q.After = max(q.After, after)
	if !q.To.IsZero() && (q.UpTo == 0 || upTo < q.UpTo) {
		q.UpTo = max(upTo, 1)
	}
	return err
}

// moment reads a day or a moment, UTC.
func moment(text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	t, err := time.Parse(time.RFC3339, text)
	return t.UTC(), err
}

// typesLike are the types that some patterns name, with commas between: whole names, beginnings with a
// * after them, and either with a ! before it for all but those.
func typesLike(all []string, patterns string) (chosen []string) {
	if patterns == "" {
		return nil
	}
	list := strings.Split(patterns, ",")
	fits := func(name, pattern string) bool {
		if start, ok := strings.CutSuffix(pattern, "*"); ok {
			return strings.HasPrefix(name, start)
		}
		return name == pattern
	}
	wanted := slices.ContainsFunc(list, func(pattern string) bool { return !strings.HasPrefix(pattern, "!") })
	for _, name := range all {
		take := !wanted
		for _, pattern := range list {
			if without, not := strings.CutPrefix(strings.TrimSpace(pattern), "!"); not {
				take = take && !fits(name, without)
			} else {
				take = take || fits(name, without)
			}
		}
		if take {
			chosen = append(chosen, name)
		}
	}
	return chosen
}

// families are the beginnings that types have in common.
func families(types []string) (list []string) {
	for _, name := range types {
		family, _, _ := strings.Cut(name, ".")
		if !slices.Contains(list, family+".*") {
			list = append(list, family+".*")
		}
	}
	return list
}

// query is what was asked with some of it changed, for an address.
func (x explorer) query(path string, pairs ...string) templ.SafeURL {
	q := url.Values{}
	for name, values := range x.asked {
		if values[0] != "" {
			q.Set(name, values[0])
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Del(pairs[i])
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return address(Path+path, q)
}

func (x explorer) filtered() bool {
	for _, name := range []string{"type", "stream", "actor", "correlation", "from", "to", "up_to", "after", "field"} {
		if x.asked.Get(name) != "" {
			return true
		}
	}
	return false
}

func (x explorer) follows() bool { return x.asked.Has("follow") }

// handOut hands out the events that are asked for, in the log's order, as they are read.
func (c *console) handOut(w http.ResponseWriter, r *http.Request, _ *page) error {
	x, err := c.explore(r)
	if err != nil {
		return err
	}
	format := events.Format(x.asked.Get("format"))
	media := map[events.Format]string{events.JSONL: "application/jsonl", events.CSV: "text/csv; charset=utf-8", events.Parquet: "application/vnd.apache.parquet"}[format]
	if media == "" {
		return domain.Invalid("format_unknown", "%q is no format; there are jsonl, csv and parquet", string(format))
	}
	list, err := c.Events.Events(r.Context(), x.request)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Disposition", `attachment; filename="events.`+string(format)+`"`)
	out, err := events.NewWriter(format, w)
	for e, broken := range list {
		if err == nil {
			err = broken
		}
		if err == nil {
			err = out.Write(e)
		}
		if err != nil {
			c.Fail(r.Context(), err)    // for the log
			panic(http.ErrAbortHandler) // what has begun must not look whole
		}
	}
	return out.Close()
}
