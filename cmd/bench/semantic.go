package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gifty/domain/catalogue"
	"gifty/http/client/embed"
)

// semanticHits is how many of the nearest products may be the one that was meant.
const semanticHits = 3

// benchSemantic says in what share of wishes the offline embedder puts a product that fulfils them among
// the three nearest: products.tsv has an id, English and Russian a line, queries.tsv an id, English,
// Russian and the ids of what fulfils the wish, with commas. BENCH_SEMANTIC names their folder; else it is
// ../shared/data/semantic.
func benchSemantic(ctx context.Context, _ environment) error {
	dir := os.Getenv("BENCH_SEMANTIC")
	if dir == "" {
		dir = filepath.Join("..", "shared", "data", "semantic")
	}
	products, err := tsv(filepath.Join(dir, "products.tsv"), 3)
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Printf("semantic: nothing to measure on: there is no %s (BENCH_SEMANTIC names another folder)\n", filepath.Join(dir, "products.tsv"))
		return nil
	}
	if err != nil {
		return err
	}
	wishes, err := tsv(filepath.Join(dir, "queries.tsv"), 4)
	if err != nil {
		return err
	}
	embedder, note, err := embed.New(ctx, embed.Config{Kind: embed.Local, ModelDir: filepath.Join(".gifty", "model")})
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "bench:", note)
	for column, language := range []string{1: "en", 2: "ru"} {
		if language == "" {
			continue
		}
		share, err := hitShare(ctx, embedder, products, wishes, column)
		if err != nil {
			return err
		}
		print(fmt.Sprintf("semantic.%s_hit%d", language, semanticHits), share, "share")
	}
	return nil
}

// tsv reads a file of so many columns, at least.
func tsv(path string, columns int) (rows [][]string, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(data)) {
		row := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if len(row) < columns {
			return nil, fmt.Errorf("%s: line %d has %d columns, not %d", path, len(rows)+1, len(row), columns)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// hitShare compares the texts of one column.
func hitShare(ctx context.Context, embedder catalogue.Embedder, products, wishes [][]string, column int) (float64, error) {
	texts := func(rows [][]string) (t []string) {
		for _, row := range rows {
			t = append(t, row[column])
		}
		return t
	}
	goods, err := embedder.Embed(ctx, texts(products))
	if err != nil {
		return 0, err
	}
	wanted, err := embedder.Embed(ctx, texts(wishes))
	if err != nil {
		return 0, err
	}
	hits := 0
	for i, wish := range wishes {
		order := make([]int, len(products))
		for j := range order {
			order[j] = j
		}
		slices.SortStableFunc(order, func(a, b int) int {
			return cmp.Compare(product(wanted[i], goods[b]), product(wanted[i], goods[a]))
		})
		fulfilled := strings.Split(wish[3], ",")
		if slices.ContainsFunc(order[:min(len(order), semanticHits)], func(j int) bool { return slices.Contains(fulfilled, products[j][0]) }) {
			hits++
		}
	}
	return float64(hits) / float64(max(1, len(wishes))), nil
}
