package projections_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/eventstore/pgtest"
	"gifty/projections"
)

type ranked struct {
	Group string        `json:"group"`
	Score float64       `json:"score"`
	Price domain.Amount `json:"price"`
	At    time.Time     `json:"at"`
	ID    uuid.UUID     `json:"id"`
}

// Reading page by page gives what one query gives, whatever orders the list.
func TestPagesMakeUpTheList(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	_, err := pool.Exec(t.Context(), `CREATE TABLE ranked AS SELECT (ARRAY['a', 'ж"', '', 'a\'])[1 + i % 4] AS "group",
		(i % 5) / 3.0::float8 AS score, (i % 7) / 3.0::numeric AS price, now() + i % 6 * interval '1.000001 s' AS at, gen_random_uuid() AS id, 'x' AS unknown
		FROM generate_series(1, 60) i`)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		by := append(rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"group", "score", "price", "at"}), 0, 4, rapid.ID).Draw(rt, "by"), "id")
		list := projections.List{SQL: "SELECT * FROM ranked WHERE score >= $1", Args: []any{0.3}, By: by, Desc: rapid.Bool().Draw(rt, "desc")}
		whole, err := projections.SelectPage[ranked](t.Context(), pool, list, projections.PageRequest{Limit: 200})
		if err != nil || len(whole.Items) != 48 || whole.Next != "" {
			rt.Fatal(len(whole.Items), whole.Next, err)
		}
		req := projections.PageRequest{Limit: rapid.IntRange(1, 50).Draw(rt, "limit")}
		var pieces []ranked
		for {
			page, err := projections.SelectPage[ranked](t.Context(), pool, list, req)
			if err != nil {
				rt.Fatal(err)
			}
			if pieces = append(pieces, page.Items...); page.Next == "" {
				break
			}
			req.Cursor = page.Next
		}
		if got, want := fmt.Sprint(pieces), fmt.Sprint(whole.Items); got != want {
			rt.Fatalf("got %s\nwant %s", got, want)
		}
	})
}

func TestWhatIsWrongWithAPageRequest(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	list := projections.List{SQL: "SELECT gen_random_uuid() AS id FROM generate_series(1, 60)", By: []string{"id"}}
	first, err := projections.SelectPage[ranked](t.Context(), pool, list, projections.PageRequest{})
	if err != nil || len(first.Items) != projections.DefaultLimit || first.Next == "" {
		t.Fatal(len(first.Items), first.Next, err)
	}
	forge := func(v any) string {
		j, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(j)
	}
	type forged struct {
		O string   `json:"o"`
		V []string `json:"v"`
	}
	cases := map[string]struct {
		req  projections.PageRequest
		code string
	}{
		"limit too high":      {projections.PageRequest{Limit: 201}, "limit_invalid"},
		"limit below zero":    {projections.PageRequest{Limit: -1}, "limit_invalid"},
		"cursor not base64":   {projections.PageRequest{Cursor: "!"}, "cursor_invalid"},
		"cursor not JSON":     {projections.PageRequest{Cursor: "eHg"}, "cursor_invalid"},
		"cursor of null":      {projections.PageRequest{Cursor: forge(nil)}, "cursor_invalid"},
		"cursor of others":    {projections.PageRequest{Cursor: forge(forged{"name desc=false", []string{"x"}})}, "cursor_invalid"},
		"cursor with no id":   {projections.PageRequest{Cursor: forge(forged{"id desc=false", []string{"x"}})}, "cursor_invalid"},
		"cursor with NUL":     {projections.PageRequest{Cursor: forge(forged{"id desc=false", []string{"\x00"}})}, "cursor_invalid"},
		"cursor of too few":   {projections.PageRequest{Cursor: forge(forged{"id desc=false", nil})}, "cursor_invalid"},
		"cursor that is good": {projections.PageRequest{Cursor: first.Next}, ""},
	}
	for name, c := range cases {
		_, err := projections.SelectPage[ranked](t.Context(), pool, list, c.req)
		var refused *domain.Error
		switch {
		case c.code == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.code != "" && (!errors.As(err, &refused) || refused.Code != c.code || refused.Kind != domain.KindInvalid):
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	row, ok, err := projections.First[Person](t.Context(), pool, `SELECT gen_random_uuid() AS id, 'n' AS name, NULL::text AS former,
		1.50::numeric AS fee, '["x"]'::jsonb AS names, '{"a": 1}'::jsonb AS extra, 7::bigint AS renames, '2026-01-02 03:04:05.678901+03'::timestamptz AS seen,
		'2026-01-02 00:00+00'::timestamptz AS created_at, 'dropped' AS "no such field"`)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if row.Name != "n" || row.Former != nil || row.Fee.String() != "1.5" || row.Names[0] != "x" || string(row.Extra) != `{"a": 1}` || row.Renames != 7 {
		t.Errorf("%+v", row)
	}
	if got := fmt.Sprint(row.Seen, row.CreatedAt); got != "2026-01-02 00:04:05.678901 +0000 UTC 2026-01-02 00:00:00 +0000 UTC" {
		t.Errorf("times are not in UTC: %s", got)
	}
	if _, ok, err := projections.First[Person](t.Context(), pool, "SELECT WHERE false"); ok || err != nil {
		t.Error(ok, err)
	}
	if rows, err := projections.Select[Person](t.Context(), pool, "SELECT WHERE false"); rows == nil || err != nil {
		t.Error("no rows must be an empty list, which JSON writes as []", rows, err)
	}
	pool.Close()
	_, err = projections.Select[Person](t.Context(), pool, "SELECT 1")
	if err == nil {
		t.Error("no error from a closed pool")
	}
}

// A query goes on through a switch that changes what SELECT * means.
func TestSelectThroughASwitch(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	for _, view := range []string{"SELECT 'a' AS name", "SELECT 1 AS joined, 'a' AS name"} {
		if _, err := conn.Exec(t.Context(), "DROP VIEW IF EXISTS switched"); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "CREATE VIEW switched AS "+view); err != nil {
			t.Fatal(err)
		}
		if rows, err := projections.Select[Team](t.Context(), conn, "SELECT * FROM switched"); err != nil || rows[0].Name != "a" {
			t.Error(rows, err)
		}
	}
}
