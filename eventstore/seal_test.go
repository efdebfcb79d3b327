package eventstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/eventstore"
	"gifty/eventstore/keyring"
	"gifty/eventstore/pgtest"
)

type detail struct {
	Word string `json:"word,omitempty" personal:"recipient_id,giver_id"`
	Size int    `json:"size"`
}

// told is an event with what somebody told, at every depth.
type told struct {
	RecipientID *uuid.UUID `json:"recipient_id,omitempty"`
	GiverID     uuid.UUID  `json:"giver_id"`
	Name        string     `json:"name,omitempty" personal:"recipient_id,giver_id"`
	Age         *int       `json:"age,omitempty" personal:"recipient_id,giver_id"`
	Words       []string   `json:"words" personal:"recipient_id,giver_id"`
	Details     []detail   `json:"details,omitempty"`
	Plain       string     `json:"plain"`
}

func toldTypes(t testing.TB) *eventstore.Types {
	t.Helper()
	types, err := eventstore.NewTypes(domain.Type[told]("test.told.v2", domain.Older{Name: "test.said.v1", Upcast: func(p []byte) ([]byte, error) {
		return bytes.Replace(p, []byte(`"called"`), []byte(`"name"`), 1), nil
	}}))
	if err != nil {
		t.Fatal(err)
	}
	return types
}

