package main

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
)

// database looks at what the program has left, from outside.
type database struct{ *pgxpool.Pool }

func look(t *testing.T, url string) database {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return database{pool}
}

// number asks for one. While the server is away it is -1.
func (d database) number(t *testing.T, sql string, args ...any) int {
	t.Helper()
	n := -1
	_ = d.QueryRow(t.Context(), sql, args...).Scan(&n)
	return n
}

func (d database) head(t *testing.T) int { return d.number(t, `SELECT position FROM log_head`) }

const listed = `SELECT count(*) FROM events WHERE type = 'catalogue.product_listed.v1'`

func (d database) listed(t *testing.T) int { return d.number(t, listed) }

// holds checks that of so many products nothing was lost and nothing doubled.
func (d database) holds(t *testing.T, products int) {
	t.Helper()
	for _, c := range []struct {
		what, sql string
		want      int
	}{
		{"gaps in the positions", `SELECT count(*) - (SELECT position FROM log_head) FROM events`, 0},
		{"streams with gaps in their versions", `SELECT count(*) FROM (SELECT FROM events GROUP BY stream HAVING max(version) <> count(*)) s`, 0},
		{"products listed", listed, products},
		{"streams of products listed", `SELECT count(DISTINCT stream) FROM events WHERE type = 'catalogue.product_listed.v1'`, products},
		{"products embedded", `SELECT count(*) FROM events WHERE type = 'catalogue.product_embedded.v1'`, products},
		{"texts embedded", `SELECT count(DISTINCT (stream, payload->>'content_hash')) FROM events WHERE type = 'catalogue.product_embedded.v1'`, products},
		{"vectors named and not stored", `SELECT count(*) FROM events WHERE type = 'catalogue.product_embedded.v1'
			AND NOT EXISTS (SELECT FROM blobs WHERE sha256 = decode(payload->>'sha256', 'base64'))`, 0},
		{"categories seen", `SELECT count(*) FROM events WHERE type = 'catalogue.category_seen.v1'`, categories},
		{"rows of products", `SELECT count(*) FROM products`, products},
		{"rows of embeddings", `SELECT count(*) FROM product_embeddings e JOIN products p USING (gift_id, content_hash)`, products},
		{"rows of categories", `SELECT count(*) FROM category_maps`, categories},
		{"read tables behind the products", `SELECT count(*) FROM checkpoints WHERE state <> 'live'`, 0},
	} {
		if got := d.number(t, c.sql); got != c.want {
			t.Errorf("%s: %d, want %d", c.what, got, c.want)
		}
	}
}
