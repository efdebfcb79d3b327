package eventstore_test

import (
	"testing"

	"gifty/eventstore"
	"gifty/eventstore/pgtest"
	"gifty/eventstore/storetest"
)

func TestPostgres(t *testing.T) {
	t.Parallel()
	types, err := storetest.Types()
	if err != nil {
		t.Fatal(err)
	}
	storetest.Run(t, func(t *testing.T) storetest.Store {
		store := eventstore.Open(pgtest.New(t), types, eventstore.Options{})
		t.Cleanup(store.Close)
		return store
	})
}
