package demo

import (
	"strings"
	"testing"
	"testing/fstest"
)

const (
	shops  = "fox\nЛиса\nThe Fox\n"
	teapot = "Чай\nTea\n\npot fox 900 9.50\nЧайник\nОписание\nTeapot\nDescription\n"
)

func folder(merchants, category string) fstest.MapFS {
	return fstest.MapFS{
		"data/merchants.txt":    {Data: []byte(merchants)},
		"data/products/tea.txt": {Data: []byte(category)},
	}
}

func TestLoad(t *testing.T) {
	got, err := load(folder(shops, teapot))
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	p := got[0]
	if p.slug != "pot" || p.merchant != (words{"Лиса", "The Fox"}) || p.category != (words{"Чай", "Tea"}) ||
		p.title != (words{"Чайник", "Teapot"}) || p.description != (words{"Описание", "Description"}) ||
		p.price[russian].String() != "900" || p.price[english].String() != "9.5" {
		t.Errorf("%+v", p)
	}
}

// Whoever edits the files learns which one is wrong, and where.
func TestLoadSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"no merchants":     {fstest.MapFS{}, "data/merchants.txt"},
		"half a merchant":  {folder("fox\nЛиса", teapot), `data/merchants.txt: "fox"`},
		"no category":      {folder(shops, ""), "data/products/tea.txt: want the category"},
		"a line too few":   {folder(shops, "Чай\nTea\n\npot fox 900 9.50\nЧайник"), `tea.txt: "pot fox 900 9.50": want five lines, got 2`},
		"no euro price":    {folder(shops, strings.Replace(teapot, " 9.50", "", 1)), "want slug, merchant"},
		"unknown merchant": {folder(shops, strings.Replace(teapot, "fox", "cat", 1)), `no merchant "cat"`},
		"no number":        {folder(shops, strings.Replace(teapot, "900", "much", 1)), `"much" is not an amount`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := load(c.files); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want something with %s", err, c.want)
			}
		})
	}
}

func FuzzParseCategory(f *testing.F) {
	f.Add(teapot)
	f.Add("\n\n\nЧай\nTea")
	f.Fuzz(func(t *testing.T, text string) {
		products, err := parseCategory(text, map[string]words{"fox": {"Лиса", "The Fox"}})
		for _, p := range products {
			if err != nil || p.slug == "" || p.title[russian] == "" || p.description[english] == "" {
				t.Errorf("%+v, %v", p, err)
			}
		}
	})
}
