package main

import (
	"context"
	"fmt"
)

type urlCommand struct{}

// Run prints the connection string, password included, for pg_dump, psql and their like. The
// folder's own server answers it only while another command, such as serve, keeps it running.
func (urlCommand) Run(ctx context.Context, config Config, c console) error {
	url, stop, err := config.database(ctx, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(c.out, url); err != nil {
		return err
	}
	return stop(ctx)
}
