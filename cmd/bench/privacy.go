package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/recipient"
	"gifty/eventstore"
	"gifty/eventstore/keyring"
	"gifty/projections"
	"gifty/projections/all"
)

// benchPrivacy measures what sealing personal fields costs: each load runs with keys and without, in turn.
func benchPrivacy(ctx context.Context, env environment) error {
	if err := sealedAppends(ctx, env); err != nil {
		return err
	}
	return sealedRebuilds(ctx, env)
}

// sealedBy has types seal what is personal by keys of the database.
func sealedBy(ctx context.Context) func(*pgxpool.Pool, *eventstore.Types) (*eventstore.Types, error) {
	return func(pool *pgxpool.Pool, types *eventstore.Types) (*eventstore.Types, error) {
		ring, err := keyring.New()
		if err != nil {
			return nil, err
		}
		keys, err := eventstore.OpenKeys(ctx, pool, ring)
		if err != nil {
			return nil, err
		}
		return types.With(keys), nil
	}
}

const (
	privacyCallers = 128
	privacyPeople  = 1000
	// privacyAcquaintance is how many things are told of somebody, the first of which makes their key.
	privacyAcquaintance = 20
)

func sealedAppends(ctx context.Context, env environment) error {
	url, drop, err := env.database(ctx)
	if err != nil {
		return err
	}
	defer drop()
	pool, err := newPool(ctx, url, 32)
	if err != nil {
		return err
	}
	defer pool.Close()
	clear, err := all.Types()
	if err != nil {
		return err
	}
	sealed, err := sealedBy(ctx)(pool, clear)
	if err != nil {
		return err
	}
	var rates [2][]float64
	for range rounds {
		for i, types := range []*eventstore.Types{sealed, clear} {
			store := eventstore.Open(pool, types, eventstore.Options{})
			rate, _, err := drive(ctx, privacyCallers, roundTime, telling(store))
			store.Close()
			if err != nil {
				return err
			}
			rates[i] = append(rates[i], rate)
		}
	}
	print("privacy.append_sealed_per_s", median(rates[0]), "commands/s")
	print("privacy.append_clear_per_s", median(rates[1]), "commands/s")
	print("privacy.append_ratio", medianRatio(rates[0], rates[1]), "x")
	return nil
}

// telling is a command that tells something of one of a thousand people, or describes somebody new.
func telling(store *eventstore.Store) func(context.Context) error {
	people := make(chan uuid.UUID, privacyPeople) // once for each thing that is yet to be told of somebody
	return func(ctx context.Context) error {
		select {
		case known := <-people:
			return likes(ctx, store, known)
		default:
		}
		who, err := describes(ctx, store)
		for range privacyAcquaintance - 1 {
			select {
			case people <- who:
			default: // there are enough
			}
		}
		return err
	}
}

func likes(ctx context.Context, store *eventstore.Store, who uuid.UUID) error {
	id := uuid.Must(uuid.NewV7())
	return tells(ctx, store, id, "interaction-"+id.String(), discovery.InteractionRecorded{
		InteractionID: id, GiverID: id, RecipientID: who, SessionID: "s1", Action: "like", TargetType: "product",
		TargetID: "demo:en-" + id.String(), Metadata: json.RawMessage(`{"placement":"preview"}`),
	})
}

func describes(ctx context.Context, store *eventstore.Store) (uuid.UUID, error) {
	id, age := uuid.Must(uuid.NewV7()), 52
	return id, tells(ctx, store, id, recipient.Stream(id), recipient.Created{
		RecipientID: id, GiverID: id, Profile: recipient.Profile{Name: "Имя", Relation: "friend", Age: &age, Interests: []string{"рыбалка", "кофе", "games"}},
	})
}

func tells(ctx context.Context, store *eventstore.Store, command uuid.UUID, stream string, event any) error {
	_, err := store.Append(ctx, domain.Append{
		CommandID: command, RequestHash: command[:], Result: fmt.Appendf(nil, `{"id":%q}`, command), Origin: domain.Origin{Actor: "giver:bench"},
		Writes: []domain.Write{{Stream: stream, Expect: domain.NoStream, Events: []any{event}}},
	})
	return err
}

// sealedRebuilds makes all tables but the vectors from two logs that tell the same, and compares how fast.
func sealedRebuilds(ctx context.Context, env environment) error {
	events, err := historyEvents()
	if err != nil {
		return err
	}
	sealed, err := pastOf(ctx, env, events, sealedBy(ctx))
	if err != nil {
		return err
	}
	defer sealed.close()
	clear, err := newPast(ctx, env, events)
	if err != nil {
		return err
	}
	defer clear.close()
	names, err := tablesButVectors(ctx, clear.engine)
	if err != nil {
		return err
	}
	var rates [2][]float64
	for range rebuildRounds {
		for i, p := range []*past{sealed, clear} {
			began := time.Now()
			if err := p.engine.Rebuild(ctx, names, projections.RebuildOptions{Progress: phases(began)}); err != nil {
				return err
			}
			rates[i] = append(rates[i], float64(events)/time.Since(began).Seconds())
		}
	}
	print("privacy.rebuild_sealed_per_s", median(rates[0]), "events/s")
	print("privacy.rebuild_clear_per_s", median(rates[1]), "events/s")
	print("privacy.rebuild_ratio", medianRatio(rates[0], rates[1]), "x")
	return nil
}
