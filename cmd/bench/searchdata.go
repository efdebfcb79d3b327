package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pgvector/pgvector-go"
	vectors "github.com/pgvector/pgvector-go/pgx"
	"golang.org/x/sync/errgroup"

	"gifty/domain/catalogue"
	readcatalogue "gifty/projections/catalogue"
)

// benchModel made the vectors of every catalogue here.
var benchModel = catalogue.Model{Name: "bench", Version: "1", Dim: catalogue.Dimensions}

// benchProducts is BENCH_PRODUCTS, a hundred thousand when unset.
func benchProducts() (int, error) {
	text := os.Getenv("BENCH_PRODUCTS")
	if text == "" {
		return 100_000, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1000 {
		return 0, fmt.Errorf("BENCH_PRODUCTS is %q; it must be a number from 1000", text)
	}
	return n, nil
}

// shop is a made-up catalogue. Its vectors lie in topics and, within them, kinds, as goods do:
// cosines are about 0.84 within a kind, 0.62 within a topic and 0 beyond. About sixteen products
// are of a kind.
type shop struct {
	rand   *rand.Rand
	topics []catalogue.Vector
	kinds  []kind
	goods  []good
	prices []float64 // of what can be bought, sorted
}

// good is a product as this process remembers it.
type good struct {
	vector catalogue.Vector
	price  float64 // roubles
	active bool
}

type kind struct {
	words  string // of its topic, and its own
	topic  int
	centre catalogue.Vector
}

const kindsPerTopic = 20

func newShop(products int) *shop {
	s := &shop{rand: rand.New(rand.NewPCG(3, 4))}
	for i := range max(16, products/16) {
		if i%kindsPerTopic == 0 {
			s.topics = append(s.topics, s.near(nil, 1))
		}
		topic := len(s.topics) - 1
		s.kinds = append(s.kinds, kind{word(topic) + " " + word(1000+i), topic, s.near(s.topics[topic], 0.6)})
	}
	return s
}

// word is the same for the same number, and shares its beginning with few others.
func word(n int) string {
	syllables := []string{"ба", "ко", "ми", "лу", "се", "ро", "та", "ну", "ви", "шо"}
	var b strings.Builder
	for _, digit := range strconv.Itoa(n*7919 + 104_729) {
		b.WriteString(syllables[digit-'0'])
	}
	return b.String()
}

// near is a vector of length 1, the given one (nil: the origin) moved by a distance in any direction.
func (s *shop) near(v catalogue.Vector, distance float64) catalogue.Vector {
	moved, sum := make(catalogue.Vector, catalogue.Dimensions), 0.0
	for i := range moved {
		moved[i] = float32(s.rand.NormFloat64() * distance / math.Sqrt(catalogue.Dimensions))
		if v != nil {
			moved[i] += v[i]
		}
		sum += float64(moved[i]) * float64(moved[i])
	}
	for i := range moved {
		moved[i] /= float32(math.Sqrt(sum))
	}
	return moved
}

// ask is what a person might look for: words, and their vector.
func (s *shop) ask() (string, catalogue.Vector) {
	k := s.kinds[s.rand.IntN(len(s.kinds))]
	return "подарок " + k.words, s.near(k.centre, 0.5)
}

// price is log-normal around 2,500 roubles, as marketplaces' are.
func (s *shop) price() float64 {
	return math.Round(2500*math.Exp(s.rand.NormFloat64())*100) / 100
}

var productColumns = []string{
	"gift_id", "source", "title", "description", "price", "currency", "product_url", "merchant", "category", "is_active",
	"content_text", "content_hash", "giftability", "version", "created_at", "updated_at",
}

var embeddingColumns = []string{
	"gift_id", "model_name", "model_version", "dim", "embedding", "content_hash", "embedded_at", "created_at", "updated_at",
}

// fill copies a made-up catalogue into the active read tables, as a rebuild does: the index of the
// vectors comes last. It returns how long that took.
func (s *shop) fill(ctx context.Context, pool *pgxpool.Pool, products int) (indexing time.Duration, err error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	if err := vectors.RegisterTypes(ctx, conn.Conn()); err != nil {
		return 0, err
	}
	table := fmt.Sprintf("%s_v%d", readcatalogue.Embeddings.Name, readcatalogue.Embeddings.Version)
	if err := dropVectorIndexes(ctx, conn.Conn(), table); err != nil {
		return 0, err
	}
	const piece = 5000
	for from := 0; from < products; from += piece {
		rows, embedded := s.rows(from, min(products, from+piece))
		if _, err := conn.CopyFrom(ctx, pgx.Identifier{fmt.Sprintf("%s_v%d", readcatalogue.Products.Name, readcatalogue.Products.Version)}, productColumns, pgx.CopyFromRows(rows)); err != nil {
			return 0, err
		}
		if _, err := conn.CopyFrom(ctx, pgx.Identifier{table}, embeddingColumns, pgx.CopyFromRows(embedded)); err != nil {
			return 0, err
		}
	}
	slices.Sort(s.prices)
	began := time.Now()
	for _, statement := range readcatalogue.Embeddings.Deferred {
		if _, err := conn.Exec(ctx, strings.ReplaceAll(statement, "{table}", table)); err != nil {
			return 0, err
		}
	}
	indexing = time.Since(began)
	return indexing, readcatalogue.Analyze(ctx, pool)
}

func dropVectorIndexes(ctx context.Context, conn *pgx.Conn, table string) error {
	rows, err := conn.Query(ctx, `SELECT indexname FROM pg_indexes WHERE tablename = $1 AND indexdef LIKE '%USING hnsw%'`, table)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := conn.Exec(ctx, "DROP INDEX "+pgx.Identifier{name}.Sanitize()); err != nil {
			return err
		}
	}
	return nil
}

