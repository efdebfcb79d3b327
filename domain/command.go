package domain

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// Outcome is a command's answer with the log position that holds its effect: a query that waits
// for Position sees it.
type Outcome[R any] struct {
	Result   R
	Position Position
	Repeated bool // the command had been accepted before; nothing new was appended
}

// Decision is what a command decided: the answer to give and the facts to append.
type Decision[R any] struct {
	Result R
	Writes []Write
	Blobs  [][]byte
	Forget []uuid.UUID // as Append has it
}

// attempts bounds how often a decision is taken anew because another writer was first.
const attempts = 5

// Execute answers a repeated command from the log, and otherwise decides and appends. request is
// what the caller asked; together with the operation's name and who asks it tells a retry from a
// reused id: nobody gets the answer to another's command. When another writer was first the
// decision is taken again from the new state.
func Execute[R any](ctx context.Context, log Log, operation string, request any, decide func(context.Context) (Decision[R], error)) (Outcome[R], error) {
	id := CommandFrom(ctx)
	hash, err := requestHash(operation, OriginFrom(ctx).Actor, request)
	if err != nil {
		return Outcome[R]{}, err
	}
	if id != uuid.Nil {
		stored, found, err := log.Command(ctx, id)
		if err != nil {
			return Outcome[R]{}, err
		}
		if found {
			return repeat[R](hash, stored)
		}
	}
	for try := 1; ; try++ {
		out, err := decideOnce(ctx, log, id, hash, decide)
		if err == nil || try == attempts || !errors.Is(err, ErrVersion) {
			return out, err
		}
		// A version that the client itself named stays wrong however often we retry.
		if _, named := IfMatchFrom(ctx); named {
			return out, err
		}
	}
}

func decideOnce[R any](ctx context.Context, log Log, id uuid.UUID, hash []byte, decide func(context.Context) (Decision[R], error)) (Outcome[R], error) {
	d, err := decide(ctx)
	if err != nil {
		return Outcome[R]{}, err
	}
	result, err := json.Marshal(d.Result)
	if err != nil {
		return Outcome[R]{}, fmt.Errorf("encode result: %w", err)
	}
	origin := OriginFrom(ctx)
	origin.CommandID = id
	receipt, err := log.Append(ctx, Append{CommandID: id, RequestHash: hash, Result: result, Origin: origin, Writes: d.Writes, Blobs: d.Blobs, Forget: d.Forget})
	if err != nil {
		return Outcome[R]{}, err
	}
	if receipt.Repeated {
		return repeat[R](hash, StoredCommand{RequestHash: hash, Last: receipt.Last, Result: receipt.Result})
	}
	return Outcome[R]{Result: d.Result, Position: receipt.Last}, nil
}

func repeat[R any](hash []byte, stored StoredCommand) (Outcome[R], error) {
	if !bytes.Equal(hash, stored.RequestHash) {
		return Outcome[R]{}, ErrCommandReused
	}
	out := Outcome[R]{Position: stored.Last, Repeated: true}
	if err := json.Unmarshal(stored.Result, &out.Result); err != nil {
		return Outcome[R]{}, fmt.Errorf("decode stored result: %w", err)
	}
	return out, nil
}

func requestHash(operation, actor string, request any) ([]byte, error) {
	b, err := json.Marshal([]any{operation, actor, request})
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	sum := sha256.Sum256(b)
	return sum[:], nil
}
