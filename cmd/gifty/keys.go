package main

import (
	"context"
	"fmt"

	"gifty/domain"
	"gifty/eventstore/keyring"
)

type keysCommand struct {
	New    newKeyCommand     `cmd:"" help:"Print a new key, for GIFTY_KEY or, in a file that nobody else may read, GIFTY_KEY_FILE."`
	List   listKeysCommand   `cmd:"" help:"Say how many people's keys there are, and by which key they are wrapped."`
	Rotate rotateKeysCommand `cmd:"" help:"Make a new key and wrap everybody's by it. Processes that use the key file take it over by themselves."`
	Retire retireKeysCommand `cmd:"" help:"Remove the former keys, once nobody's key is wrapped by them."`
}

type newKeyCommand struct{}

// Run prints a key. It needs no database.
func (newKeyCommand) Run(c console) error {
	ring, err := keyring.New()
	if err != nil {
		return err
	}
	return printRing(c, ring)
}

func printRing(c console, ring *keyring.Ring) error {
	text, err := ring.Text()
	if err == nil {
		_, err = fmt.Fprintln(c.out, text)
	}
	return err
}

// withKeys is for commands about keys alone.
func withKeys(ctx context.Context, config Config, c console, do func(*app, *keyring.Ring) error) error {
	a, err := start(ctx, config, config.quietLogger(c.err), func(*app) error { return nil })
	if err != nil {
		return err
	}
	defer a.close()
	return do(a, a.keys.Ring())
}

type listKeysCommand struct{}

// Run says what there is.
func (listKeysCommand) Run(ctx context.Context, config Config, c console) error {
	return withKeys(ctx, config, c, func(a *app, ring *keyring.Ring) error {
		all, present, err := a.keys.Count(ctx)
		if err != nil {
			return err
		}
		ids := ring.Keys()
		fmt.Fprintf(c.out, "key %d from %s, %d former ones\n%d people have a key, %d of these wrapped by a former one\n", ids[0], from(ring), len(ids)-1, all-1, all-present)
		return nil
	})
}

func from(ring *keyring.Ring) string {
	if ring.Path() == "" {
		return "GIFTY_KEY"
	}
	return ring.Path()
}

type rotateKeysCommand struct{}

// Run makes another key the present one. One from the environment it can't change: it prints the new one
// first, and wraps by it when it is started with that.
func (rotateKeysCommand) Run(ctx context.Context, config Config, c console) error {
	return withKeys(ctx, config, c, func(a *app, ring *keyring.Ring) error {
		all, present, err := a.keys.Count(ctx)
		if err != nil {
			return err
		}
		if all == present { // else a rotation was not finished
			if err := ring.Add(); err != nil {
				return err
			}
			if ring.Path() == "" {
				fmt.Fprintln(c.err, "Start every process with this GIFTY_KEY, then run gifty keys rotate with it:")
				return printRing(c, ring)
			}
		}
		count, err := a.keys.Rewrap(ctx)
		if err == nil {
			fmt.Fprintf(c.out, "key %d has wrapped %d keys; keep a copy of %s elsewhere, then gifty keys retire removes the former ones\n", ring.Keys()[0], count, from(ring))
		}
		return err
	})
}

type retireKeysCommand struct{}

// Run removes former keys that nothing needs.
func (retireKeysCommand) Run(ctx context.Context, config Config, c console) error {
	return withKeys(ctx, config, c, func(a *app, ring *keyring.Ring) error {
		all, present, err := a.keys.Count(ctx)
		switch {
		case err != nil:
			return err
		case all > present:
			return domain.Conflict("keys_in_use", "%d keys are wrapped by a former key still; gifty keys rotate wraps them anew", all-present)
		}
		if err := ring.Retire(); err != nil {
			return err
		}
		if ring.Path() == "" {
			return printRing(c, ring)
		}
		fmt.Fprintf(c.out, "key %d alone is left in %s; copies with former keys open backups of before the rotation alone\n", ring.Keys()[0], ring.Path())
		return nil
	})
}
