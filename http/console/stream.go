package console

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"gifty/domain"
	"gifty/projections"
)

func domainURL(path string) templ.SafeURL { return templ.SafeURL(Path + path) }

func query(text string) string { return url.QueryEscape(text) }

// sender sends server-sent events.
type sender struct{ w http.ResponseWriter }

func (c *console) sender(w http.ResponseWriter) (sender, error) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	s := sender{w}
	return s, s.send("open", "", nil)
}

// send sends one event; its data is what a component renders.
func (s sender) send(name, id string, what templ.Component) error {
	var b bytes.Buffer
	if what != nil {
		if err := what.Render(context.Background(), &b); err != nil {
			return err
		}
	}
	text := "event: " + name + "\n"
	if id != "" {
		text += "id: " + id + "\n"
	}
	for line := range strings.SplitSeq(b.String(), "\n") {
		text += "data: " + line + "\n"
	}
	if _, err := fmt.Fprint(s.w, text+"\n"); err != nil {
		return err
	}
	return http.NewResponseController(s.w).Flush()
}

// streaming makes a handler of a function that writes its answer itself. An error from before anything
// was written is told as a page.
func (c *console) streaming(answer func(http.ResponseWriter, *http.Request, *page) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p := c.begin(r)
		ctx, err := c.who(r)
		if err != nil {
			c.askWho(r, p, err)
			c.send(w, r, p)
			return
		}
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		go func() {
			select {
			case <-c.Stopping:
				stop()
			case <-ctx.Done():
			}
		}()
		long, leave, err := c.Stream(ctx, w)
		if err == nil {
			defer leave()
			err = answer(long, r.WithContext(ctx), p)
		}
		if err != nil && ctx.Err() == nil {
			c.refuse(ctx, p, err)
			c.send(w, r, p)
		}
	}
}

// followEvents sends a row for every event that is appended and asked for.
func (c *console) followEvents(w http.ResponseWriter, r *http.Request, p *page) error {
	x, err := c.explore(r)
	if err != nil {
		return err
	}
	q := x.request
	q.Follow, q.Newest, q.UpTo, q.To = true, false, 0, time.Time{}
	if last, err := strconv.ParseInt(r.Header.Get("Last-Event-ID"), 10, 64); err == nil {
		q.After = domain.Position(last)
	}
	list, err := c.Events.Events(r.Context(), q)
	if err != nil {
		return err
	}
	to, err := c.sender(w)
	if err != nil {
		return nil // who has left needs no answer
	}
	for e, err := range list {
		if err == nil {
			err = to.send("row", plain(e.Position), eventRow(p, e))
		}
		if err != nil {
			if r.Context().Err() == nil {
				c.Fail(r.Context(), err) // for the log; the browser comes again
			}
			return nil
		}
	}
	return nil
}

// jobPause is how often a stream of a job's progress looks.
const jobPause = 150 * time.Millisecond

// followJob sends how far a job is until it has ended.
func (c *console) followJob(w http.ResponseWriter, r *http.Request, p *page) error {
	id, err := jobID(r)
	if err != nil {
		return err
	}
	job, err := c.job(r.Context(), id)
	if err != nil {
		return err
	}
	to, err := c.sender(w)
	if err != nil {
		return nil
	}
	tick := time.NewTicker(jobPause)
	defer tick.Stop()
	for last := (projections.Job{}); ; {
		if job.UpdatedAt != last.UpdatedAt || job.State != last.State {
			name := "progress"
			if job.Ended() {
				name = "ended"
			}
			if to.send(name, "", jobBar(p, job)) != nil || job.Ended() {
				return nil
			}
			last = job
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return nil
		}
		if job, err = c.job(r.Context(), id); err != nil {
			c.Fail(r.Context(), err)
			return nil
		}
	}
}

var errNoJob = domain.NotFound("job_not_found", "there is no such job among the latest")

func (c *console) job(ctx context.Context, id int64) (projections.Job, error) {
	jobs, err := c.Engine.Jobs(ctx)
	for _, j := range jobs {
		if j.ID == id {
			return j, nil
		}
	}
	if err == nil {
		err = errNoJob
	}
	return projections.Job{}, err
}
