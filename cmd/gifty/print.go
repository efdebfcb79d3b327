package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"gifty/domain"
	domaindiscovery "gifty/domain/discovery"
)

func printJSON(w io.Writer, value any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(value)
}

func printAnswer(w io.Writer, b domaindiscovery.Brief, a answer) {
	fmt.Fprintf(w, "\n%s\n", headline(b))
	if a.Notice != "" {
		fmt.Fprintf(w, "\n%s\n", a.Notice)
	}
	words := answerWords[b.Language == domaindiscovery.English]
	var elsewhere []string
	n := 0
	for _, h := range a.Hypotheses {
		if len(h.Products) == 0 {
			elsewhere = append(elsewhere, h.Title)
			continue
		}
		n++
		fmt.Fprintf(w, "\n%d. %s\n   %s\n   %s\n", n, h.Title, h.Description, h.Reasoning)
		for _, p := range h.Products {
			printProduct(w, price(p.Price, p.Currency), p.Title, p.ProductURL)
		}
	}
	if a.Page != nil {
		fmt.Fprintf(w, "\n%s\n", words.best)
		for _, i := range a.Page.Items {
			printProduct(w, price(i.Price, &i.Currency), i.Title, i.ProductURL)
			fmt.Fprintf(w, "                   %s\n", i.Reason)
		}
		fmt.Fprintf(w, "   "+words.why+"\n", a.Page.RecommendationID)
	}
	if len(elsewhere) > 0 {
		fmt.Fprintf(w, "\n%s\n", words.elsewhere)
		for _, title := range elsewhere {
			fmt.Fprintf(w, "   %s\n", title)
		}
	}
}

// answerWords are the words around an answer: in English?
var answerWords = map[bool]struct{ best, why, elsewhere string }{
	false: {"Лучшее из всего:", "Подробнее, почему именно это: gifty explain %s", "Хорошие идеи, для которых в каталоге ничего нет:"},
	true:  {"The best of all:", "More on why: gifty explain %s", "Good ideas for which the catalogue has nothing:"},
}

// headline is the person in a line: "father · 52 · fishing, bbq · ≤ 8000 RUB".
func headline(b domaindiscovery.Brief) string {
	parts := []string{"somebody"}
	switch {
	case b.Person != "" && b.Person != "unknown":
		parts[0] = b.Person
	case b.Relation != "" && b.Relation != "unknown":
		parts[0] = string(b.Relation)
	}
	if b.Age != nil {
		parts = append(parts, fmt.Sprint(*b.Age))
	}
	if len(b.Interests) > 0 {
		parts = append(parts, strings.Join(b.Interests, ", "))
	}
	if b.Occasion != "" {
		parts = append(parts, b.Occasion)
	}
	if b.Budget != nil {
		parts = append(parts, "≤ "+b.Budget.Amount.String()+" "+b.Budget.Currency)
	}
	return strings.Join(parts, " · ")
}

func printProduct(w io.Writer, price, title, url string) {
	fmt.Fprintf(w, "   %14s  %s\n                   %s\n", price, shorten(title, 90), url)
}

func price(amount *domain.Amount, currency *string) string {
	if amount == nil || currency == nil {
		return "price unknown"
	}
	return amount.String() + " " + *currency
}

func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
