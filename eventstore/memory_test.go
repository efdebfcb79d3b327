package eventstore_test

import (
	"testing"

	"gifty/eventstore"
	"gifty/eventstore/storetest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	types, err := storetest.Types()
	if err != nil {
		t.Fatal(err)
	}
	storetest.Run(t, func(*testing.T) storetest.Store { return eventstore.NewMemory(types, eventstore.Options{}) })
}