func newRing(t testing.TB) *keyring.Ring {
	t.Helper()
	ring, err := keyring.New()
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// sealing is a process's store with keys.
func sealing(t testing.TB, pool *pgxpool.Pool, ring *keyring.Ring) *eventstore.Store {
	t.Helper()
	keys, err := eventstore.OpenKeys(t.Context(), pool, ring)
	if err != nil {
		t.Fatal(err)
	}
	s := eventstore.Open(pool, toldTypes(t).With(keys), eventstore.Options{})
	t.Cleanup(s.Close)
	return s
}

func tell(of uuid.UUID, words ...string) told {
	age := 4711
	return told{RecipientID: &of, GiverID: uuid.New(), Name: words[0], Age: &age, Words: words, Plain: "in the open",
		Details: []detail{{Size: 1}, {Word: words[0], Size: 2}, {Word: `with "quotes", {braces} and \ `, Size: 3}}}
}

func write1(stream string, expect int, events ...any) []domain.Write {
	return []domain.Write{{Stream: stream, Expect: expect, Events: events}}
}

// read is the one stream's events.
func read(t testing.TB, s *eventstore.Store, stream string) (events []told) {
	t.Helper()
	streams, err := s.Streams(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range streams[stream] {
		events = append(events, e.Event.(told))
	}
	return events
}

// dump is all that the database holds, as text.
func dump(t testing.TB, pool *pgxpool.Pool) string {
	t.Helper()
	var text strings.Builder
	for _, table := range []string{"events", "commands", "blobs", "sealed_blobs", "subject_keys", "log_head"} {
		var rows string
		if err := pool.QueryRow(t.Context(), fmt.Sprintf(`SELECT coalesce(string_agg(x::text, E'\n'), '') FROM %s x`, table)).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		text.WriteString(rows)
	}
	return text.String()
}

func TestPersonalFieldsAreSealed(t *testing.T) {
	t.Parallel()
	pool, ring := pgtest.New(t), newRing(t)
	s := sealing(t, pool, ring)
	who, command := uuid.New(), uuid.New()
	event, stream := tell(who, "unmistakable", "рыбалка"), "person-"+who.String()
	blob := []byte("a reply that quotes unmistakable words")
	a := domain.Append{CommandID: command, RequestHash: []byte("unmistakable"), Result: []byte(`{"said": "unmistakable"}`), Writes: write1(stream, domain.NoStream, event), Blobs: [][]byte{blob}}
	if _, err := s.Append(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	stored := dump(t, pool)
	for _, word := range []string{"unmistakable", "рыбалка", "4711", "quotes", fmt.Sprintf("%x", "unmistakable")} {
		if strings.Contains(stored, word) {
			t.Errorf("the database holds %q:\n%s", word, stored)
		}
	}
	if !strings.Contains(stored, "in the open") {
		t.Error("what is not personal can't be read")
	}
	// Another process, and a retry.
	other := sealing(t, pool, ring)
	for name, s := range map[string]*eventstore.Store{"the same": s, "another": other} {
		if got := read(t, s, stream); len(got) != 1 || fmt.Sprintf("%+v", got[0].Details) != fmt.Sprintf("%+v", event.Details) || got[0].Name != event.Name || *got[0].Age != 4711 || len(got[0].Words) != 2 {
			t.Errorf("%s process reads %+v", name, got)
		}
		known, ok, err := s.Command(t.Context(), command)
		if err != nil || !ok || string(known.Result) != `{"said": "unmistakable"}` || string(known.RequestHash) != "unmistakable" {
			t.Errorf("%s process remembers %s of %q, %v", name, known.Result, known.RequestHash, err)
		}
		again, err := s.Append(t.Context(), a)
		if err != nil || !again.Repeated || string(again.Result) != `{"said": "unmistakable"}` {
			t.Errorf("%s process answers a retry with %+v, %v", name, again, err)
		}
		if got, err := s.Blob(t.Context(), sha(blob)); err != nil || !bytes.Equal(got, blob) {
			t.Errorf("%s process reads the blob %q, %v", name, got, err)
		}
	}
	if _, err := eventstore.OpenKeys(t.Context(), pool, newRing(t)); !errors.Is(err, keyring.ErrForeign) {
		t.Errorf("another key: %v", err)
	}
}

func TestForgettingDestroysTheKey(t *testing.T) {
	t.Parallel()
	pool, ring := pgtest.New(t), newRing(t)
	s := sealing(t, pool, ring)
	who, stays, command := uuid.New(), uuid.New(), uuid.New()
	stream, kept := "person-"+who.String(), "person-"+stays.String()
	blob := []byte("both got the same reply")
	first := domain.Append{CommandID: command, Result: []byte(`"unmistakable"`), Writes: write1(stream, domain.NoStream, tell(who, "unmistakable")), Blobs: [][]byte{blob, []byte("hers")}}
	for _, a := range []domain.Append{first, {Writes: write1(kept, domain.NoStream, tell(stays, "stays")), Blobs: [][]byte{blob}}} {
		if _, err := s.Append(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Append(t.Context(), domain.Append{Forget: []uuid.UUID{who, uuid.New()}, Writes: write1(stream, 1, told{RecipientID: &who, Plain: "erased"})}); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*eventstore.Store{"the same": s, "another": sealing(t, pool, ring)} {
		got := read(t, s, stream)
		if len(got) != 2 || got[0].Name != "" || got[0].Age != nil || len(got[0].Words) != 0 || got[0].Plain != "in the open" || got[0].Details[1] != (detail{Size: 2}) {
			t.Errorf("%s process reads %+v", name, got)
		}
		if got := read(t, s, kept); len(got) != 1 || got[0].Name != "stays" {
			t.Errorf("%s process reads %+v of somebody else", name, got)
		}
		if _, _, err := s.Command(t.Context(), command); !errors.Is(err, eventstore.ErrErased) {
			t.Errorf("%s process remembers the answer: %v", name, err)
		}
		if _, err := s.Append(t.Context(), first); !errors.Is(err, eventstore.ErrErased) {
			t.Errorf("%s process answers a retry: %v", name, err)
		}
		if _, err := s.Append(t.Context(), domain.Append{Writes: write1(stream, domain.AnyVersion, tell(who, "again"))}); !errors.Is(err, eventstore.ErrErased) {
			t.Errorf("%s process takes in more: %v", name, err)
		}
		if got, err := s.Blob(t.Context(), sha(blob)); err != nil || !bytes.Equal(got, blob) {
			t.Errorf("%s process has lost the other's blob: %q, %v", name, got, err)
		}
		if _, err := s.Blob(t.Context(), sha([]byte("hers"))); err == nil {
			t.Errorf("%s process reads a blob of hers", name)
		}
	}
}

// A process that remembers a key hears that another one has destroyed it, and that it may have missed it.
func TestOtherProcessesForgetAtOnce(t *testing.T) {
	t.Parallel()
	pool, ring := pgtest.New(t), newRing(t)
	eraser, reader := sealing(t, pool, ring), sealing(t, another(t, pool), ring)
	signal := eventstore.NewSignal(pool, slog.New(slog.DiscardHandler))
	signal.Keys = reader.Types().Keys()
	_, listening := signal.Next()
	go signal.Run(t.Context())
	<-listening
	who := uuid.New()
	stream := "person-" + who.String()
	appends := func(a domain.Append) {
		if _, err := eraser.Append(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	appends(domain.Append{Writes: write1(stream, domain.NoStream, tell(who, "unmistakable"))})
	if got := read(t, reader, stream); len(got) != 1 || got[0].Name != "unmistakable" {
		t.Fatalf("it reads %+v", got)
	}
	appends(domain.Append{Forget: []uuid.UUID{who}, Writes: write1("others", domain.AnyVersion, told{Plain: "erased"})})
	appends(domain.Append{Writes: write1("others", domain.AnyVersion, told{Plain: "later"})})
	for head, more := signal.Next(); head < 3; head, more = signal.Next() { // announcements come in order
		<-more
	}
	if got := read(t, reader, stream); len(got) != 1 || got[0].Name != "" {
		t.Errorf("it remembers %+v", got)
	}
}

// What was stored before there were keys stays readable, and older shapes are opened before they are upcast.
func TestSealedAndClearStandSideBySide(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	who := uuid.New()
	clear := eventstore.Open(pool, toldTypes(t), eventstore.Options{})
	t.Cleanup(clear.Close)
	if _, err := clear.Append(t.Context(), domain.Append{Writes: write1("a", 0, tell(who, "before"))}); err != nil {
		t.Fatal(err)
	}
	s := sealing(t, pool, newRing(t))
	if _, err := s.Append(t.Context(), domain.Append{Writes: write1("a", 1, tell(who, "after"))}); err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, "a"); len(got) != 2 || got[0].Name != "before" || got[1].Name != "after" {
		t.Errorf("%+v", got)
	}
	if _, err := clear.Streams(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), "without keys") {
		t.Errorf("without keys: %v", err)
	}
	if got, err := s.Types().Decode("test.said.v1", []byte(`{"called":"Ann"}`)); err != nil || got.(told).Name != "Ann" {
		t.Errorf("%+v, %v", got, err)
	}
}

// Nothing sealed can be moved to another type, or to a payload that says something else.
func TestSealedValuesStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	s := sealing(t, pgtest.New(t), newRing(t))
	name, payload, err := s.Types().Seal(t.Context(), tell(uuid.New(), "unmistakable"))
	if err != nil || strings.Contains(string(payload), "unmistakable") {
		t.Fatalf("%s, %v", payload, err)
	}
	if _, err := s.Types().Decode(name, payload); err != nil {
		t.Error(err)
	}
	for what, change := range map[string]func(string) (string, string){
		"another type":   func(p string) (string, string) { return "test.said.v1", p },
		"another field":  func(p string) (string, string) { return name, strings.Replace(p, `"plain"`, `"other"`, 1) },
		"another value":  func(p string) (string, string) { return name, strings.Replace(p, "open", "shut", 1) },
		"another secret": func(p string) (string, string) { return name, p[:len(p)-12] + "AAAAAAAAAA" + p[len(p)-2:] },
	} {
		typ, p := change(string(payload))
		if got, err := s.Types().Decode(typ, []byte(p)); err == nil {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

// However many processes begin a subject at once, one key is made and every event can be read.
func TestKeysAreMadeOnce(t *testing.T) {
	t.Parallel()
	pool, ring := pgtest.New(t), newRing(t)
	stores := []*eventstore.Store{sealing(t, pool, ring), sealing(t, another(t, pool), ring), sealing(t, another(t, pool), ring)}
	const each = 20
	who := make([]uuid.UUID, each)
	for i := range who {
		who[i] = uuid.New()
	}
	var wg sync.WaitGroup
	for n, s := range stores {
		for i := range each {
			wg.Go(func() {
				// Half of them are told that the subject only begins.
				stream, expect := fmt.Sprint("log-", n), domain.AnyVersion
				if i%2 == 0 {
					stream, expect = fmt.Sprintf("%d-%s", n, who[i]), domain.NoStream
				}
				if _, err := s.Append(context.Background(), domain.Append{Writes: write1(stream, expect, tell(who[i], fmt.Sprint("unmistakable", i)))}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	count := 0
	for e, err := range sealing(t, pool, ring).Read(t.Context(), eventstore.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Event.(told).Name; !strings.HasPrefix(got, "unmistakable") {
			t.Errorf("event %d says %q", e.Position, got)
		}
		count++
	}
	if count != each*len(stores) {
		t.Errorf("%d events", count)
	}
}

func TestDeclaringPersonalFieldsRefuses(t *testing.T) {
	t.Parallel()
	type nameless struct {
		Name string `json:"name" personal:"recipient_id"`
	}
	type mixed struct {
		RecipientID uuid.UUID `json:"recipient_id"`
		GiverID     uuid.UUID `json:"giver_id"`
		Name        string    `json:"name" personal:"recipient_id"`
		Word        string    `json:"word" personal:"giver_id"`
	}
	type taken struct {
		Sealed string `json:"sealed"`
	}
	type inMap struct {
		RecipientID uuid.UUID         `json:"recipient_id"`
		Details     map[string]detail `json:"details"`
	}
	for name, e := range map[string]domain.EventType{
		"in a map's values": domain.Type[inMap]("test.in_map.v1"),
		"no subject":        domain.Type[nameless]("test.nameless.v1"), "two subjects": domain.Type[mixed]("test.mixed.v1"), "a field of the seal's name": domain.Type[taken]("test.taken.v1"),
	} {
		if _, err := eventstore.NewTypes(e); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Whatever is stored as a payload, decoding it ends with an event or an error.
func FuzzDecodeSealed(f *testing.F) {
	pool := pgtest.New(f)
	s := sealing(f, pool, newRing(f))
	_, payload, err := s.Types().Seal(f.Context(), tell(uuid.New(), "unmistakable"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(payload)
	f.Add([]byte(`{"name":null,"sealed":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`))
	f.Add([]byte(`{"name":"Ann","sealed":""}`))
	f.Add([]byte(`,"sealed":"`))
	f.Fuzz(func(t *testing.T, p []byte) {
		got, err := s.Types().Decode("test.told.v2", p)
		if _, ok := got.(told); ok == (err != nil) {
			t.Errorf("%+v, %v", got, err)
		}
		if current, err := s.Types().Current("test.told.v2", p); err == nil && bytes.Equal(p, payload) && !bytes.Contains(current, []byte("unmistakable")) {
			t.Errorf("opened as %s", current)
		}
	})
}
