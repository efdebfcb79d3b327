package console

import (
	"context"
	"net/http"
	"slices"

	"gifty/domain/account"
	"gifty/projections"
)

// tables is what the page of read tables shows.
type tables struct {
	list    []projections.Status
	jobs    []projections.Job // the latest
	running []projections.Job
	may     bool // rebuild
}

// jobsShown is how many past jobs are listed.
const jobsShown = 12

func (c *console) projections(r *http.Request, p *page) error {
	t, err := c.tables(r.Context())
	if err != nil {
		return err
	}
	return p.show(p.T("projections.title"), projectionsPage(p, t))
}

func (c *console) tables(ctx context.Context) (t tables, err error) {
	if t.list, err = c.Engine.Status(ctx); err != nil {
		return t, err
	}
	jobs, err := c.Engine.Jobs(ctx)
	if err != nil {
		return t, err
	}
	for _, j := range jobs {
		if !j.Ended() {
			t.running = append(t.running, j)
		}
	}
	t.jobs = jobs[:min(len(jobs), jobsShown)]
	t.may = c.May(ctx, account.AdminProjections) == nil
	return t, nil
}

// rebuild begins to build read tables anew, and answers with the page, on which the job's bar is.
func (c *console) rebuild(r *http.Request, p *page) error {
	if err := c.May(r.Context(), account.AdminProjections); err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(nil, r.Body, 1<<16)
	if err := r.ParseForm(); err != nil {
		return err
	}
	names := r.PostForm["table"]
	if slices.Contains(names, "*") {
		names = nil
	}
	begun, err := c.StartJob(r.Context(), func(ctx context.Context, opt projections.RebuildOptions) error {
		return c.Engine.Rebuild(ctx, names, opt)
	})
	if err != nil {
		return err
	}
	t, err := c.tables(r.Context())
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(t.running, func(j projections.Job) bool { return j.ID == begun.ID }) {
		t.running = append(t.running, begun) // it is done by now; its bar says so
	}
	return p.show(p.T("projections.title"), projectionsPage(p, t))
}

// stopJob asks a job to stop.
func (c *console) stopJob(r *http.Request, p *page) error {
	if err := c.May(r.Context(), account.AdminProjections); err != nil {
		return err
	}
	id, err := jobID(r)
	if err == nil {
		err = c.Engine.StopJob(r.Context(), id)
	}
	if err != nil {
		return err
	}
	return c.projections(r, p)
}
