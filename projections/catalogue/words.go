package catalogue

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gifty/projections"
)

// wordQuery searches products by words. Those of a query are alternatives: any of them may hit.
type wordQuery struct {
	Texts   []string
	Filter  Filter
	Exclude []string
	Limit   int // for each text
	// Typed says that a person wrote the texts: the last word may be unfinished, any may be mistyped.
	Typed bool
	// Wide says that the filter leaves many products: then a word's hits are looked at one by one until
	// enough fit. The planner would read the index of all prices for each word.
	Wide bool
}

// wordHit is a product that the Nth text found, from 1.
type wordHit struct {
	N      int     `json:"n"`
	GiftID string  `json:"gift_id"`
	Score  float64 `json:"score"`
}

// What the words as written did not find, the beginning of the last may, and what that did not, words
// spelled alike. Such hits stand below all others, so their scores are made small.
const (
	few          = 3 // hits below which the next is tried
	prefixWeight = 0.1
	typoWeight   = 0.01
	minPrefix    = 3 // letters
	minTypo      = 4
)

// search answers a list for each text, in no order.
func (q wordQuery) search(ctx context.Context, db DB) ([][]wordHit, error) {
	lists := make([][]wordHit, len(q.Texts))
	texts := make([]string, len(q.Texts))
	for i, t := range q.Texts {
		texts[i] = telling(t)
	}
	err := q.collect(ctx, db, wordsSQL, texts, 1, lists)
	if err != nil || !q.Typed {
		return lists, err
	}
	if some, rest := q.unsatisfied(lists, texts, lastPrefix); some {
		if err := q.collect(ctx, db, prefixSQL, rest, prefixWeight, lists); err != nil {
			return nil, err
		}
	}
	if some, rest := q.unsatisfied(lists, texts, typoWords); some {
		err = q.collect(ctx, under(db, "pg_trgm.word_similarity_threshold", "0.5"), typoSQL, rest, typoWeight, lists)
	}
	return lists, err
}

// unsatisfied are the texts that found few, as the next way of searching needs them; "" for the others.
func (q wordQuery) unsatisfied(lists [][]wordHit, texts []string, as func(string) string) (some bool, rest []string) {
	rest = make([]string, len(texts))
	for i, t := range texts {
		if len(lists[i]) < few {
			rest[i] = as(t)
			some = some || rest[i] != ""
		}
	}
	return some, rest
}

// lastPrefix is the last word, when it is long enough to be the beginning of one.
func lastPrefix(text string) string {
	words := wordsIn(text)
	if len(words) == 0 || utf8.RuneCountInString(words[len(words)-1]) < minPrefix {
		return ""
	}
	return words[len(words)-1]
}

// typoWords are the words long enough to be told from others although mistyped. What has digits in
// it is a model or a size, and another one is another thing.
func typoWords(text string) string {
	return strings.Join(slices.DeleteFunc(wordsIn(text), func(w string) bool {
		return utf8.RuneCountInString(w) < minTypo || strings.ContainsFunc(w, unicode.IsDigit)
	}), " ")
}

func wordsIn(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func (q wordQuery) collect(ctx context.Context, db DB, sql string, texts []string, weight float64, lists [][]wordHit) error {
	where, args := NearestQuery{Filter: q.Filter, Exclude: q.Exclude}.where([]any{texts, q.Limit})
	// The planner does not know how many products a text will hit; the index of the words is right for all.
	fence, settings := "", []string{"enable_seqscan", "off"}
	if q.Wide { // then the plan is the same for all values, and need not be made again
		fence, settings = "OFFSET 0", append(settings, "plan_cache_mode", "force_generic_plan")
	}
	sql = strings.NewReplacer("{where}", where, "{fence}", fence).Replace(sql)
	hits, err := projections.Select[wordHit](ctx, under(db, settings...), sql, args...)
	for _, h := range hits {
		known := slices.ContainsFunc(lists[h.N-1], func(k wordHit) bool { return k.GiftID == h.GiftID })
		if !known {
			h.Score *= weight
			lists[h.N-1] = append(lists[h.N-1], h)
		}
	}
	return err
}

const (
	texts = `unnest($1::text[]) WITH ORDINALITY AS t(text, n)`

	// wordsSQL ranks some hits of each word, and some of all together. Of a word that hits very many
	// products one hit says as little as another, and ranking them all takes longer than all else;
	// a rare word's are all ranked.
	wordsSQL = `SELECT t.n, f.gift_id, f.score FROM ` + texts + `,
		LATERAL (SELECT plainto_tsquery('russian', t.text) AS every OFFSET 0) AS a,
		LATERAL (SELECT replace(a.every::text, ' & ', ' | ')::tsquery AS any_of OFFSET 0) AS o,
		LATERAL (
			SELECT h.gift_id, ts_rank_cd(h.search, o.any_of, 1)::float8 AS score FROM (
				SELECT DISTINCT ON (p.gift_id) p.gift_id, p.search
				FROM (SELECT a.every AS q UNION SELECT quote_literal(l.lexeme)::tsquery FROM unnest(to_tsvector('russian', t.text)) AS l) AS w,
					LATERAL (SELECT p.gift_id, p.search FROM (SELECT * FROM products v WHERE v.search @@ w.q {fence}) AS p
						WHERE {where} LIMIT 3 * $2) AS p
			) AS h ORDER BY score DESC, h.gift_id LIMIT $2) AS f
		WHERE numnode(a.every) > 0`

	prefixSQL = `SELECT t.n, f.gift_id, f.score FROM ` + texts + `,
		LATERAL (SELECT to_tsquery('russian', quote_literal(t.text) || ':*') AS q OFFSET 0) AS a,
		LATERAL (
			SELECT h.gift_id, h.score FROM (
				SELECT p.gift_id, ts_rank_cd(p.search, a.q, 1)::float8 AS score FROM products p WHERE p.search @@ a.q AND {where} LIMIT 2000
			) AS h ORDER BY h.score DESC, h.gift_id LIMIT $2) AS f
		WHERE t.text <> '' AND numnode(a.q) > 0`

	// typoSQL looks in titles alone: a description has too many words for one not to look alike.
	typoSQL = `SELECT t.n, f.gift_id, f.score FROM ` + texts + `, LATERAL (
			SELECT h.gift_id, sum(h.score)::float8 AS score FROM (
				SELECT p.gift_id, word_similarity(w.word, p.title) AS score
				FROM unnest(string_to_array(t.text, ' ')) AS w(word), LATERAL (
					SELECT p.gift_id, p.title FROM products p WHERE p.title %> w.word AND {where} LIMIT 2000) AS p
			) AS h GROUP BY h.gift_id ORDER BY score DESC, h.gift_id LIMIT $2) AS f
		WHERE t.text <> ''`
)

// telling leaves a query the words that tell one product from another: nearly everything in a gift
// shop is a gift and half of it a set, and the text search does not know how common a word is. A
// query of nothing else keeps its words.
func telling(query string) string {
	words := slices.DeleteFunc(strings.Fields(strings.ToLower(query)), func(w string) bool {
		return slices.ContainsFunc(commonStems(), func(stem string) bool { return strings.HasPrefix(w, stem) })
	})
	if len(words) == 0 {
		return query
	}
	return strings.Join(words, " ")
}

func commonStems() []string {
	return []string{"подар", "сувенир", "набор", "комплект", "gift", "present", "kit"}
}
