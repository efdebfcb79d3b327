package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"gifty/domain"
	"gifty/projections"
)

type jobsCommand struct {
	List   listJobsCommand  `cmd:"" default:"1" help:"List the latest, of all processes, newest first."`
	Stop   stopJobCommand   `cmd:"" help:"Stop one; what serves stays as it is, and what was being built waits for a rebuild by hand."`
	Follow followJobCommand `cmd:"" help:"Show how far one is, until it ends."`
}

type listJobsCommand struct{}

// Run lists the jobs.
func (listJobsCommand) Run(ctx context.Context, config Config, c console) error {
	a, err := openEngine(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	jobs, err := a.engine.Jobs(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "JOB\tKIND\tSTATE\tSTARTED\tPROGRESS\tTABLES\tERROR")
	for _, j := range jobs {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", j.ID, j.Kind, j.State, j.StartedAt.Format(time.RFC3339), progress(j), strings.Join(j.Tables, ","), failure(j))
	}
	return w.Flush()
}

func failure(j projections.Job) string {
	if j.Error == nil {
		return ""
	}
	return *j.Error
}

// progress is how far a job is, in words: "reading, 41 % of 1000000 events, 200000/s, 3 s left".
func progress(j projections.Job) string {
	parts := []string{strings.ReplaceAll(j.Phase, "_", " ")}
	if j.Total > 0 {
		parts = append(parts, fmt.Sprintf("%d %% of %d events", 100*min(j.Events, j.Total)/j.Total, j.Total))
	}
	if j.PerSecond > 0 {
		parts = append(parts, fmt.Sprintf("%.0f/s", j.PerSecond))
	}
	if j.SecondsTo > 0 {
		parts = append(parts, fmt.Sprintf("%.0f s left", j.SecondsTo))
	}
	return strings.Join(parts, ", ")
}

type stopJobCommand struct {
	ID int64 `arg:"" help:"The job."`
}

// Run asks the job to stop, in whatever process it is.
func (cmd stopJobCommand) Run(ctx context.Context, config Config, c console) error {
	a, err := openEngine(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	return a.engine.StopJob(ctx, cmd.ID)
}

type followJobCommand struct {
	ID int64 `arg:"" help:"The job."`
}

// Run shows the job's progress, and fails when the job does.
func (cmd followJobCommand) Run(ctx context.Context, config Config, c console) error {
	a, err := openEngine(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	var drawn jobBar
	job, err := a.followJob(ctx, cmd.ID, func(j projections.Job) { drawn.show(c.err, j) })
	drawn.end(c.err)
	if err != nil {
		return err
	}
	return told(c.out, job)
}

// jobPause is how often a job that is followed is looked at.
const jobPause = 300 * time.Millisecond

func (a *app) followJob(ctx context.Context, id int64, show func(projections.Job)) (projections.Job, error) {
	for {
		jobs, err := a.engine.Jobs(ctx)
		if err != nil {
			return projections.Job{}, err
		}
		i := slices.IndexFunc(jobs, func(j projections.Job) bool { return j.ID == id })
		if i < 0 {
			return projections.Job{}, domain.NotFound("job_not_found", "there is no job %d among the latest; `gifty jobs` lists them", id)
		}
		if show(jobs[i]); jobs[i].Ended() {
			return jobs[i], nil
		}
		if !sleep(ctx, jobPause) {
			return jobs[i], ctx.Err()
		}
	}
}

func told(w io.Writer, j projections.Job) error {
	if j.State != "done" {
		return domain.Conflict("job_"+j.State, "job %d has %s: %s", j.ID, j.State, failure(j))
	}
	fmt.Fprintf(w, "job %d is done\n", j.ID)
	return nil
}
