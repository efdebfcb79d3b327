package recommend

import (
	"cmp"
	"slices"
	"strings"

	"gifty/domain"
)

// The codes of notices.
const (
	NothingFound         = "nothing_found" // the searches came back empty
	BudgetTooLow         = "budget_too_low"
	CurrencyUnpriced     = "currency_unpriced"      // nothing has a price in the budget's currency
	ConstraintsTooStrict = "constraints_too_strict" // the giver's, or those of age
	NothingNew           = "nothing_new"            // all that fits was seen, bought or excluded
	NothingClose         = "nothing_close"          // what was found is no gift for this person
)

const mostNearest = 3

// notice says why the page is empty: by what dropped the most candidates.
func (s *serving) notice() *Notice {
	groups := map[string][]*considered{}
	for _, g := range s.found {
		code := codeOf(g.Dropped)
		groups[code] = append(groups[code], g)
	}
	n := &Notice{Code: NothingFound, Nearest: []Nearest{}}
	for _, code := range []string{BudgetTooLow, ConstraintsTooStrict, NothingNew, NothingClose} {
		if len(groups[code]) > len(groups[n.Code]) {
			n.Code = code
		}
	}
	for _, g := range s.nearest(n.Code, groups[n.Code]) {
		n.Nearest = append(n.Nearest, Nearest{
			GiftID: g.GiftID, Title: g.entry.Title, Price: g.entry.Price, Currency: g.entry.Currency, Dropped: g.Dropped, Why: g.Veto,
		})
	}
	if n.Code == BudgetTooLow && !slices.Contains(s.currencies(), s.budget.currency) && len(s.currencies()) > 0 {
		n.Code = CurrencyUnpriced
	}
	n.Text = s.noticeText(n)
	return n
}

func codeOf(d Dropped) string {
	switch d {
	case DroppedOverBudget:
		return BudgetTooLow
	case DroppedVetoed:
		return ConstraintsTooStrict
	case DroppedSeen, DroppedBought, DroppedExcluded:
		return NothingNew
	}
	return NothingClose
}

// nearest is those of a group that would do if just that were given up, at most three: the cheapest,
// those that only the giver's own constraints forbid, those that were only seen, the best of the rest.
func (s *serving) nearest(code string, group []*considered) []*considered {
	anyway := s.rules
	if code == ConstraintsTooStrict {
		person := s.inquiry.Person
		person.Constraints = nil
		anyway = NewRules(person)
	}
	near := slices.DeleteFunc(slices.Clone(group), func(g *considered) bool {
		e := g.entry
		_, never := anyway.vetoed(e.product.reading)
		return never || e.product.giftability < s.policy.Giftability || g.Dropped == DroppedMisfit ||
			g.Dropped == DroppedBought || g.Dropped == DroppedExcluded ||
			code == BudgetTooLow && (e.Price == nil || e.Currency != s.budget.currency) ||
			code == ConstraintsTooStrict && !s.budget.affordable(e.Price, e.Currency)
	})
	slices.SortStableFunc(near, func(a, b *considered) int {
		if code == BudgetTooLow {
			return a.entry.Price.Cmp(b.entry.Price.Decimal)
		}
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.entry.Similarity, a.entry.Similarity))
	})
	return near[:min(len(near), mostNearest)]
}

func (s *serving) noticeText(n *Notice) string {
	first := ""
	if len(n.Nearest) > 0 {
		first = s.say(" Ближе всего: «%s»%s.", " The nearest is “%s”%s.", n.Nearest[0].Title, s.costs(n.Nearest[0]))
	}
	switch n.Code {
	case CurrencyUnpriced:
		others := strings.Join(s.currencies(), ", ")
		return s.say("В %s цен нет: найденное продаётся за %s.", "Nothing has a price in %s: what was found is sold for %s.", s.budget.currency, others)
	case BudgetTooLow:
		return s.say("В бюджет до %s ничего не подходит.", "Nothing fits a budget of %s.", money(s.inquiry.Budget.Amount, s.budget.currency)) + first
	case ConstraintsTooStrict:
		return s.say("Под все эти ограничения ничего не подходит.", "Nothing meets all of these constraints.") + s.contradiction() + first
	case NothingNew:
		return s.say("Всё подходящее уже показано, куплено или исключено.", "All that fits was already shown, bought or left out.") + first
	case NothingClose:
		return s.say("Ничего по-настоящему подходящего не нашлось.", "Nothing that really fits was found.") + first
	}
	switch q := s.inquiry; {
	case q.NoProducts:
		return s.say("Каталог пуст.", "The catalogue is empty.")
	case q.Currency != "":
		return s.say("По этим идеям ничего с ценой в %s не нашлось.", "Nothing with a price in %s was found for these ideas.", q.Currency)
	}
	return s.say("По этим идеям ничего не нашлось.", "Nothing was found for these ideas.")
}

// contradiction names two wishes of which one rules out the other; "" where there are none.
func (s *serving) contradiction() string {
	p := s.inquiry.Person
	one, other := "", ""
	if oneOf("romantic_ok", p.Constraints...) && oneOf("no_romantic", p.Constraints...) {
		one, other = "romantic_ok", "no_romantic"
	}
	for _, interest := range p.Interests {
		text := read(strings.ReplaceAll(interest, "_", " "), "", "")
		for _, h := range text.hits {
			if tag := s.rules.vetoes[h.topic]; oneOf(tag, p.Constraints...) {
				one, other = interest, tag
			}
		}
	}
	if one == "" {
		return ""
	}
	return s.say(" Одно противоречит другому: %s и %s.", " One contradicts the other: %s and %s.", one, other)
}

// currencies are those that what was found is sold for.
func (s *serving) currencies() (list []string) {
	for _, g := range s.found {
		if e := g.entry; e.Price != nil && !slices.Contains(list, e.Currency) {
			list = append(list, e.Currency)
		}
	}
	slices.Sort(list)
	return list
}

// costs is what follows a title: what the gift costs.
func (s *serving) costs(n Nearest) string {
	if n.Price == nil {
		return ""
	}
	return s.say(" за %s", " for %s", money(*n.Price, n.Currency))
}

func money(a domain.Amount, currency string) string { return a.String() + " " + currency }