// rows makes the products from one number up to another, one in twenty of them retired.
func (s *shop) rows(from, to int) (products, embedded [][]any) {
	now := time.Now().UTC()
	for i := from; i < to; i++ {
		k := s.kinds[s.rand.IntN(len(s.kinds))]
		title := fmt.Sprintf("Подарочный набор %s %d", k.words, i)
		description := fmt.Sprintf("Хороший подарок: %s и %s в красивой коробке", word(s.rand.IntN(len(s.topics))), word(5_000_000+s.rand.IntN(5000)))
		merchant, category := fmt.Sprint("Магазин ", s.rand.IntN(40)), fmt.Sprint("Категория ", k.topic)
		text := catalogue.ContentText(title, category, description, merchant)
		hash, price, active := catalogue.ContentHash(text, ""), s.price(), s.rand.IntN(20) > 0
		if active {
			s.prices = append(s.prices, price)
		}
		vector := s.near(k.centre, 0.5)
		s.goods = append(s.goods, good{vector, price, active})
		products = append(products, []any{
			giftID(i), "bench", title, description, price, "RUB", fmt.Sprint("https://bench.example/item/", i), merchant, category, active,
			text, hash, 0.7, 1, now, now,
		})
		embedded = append(embedded, []any{
			giftID(i), benchModel.Name, benchModel.Version, catalogue.Dimensions, pgvector.NewHalfVector(vector), hash, now, now, now,
		})
	}
	return products, embedded
}

// nearest are the products that fit whose vectors are nearest, found by comparing them all here.
func (s *shop) nearest(v catalogue.Vector, f readcatalogue.Filter, limit int) []string {
	lowest, highest := 0.0, math.Inf(1)
	if f.MinPrice != nil {
		lowest, highest = f.MinPrice.InexactFloat64(), f.MaxPrice.InexactFloat64()
	}
	type near struct {
		product    int
		similarity float32
	}
	parts := make([][]near, runtime.GOMAXPROCS(0))
	var all sync.WaitGroup
	for part := range parts {
		all.Go(func() {
			for i := part; i < len(s.goods); i += len(parts) {
				if g := s.goods[i]; g.active && g.price >= lowest && g.price <= highest {
					parts[part] = append(parts[part], near{i, product(g.vector, v)})
				}
			}
		})
	}
	all.Wait()
	found := slices.Concat(parts...)
	slices.SortFunc(found, func(a, b near) int { return cmp.Compare(b.similarity, a.similarity) })
	ids := make([]string, min(limit, len(found)))
	for i := range ids {
		ids[i] = giftID(found[i].product)
	}
	return ids
}

func product(a, b catalogue.Vector) (sum float32) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// callAll shares requests out among callers who each wait for their answers. It returns how long
// each answer took, in milliseconds, and how long all did.
func callAll[R any](callers int, requests []R, call func(R) error) (ms []float64, took time.Duration, err error) {
	queue := make(chan R, len(requests))
	for _, r := range requests {
		queue <- r
	}
	close(queue)
	var group errgroup.Group
	var mu sync.Mutex
	began := time.Now()
	for range callers {
		group.Go(func() error {
			for r := range queue {
				began := time.Now()
				if err := call(r); err != nil {
					return err
				}
				mu.Lock()
				ms = append(ms, milliseconds(time.Since(began)))
				mu.Unlock()
			}
			return nil
		})
	}
	err = group.Wait()
	return ms, time.Since(began), err
}
