// Package alltest gives tests the whole product below its doors: every command and every read
// table, live on a database of their own.
package alltest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/domain/catalogue"
	"gifty/domain/configuration"
	"gifty/domain/discovery"
	"gifty/domain/erasure"
	"gifty/domain/recipient"
	"gifty/domain/recommendation"
	"gifty/eventstore"
	"gifty/eventstore/keyring"
	"gifty/eventstore/pgtest"
	"gifty/projections"
	"gifty/projections/all"
	readcatalogue "gifty/projections/catalogue"
	"gifty/projections/subject"
)

// World is a database with its log, its read tables and the commands on it.
type World struct {
	Pool   *pgxpool.Pool
	Read   projections.Reader
	Store  *eventstore.Store
	Engine *projections.Engine
	Ctx    context.Context // acts for Giver, until the test ends
	Giver  uuid.UUID

	Recipients      recipient.Commands
	Erasure         erasure.Commands
	Catalogue       catalogue.Commands
	Configuration   configuration.Commands  // of the module "thing", which may be anything
	Discovery       discovery.Commands      // with the Muse, and a Finder that embeds by Words
	Recommendations recommendation.Commands // with the Clerk
}

// Tables is a database with every read table, empty.
var Tables = pgtest.Template{Prepare: func(ctx context.Context, pool *pgxpool.Pool) error {
	types, err := all.Types()
	if err != nil {
		return err
	}
	e, err := projections.New(pool, types, all.Tables(), projections.Options{})
	if err != nil {
		return err
	}
	return e.Prepare(ctx)
}}

// New makes a world whose read tables follow its log. Nothing is sealed in it: whoever looks sees what there is.
func New(t testing.TB) *World {
	t.Helper()
	return newWorld(t, Tables.New(t), func(types *eventstore.Types) *eventstore.Types { return types })
}

// Sealed is New of a world in which what is personal is sealed.
func Sealed(t testing.TB) *World {
	t.Helper()
	pool := Tables.New(t)
	ring, err := keyring.New()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := eventstore.OpenKeys(t.Context(), pool, ring)
	if err != nil {
		t.Fatal(err)
	}
	return newWorld(t, pool, func(types *eventstore.Types) *eventstore.Types { return types.With(keys) })
}

func newWorld(t testing.TB, pool *pgxpool.Pool, sealed func(*eventstore.Types) *eventstore.Types) *World {
	t.Helper()
	types, err := all.Types()
	if err != nil {
		t.Fatal(err)
	}
	types = sealed(types)
	w := &World{Pool: pool, Read: projections.Reader{Pool: pool, Types: types}, Giver: domain.LocalGiver.Giver}
	w.Ctx = domain.WithPrincipal(t.Context(), domain.LocalGiver)
	w.Store = eventstore.Open(w.Pool, types, eventstore.Options{})
	t.Cleanup(w.Store.Close)
	env := domain.Environment{
		Now:   func() time.Time { return time.Now().UTC() },
		NewID: func() uuid.UUID { return uuid.Must(uuid.NewV7()) },
	}
	w.Configuration = configuration.Commands{Log: w.Store, Modules: []configuration.Module{{
		Name: "thing", Shipped: []byte(`{"a":1}`), Check: func([]byte, string) error { return nil },
	}}}
	w.Recipients = recipient.Commands{Log: w.Store, Env: env}
	w.Erasure = erasure.Commands{Log: w.Store, People: subject.People{Pool: w.Pool, All: w.Recipients, Accounts: account.Commands{Log: w.Store}}}
	w.Catalogue = catalogue.Commands{Log: w.Store}
	w.Discovery = discovery.Commands{
		Log: w.Store, Env: env, Recipients: people{w.Store}, Generator: Muse{},
		Products: goods{w.Store}, Finder: readcatalogue.Finder{DB: w.Read, Embedder: Words{}}, Adviser: Muse{},
	}
	w.Recommendations = recommendation.Commands{Log: w.Store, Env: env, Recipients: wards{w.Store}, Recommender: Clerk{}, Blobs: w.Store}
	w.Engine = w.Follow(t, all.Tables(), projections.Options{})
	return w
}

// Follow runs read tables on the world's log until the test ends.
func (w *World) Follow(t testing.TB, tables []projections.Definition, opt projections.Options) *projections.Engine {
	t.Helper()
	e, err := projections.New(w.Pool, w.Store.Types(), tables, opt)
	if err == nil {
		err = e.Prepare(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the read tables: %v", err)
		}
	})
	return e
}

// patience is how long a read table may lag before a test gives up.
const patience = 30 * time.Second

// CatchUp returns when all read tables show all of the log.
func (w *World) CatchUp(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := w.Engine.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
}

// Stranger acts for another giver.
func (w *World) Stranger() (context.Context, uuid.UUID) {
	giver := uuid.New()
	return domain.WithPrincipal(w.Ctx, domain.Principal{Giver: giver, Role: domain.RoleGiver}), giver
}

// Import offers the items of a feed called "shop" and returns what became of them.
func (w *World) Import(t testing.TB, items ...catalogue.Item) catalogue.Imported {
	t.Helper()
	var sum catalogue.Imported
	for len(items) > 0 {
		n := min(len(items), catalogue.MaxImport)
		out, err := w.Catalogue.Import(w.Ctx, catalogue.ImportProducts{Source: "shop", Items: items[:n]})
		if err != nil {
			t.Fatal(err)
		}
		sum, items = sum.Add(out.Result), items[n:]
	}
	return sum
}

// Embed makes and stores the vectors of the products that have none by this embedder.
func (w *World) Embed(t testing.TB, e catalogue.Embedder) int {
	t.Helper()
	w.CatchUp(t)
	missing, err := readcatalogue.Missing(w.Ctx, w.Pool, e.Model(), "", 10_000)
	if err != nil {
		t.Fatal(err)
	}
	var vectors []catalogue.ProductVector
	for _, p := range missing {
		v, err := e.Embed(w.Ctx, []string{p.ContentText})
		if err != nil {
			t.Fatal(err)
		}
		vectors = append(vectors, catalogue.ProductVector{GiftID: p.GiftID, ContentHash: p.ContentHash, Vector: v[0]})
	}
	out, err := w.Catalogue.Embed(w.Ctx, catalogue.EmbedProducts{Model: e.Model(), Vectors: vectors})
	if err != nil {
		t.Fatal(err)
	}
	w.CatchUp(t)
	return out.Result
}

// Settle returns when all vectors are in their index.
func (w *World) Settle(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := w.Engine.Settle(ctx); err != nil {
		t.Fatal(err)
	}
}

// people shows recipients to the discovery context.
type people struct{ log domain.Log }

func (p people) Recipient(ctx context.Context, id uuid.UUID) (discovery.Person, error) {
	r, err := recipient.Load(ctx, p.log, id)
	if err != nil {
		return discovery.Person{}, err
	}
	return discovery.Person{
		ID: id, Relation: string(r.Profile.Relation), Gender: r.Profile.Gender, Age: r.Profile.Age,
		Interests: r.Profile.Interests, Unchanged: r.Write(),
	}, nil
}
