package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/projections"
)

type verifyCommand struct {
	Deep   bool      `xor:"what" help:"Compare every read table with a fresh fold of the log, too."`
	Erased uuid.UUID `xor:"what" placeholder:"ID" help:"Look through everything for what is left of this recipient or giver, who has been erased, instead."`
	JSON   bool      `name:"json" help:"Print JSON."`
	Effort
}

// Run checks the log and the read tables; a finding makes it fail.
func (cmd verifyCommand) Run(ctx context.Context, config Config, c console) error {
	a, err := openEngine(ctx, config, config.quietLogger(c.err))
	if err != nil {
		return err
	}
	defer a.close()
	if cmd.Erased != uuid.Nil {
		return cmd.erased(ctx, a, c)
	}
	options, done := cmd.drawn(c.err)
	v, err := a.engine.Verify(ctx, projections.VerifyOptions{Deep: cmd.Deep, RebuildOptions: options})
	done()
	if err != nil {
		return err
	}
	if cmd.JSON {
		if err := json.NewEncoder(c.out).Encode(v); err != nil {
			return err
		}
	} else {
		printVerification(c.out, v)
	}
	if n := len(v.Findings); n > 0 {
		return domain.Conflict("not_verified", "%d findings", n)
	}
	return nil
}

// erased proves that somebody is forgotten.
func (cmd verifyCommand) erased(ctx context.Context, a *app, c console) error {
	proof, err := a.privacy().VerifyErased(ctx, cmd.Erased)
	if err != nil {
		return err
	}
	if cmd.JSON {
		if err := printJSON(c.out, proof); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(c.out, "%d ids: their keys, %d events that name them, %d tables and the answers of %d jobs checked\n",
			len(proof.Subjects), proof.Events, proof.Tables, proof.Jobs)
		for _, f := range proof.Findings {
			fmt.Fprintf(c.out, "%s: %s\n", f.Check, f.Message)
		}
		if len(proof.Findings) == 0 {
			fmt.Fprintln(c.out, "nothing that can be read is left")
		}
	}
	if n := len(proof.Findings); n > 0 {
		return domain.Conflict("not_erased", "%d findings", n)
	}
	return nil
}

func printVerification(w io.Writer, v projections.Verification) {
	fmt.Fprintf(w, "%d events: positions, versions and checkpoints checked\n", v.Events)
	for _, t := range v.Tables {
		verdict := "equal to"
		if slices.ContainsFunc(v.Findings, func(f projections.Finding) bool { return f.Check == "tables" && f.Table == t }) {
			verdict = "not equal to"
		}
		fmt.Fprintf(w, "%s: %s a fresh fold of the log\n", t, verdict)
	}
	for _, f := range v.Findings {
		where := f.Check
		for _, part := range []string{f.Table, f.Key, f.Column} {
			if part != "" {
				where += ", " + part
			}
		}
		fmt.Fprintf(w, "%s: %s\n", where, f.Message)
	}
}
