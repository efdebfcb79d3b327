package demo

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"gifty/domain"
)

// load reads every file of data/products, in the order of their names.
func load(files fs.FS) ([]product, error) {
	list, err := fs.ReadFile(files, "data/merchants.txt")
	if err != nil {
		return nil, err
	}
	merchants, err := parseMerchants(string(list))
	if err != nil {
		return nil, fmt.Errorf("data/merchants.txt: %w", err)
	}
	names, err := fs.Glob(files, "data/products/*.txt")
	if err != nil {
		return nil, err
	}
	var all []product
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		products, err := parseCategory(string(text), merchants)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, products...)
	}
	return all, nil
}

func parseMerchants(text string) (map[string]words, error) {
	merchants := map[string]words{}
	for _, lines := range paragraphs(text) {
		if len(lines) != 3 {
			return nil, fmt.Errorf("%q: want the lines key, Russian name, English name", lines[0])
		}
		merchants[lines[0]] = words{lines[1], lines[2]}
	}
	return merchants, nil
}

// parseCategory reads a file of one category: its names, then its products.
func parseCategory(text string, merchants map[string]words) ([]product, error) {
	all := paragraphs(text)
	if len(all) == 0 || len(all[0]) != 2 {
		return nil, errors.New("want the category's Russian and English name first, two lines")
	}
	category := words(all[0])
	products := make([]product, 0, len(all)-1)
	for _, lines := range all[1:] {
		p, err := parseProduct(lines, merchants)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", lines[0], err)
		}
		p.category = category
		products = append(products, p)
	}
	return products, nil
}

func parseProduct(lines []string, merchants map[string]words) (product, error) {
	if len(lines) != 5 {
		return product{}, fmt.Errorf("want five lines, got %d", len(lines))
	}
	head := strings.Fields(lines[0])
	if len(head) != 4 {
		return product{}, errors.New("want slug, merchant, price in RUB, price in EUR")
	}
	merchant, ok := merchants[head[1]]
	if !ok {
		return product{}, fmt.Errorf("no merchant %q in data/merchants.txt", head[1])
	}
	p := product{
		slug: head[0], merchant: merchant,
		title: words{lines[1], lines[3]}, description: words{lines[2], lines[4]},
	}
	for l := range p.price {
		var err error
		if p.price[l], err = domain.NewAmount(head[2+l]); err != nil {
			return product{}, err
		}
	}
	return p, nil
}

// paragraphs are the runs of lines between blank ones; none is empty.
func paragraphs(text string) [][]string {
	var all [][]string
	var lines []string
	for line := range strings.Lines(text + "\n\n") {
		switch line = strings.TrimSpace(line); {
		case line != "":
			lines = append(lines, line)
		case lines != nil:
			all, lines = append(all, lines), nil
		}
	}
	return all
}
