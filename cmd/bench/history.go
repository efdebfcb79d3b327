package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/discovery"
	"gifty/domain/recipient"
	"gifty/eventstore"
)

// history makes up a log such as a year of use leaves: a catalogue with vectors, then sessions in
// which givers describe somebody, get ideas with products, look, click and react.
type history struct {
	rand     *rand.Rand
	types    *eventstore.Types
	products int
	unseen   int // ideas a session that nothing becomes of
	at       time.Time

	rows  [][]any // of table events
	blobs [][]any
	err   error
}

// fillLog puts n events into an empty log, past the appender, in pieces of some thousands.
func fillLog(ctx context.Context, pool *pgxpool.Pool, types *eventstore.Types, n int) error {
	h := &history{rand: rand.New(rand.NewPCG(1, 2)), types: types, products: max(100, n/50), at: time.Now().UTC().Add(-365 * 24 * time.Hour)}
	var err error
	if h.unseen, err = unseenIdeas(n - 3*h.products); err != nil {
		return err
	}
	var filled int64
	flush := func() error {
		h.rows = h.rows[:min(len(h.rows), n-int(filled))]
		for i, row := range h.rows {
			row[0] = filled + int64(i) + 1
		}
		count, err := pool.CopyFrom(ctx, pgx.Identifier{"events"},
			[]string{"position", "stream", "version", "type", "event_id", "occurred_at", "payload", "metadata"}, pgx.CopyFromRows(h.rows))
		if err == nil {
			_, err = pool.CopyFrom(ctx, pgx.Identifier{"blobs"}, []string{"sha256", "bytes"}, pgx.CopyFromRows(h.blobs))
		}
		filled += count
		h.rows, h.blobs = h.rows[:0], h.blobs[:0]
		return err
	}
	for i := 0; filled < int64(n); i++ {
		if i < h.products {
			h.product(i)
		} else {
			h.session()
		}
		if h.err != nil {
			return h.err
		}
		if len(h.rows) >= 20_000 || int(filled)+len(h.rows) >= n {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	_, err = pool.Exec(ctx, `UPDATE log_head SET position = $1, batch = gen_random_uuid()`, filled)
	if err == nil {
		_, err = pool.Exec(ctx, `VACUUM ANALYZE events`)
	}
	return err
}

// unseenIdeas is how many a session needs besides, so that events of sessions, about 58 each, are about
// BENCH_ENTITIES sessions, givers and ideas together; none when that is unset.
func unseenIdeas(events int) (int, error) {
	text := os.Getenv("BENCH_ENTITIES")
	if text == "" {
		return 0, nil
	}
	entities, err := strconv.Atoi(text)
	if err != nil || entities < 0 || entities > events/2 {
		return 0, fmt.Errorf("BENCH_ENTITIES is %q; it must be a number up to half of the events", text)
	}
	const ofSession, sessionEvents = 6, 58
	return max(0, (sessionEvents*entities-ofSession*events+events-entities-1)/(events-entities)), nil
}

// command adds the events of one command to a stream, from a version on.
func (h *history) command(actor, stream string, version int, events ...any) {
	h.at = h.at.Add(time.Millisecond)
	id := uuid.New()
	origin, err := json.Marshal(domain.Origin{Actor: actor, CorrelationID: id, CommandID: id})
	if err != nil {
		h.err = err
	}
	for i, e := range events {
		name, payload, err := h.encode(e)
		if err != nil {
			h.err = err
		}
		h.rows = append(h.rows, []any{nil, stream, version + i, name, uuid.New(), h.at, string(payload), string(origin)})
	}
}

func (h *history) encode(event any) (name string, payload []byte, err error) {
	if h.types.Keys() == nil {
		return h.types.Encode(event)
	}
	return h.types.Seal(context.Background(), event)
}

func giftID(i int) string { return fmt.Sprintf("bench:%08d", i) }

var things = []string{"набор для рыбалки", "плед из шерсти", "wooden chess set", "кофемолка ручная", "настольная игра", "leather notebook", "термокружка", "гирлянда"}

func (h *history) thing() string { return things[h.rand.IntN(len(things))] }

func (h *history) product(i int) {
	price := domain.WholeAmount(int64(300 + h.rand.IntN(20_000)))
	listed := catalogue.ProductListed{GiftID: giftID(i), Source: "bench", Price: &price, Currency: "RUB", Content: catalogue.Content{
		Title: fmt.Sprintf("Подарочный %s, артикул %d", h.thing(), i), Description: "Хороший подарок близкому человеку: " + h.thing() + " и " + h.thing() + " в красивой коробке.",
		ProductURL: fmt.Sprint("https://bench.example/item/", i), Merchant: fmt.Sprint("Магазин ", i%20), Category: fmt.Sprint("Категория ", i%60),
	}}
	vector := make([]byte, 0, 4096)
	for range 1024 {
		vector = binary.LittleEndian.AppendUint32(vector, math.Float32bits(h.rand.Float32()-0.5))
	}
	sum := sha256.Sum256(vector)
	h.blobs = append(h.blobs, []any{sum[:], vector})
	embedded := catalogue.ProductEmbedded{GiftID: giftID(i), Model: "bench", Version: "1", Dim: 1024, ContentHash: listed.Hash(), SHA256: sum[:]}
	lower := domain.WholeAmount(int64(200 + h.rand.IntN(20_000)))
	h.command("system", "product-"+giftID(i), 1, listed, embedded, catalogue.ProductPriceChanged{GiftID: giftID(i), Price: &lower, Currency: "RUB"})
}

// session is about sixty events; one giver in fifty takes the recipient away at its end.
func (h *history) session() {
	giver, who, session := uuid.New(), uuid.New(), uuid.NewString()
	actor, age := "giver:"+giver.String(), 20+h.rand.IntN(60)
	profile := recipient.Profile{Name: "Имя", Relation: "friend", Age: &age, Interests: []string{"рыбалка", "кофе", "games"}}
	h.command(actor, "recipient-"+who.String(), 1, recipient.Created{RecipientID: who, GiverID: giver, Profile: profile})
	h.command(actor, "session-"+session, 1, discovery.Started{SessionID: session, GiverID: giver, RecipientID: &who})
	for range 4 {
		h.idea(actor, giver, who, session)
	}
	for range h.unseen {
		id := uuid.New()
		h.command(actor, "hypothesis-"+id.String(), 1, discovery.HypothesisGenerated{HypothesisID: id, SessionID: session, GiverID: giver, RecipientID: &who,
			Idea: discovery.Idea{Title: h.thing(), Description: h.thing(), Reasoning: h.thing(), Gap: discovery.GapMirror, Track: h.thing(), Queries: []string{h.thing()}}, Model: "builtin", PromptVersion: "1"})
	}
	if h.rand.IntN(50) == 0 {
		h.command(actor, "recipient-"+who.String(), 2, recipient.Deleted{RecipientID: who})
	}
}

func (h *history) idea(actor string, giver, who uuid.UUID, session string) {
	id := uuid.New()
	stream := "hypothesis-" + id.String()
	idea := discovery.Idea{Title: h.thing() + " в подарок", Description: "Для того, кто любит " + h.thing() + ".", Reasoning: "Отвечает интересу: " + h.thing() + ".",
		Gap: discovery.GapMirror, Track: h.thing(), Queries: []string{h.thing(), h.thing(), h.thing()}}
	linked := discovery.ProductsLinked{HypothesisID: id, GiverID: giver, RecipientID: &who}
	first := h.rand.IntN(h.products)
	for i := range 5 {
		linked.Links = append(linked.Links, discovery.Link{GiftID: giftID((first + 7*i) % h.products), Rank: i + 1, Similarity: h.rand.Float64(), Score: h.rand.Float64(), Query: idea.Queries[i%3]})
	}
	h.command(actor, stream, 1, discovery.HypothesisGenerated{HypothesisID: id, SessionID: session, GiverID: giver, RecipientID: &who, Idea: idea, Model: "builtin", PromptVersion: "1"},
		linked, discovery.HypothesisShown{HypothesisID: id, SessionID: session})
	for _, query := range idea.Queries {
		top, avg := h.rand.Float64(), h.rand.Float64()
		search := uuid.New()
		h.command(actor, "search-"+search.String(), 1, discovery.CatalogueSearched{SearchID: search, GiverID: giver, RecipientID: &who, SessionID: session, HypothesisID: &id,
			TrackTitle: idea.Track, HypothesisTitle: idea.Title, Context: discovery.ContextPreview, Generator: "builtin", Query: query, ResultsCount: 15,
			AvgSimilarity: &avg, TopSimilarity: &top, TopGiftID: linked.Links[0].GiftID, Currency: "RUB", ExecutionMS: 10 * h.rand.Float64(), EngineVersion: "hybrid_v1", EmbeddingModel: "bench"})
	}
	for i := range 4 {
		h.command(actor, stream, 4+i, discovery.ProductShown{HypothesisID: id, GiftID: linked.Links[i].GiftID, SessionID: session})
	}
	h.command(actor, stream, 8, discovery.ProductClicked{HypothesisID: id, GiftID: linked.Links[0].GiftID, SessionID: session},
		discovery.HypothesisLiked{Reacted: discovery.Reacted{HypothesisID: id, GiverID: giver, SessionID: session, RecipientID: &who}})
	for range 2 {
		did := uuid.New()
		h.command(actor, "interaction-"+did.String(), 1, discovery.InteractionRecorded{InteractionID: did, GiverID: giver, RecipientID: who, SessionID: session,
			Action: "like", TargetType: "product", TargetID: linked.Links[0].GiftID, HypothesisID: &id, Metadata: json.RawMessage(`{"placement":"preview"}`)})
	}
}
