package uselite

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// reserved is how many of the vocabulary's first entries are control symbols, which no text holds.
const reserved = 6

// unknown is the piece for what the vocabulary cannot spell.
const unknown = 0

// unknownScore is a log-probability below that of every piece.
const unknownScore = -20

// wordStart marks where a word begins: a space, made visible.
const wordStart = "\u2581"

// tokenizer cuts text into SentencePiece unigram pieces: of all ways to spell a text, the one whose
// pieces are the most probable (Kudo 2018, "Subword Regularization", §3.1).
type tokenizer struct {
	pieces  map[string]piece
	longest int // bytes of the longest piece
}

type piece struct {
	score float64 // log-probability
	id    int32   // row of the embedding table
}

// newTokenizer reads a list of [piece, log-probability] in the order of the embedding table's rows.
func newTokenizer(vocab []byte, rows int) (*tokenizer, error) {
	var vocabulary []entry
	if err := json.Unmarshal(vocab, &vocabulary); err != nil {
		return nil, fmt.Errorf("vocab.json: %w", err)
	}
	if len(vocabulary) <= reserved || len(vocabulary) > rows {
		return nil, fmt.Errorf("vocab.json: %d pieces for an embedding table of %d rows", len(vocabulary), rows)
	}
	t := &tokenizer{pieces: make(map[string]piece, len(vocabulary))}
	for id, e := range vocabulary[reserved:] {
		t.pieces[e.text] = piece{e.score, int32(id + reserved)}
		t.longest = max(t.longest, len(e.text))
	}
	return t, nil
}

type entry struct {
	text  string
	score float64
}

// UnmarshalJSON reads a pair of different types.
func (e *entry) UnmarshalJSON(b []byte) error {
	pair := []any{&e.text, &e.score}
	if err := json.Unmarshal(b, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("want a piece and its log-probability, have %s", b)
	}
	return nil
}

// lattice holds, for each byte offset of a text, the best way to spell what is before it.
type lattice struct {
	score []float64
	from  []int
	id    []int32
}

func newLattice(n int) lattice {
	l := lattice{make([]float64, n+1), make([]int, n+1), make([]int32, n+1)}
	for i := 1; i <= n; i++ {
		l.score[i] = math.Inf(-1)
	}
	return l
}

func (l lattice) offer(from, to int, score float64, id int32) {
	if s := l.score[from] + score; s > l.score[to] {
		l.score[to], l.from[to], l.id[to] = s, from, id
	}
}

// tokenize returns the first limit pieces of the best spelling; a run of unknown ones counts as one.
func (t *tokenizer) tokenize(text string, limit int) []int32 {
	s := norm.NFKC.String(strings.ToValidUTF8(text, "\ufffd"))
	if s == "" {
		return nil
	}
	s = wordStart + strings.ReplaceAll(s, " ", wordStart)
	l := newLattice(len(s))
	for i, r := range s {
		single := i + utf8.RuneLen(r)
		if _, ok := t.pieces[s[i:single]]; !ok {
			l.offer(i, single, unknownScore, unknown)
		}
		for to := single; to <= len(s) && to-i <= t.longest; to++ {
			if p, ok := t.pieces[s[i:to]]; ok {
				l.offer(i, to, p.score, p.id)
			}
		}
	}
	return l.best(limit)
}

func (l lattice) best(limit int) []int32 {
	var ids []int32
	for i := len(l.from) - 1; i > 0; i = l.from[i] {
		if l.id[i] == unknown && len(ids) > 0 && ids[len(ids)-1] == unknown {
			continue
		}
		ids = append(ids, l.id[i])
	}
	slices.Reverse(ids)
	return ids[:min(len(ids), limit)]
}
