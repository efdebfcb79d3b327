package main

import (
	"context"
	"errors"
	"time"
)

// benchLive drains backlogs through the projectors: every table, vectors too.
func benchLive(ctx context.Context, env environment) error {
	for _, backlog := range []struct {
		name   string
		events int
	}{{"live20k", 20_000}, {"live", 300_000}} {
		p, err := newPast(ctx, env, backlog.events)
		if err != nil {
			return err
		}
		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		began := time.Now()
		go func() { ended <- p.engine.Run(running) }()
		caughtUp := p.engine.CatchUp(ctx)
		print(backlog.name+".events_per_s", float64(backlog.events)/time.Since(began).Seconds(), "events/s")
		stop()
		err = errors.Join(caughtUp, <-ended)
		p.close()
		if err != nil {
			return err
		}
	}
	return nil
}
