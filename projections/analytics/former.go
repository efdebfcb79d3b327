package analytics

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"sync/atomic"

	"gifty/domain"
	"gifty/domain/erasure"
	"gifty/domain/recipient"
	"gifty/eventstore"
	"gifty/projections"
)

// keeper keeps the last answer to a question for whoever comes after this process.
type keeper struct {
	engine   *projections.Engine
	question string
	version  int      // of what answers mean, and how they are written
	spoiling []string // types of events after which an older answer may not be kept

	mine atomic.Bool // something of what is asked now was kept by this process
}

// The versions of the answers that are kept. Tests tell when one has to grow.
const (
	KeptKPIs    = 1
	KeptFunnels = 1
)

// seldom is after how many events an answer is kept anew: fewer the next process has soon counted.
const seldom = 1000

// keep keeps an answer up to a position, if there is none or one that is much older.
func (k *keeper) keep(ctx context.Context, upTo domain.Position, answer any) error {
	if k.mine.Load() {
		last, known, err := k.former(ctx, &json.RawMessage{})
		if err != nil || known && upTo < last+seldom {
			return err
		}
	}
	err := k.engine.Keep(ctx, projections.Kept{Question: k.question, Version: k.version, Position: upTo, Answer: answer}, k.spoiling)
	if err == nil {
		k.mine.Store(true)
	}
	return err
}

// former reads the last answer that was kept, by whatever process, into the value that answer points to.
func (k *keeper) former(ctx context.Context, answer any) (upTo domain.Position, known bool, err error) {
	return k.engine.Kept(ctx, k.question, k.version, answer)
}

// anew has the next answer kept in any case.
func (k *keeper) anew() { k.mine.Store(false) }

// erasing are the types of events by which somebody is forgotten, and with them what they told.
func erasing(types *eventstore.Types) []string {
	return slices.Concat(types.Names(reflect.TypeFor[recipient.Erased]()), types.Names(reflect.TypeFor[erasure.GiverErased]()))
}
