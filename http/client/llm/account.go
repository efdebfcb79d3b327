package llm

import (
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/discovery/llm"
)

// What the log keeps of a provider's words, in characters.
const (
	longestModel  = 100
	longestDetail = 300
)

// estimate is how many tokens a request has at most. Models read two characters of Russian and four
// of English as a token, or a few more.
func (r request) estimate() int {
	n := utf8.RuneCountInString(r.system)
	for _, t := range r.turns {
		n += utf8.RuneCountInString(t.text)
	}
	return n/2 + 500 // the schema, and what protocols add
}

// price is what so many tokens take. Money is zero where no price is known.
func (c *Chain) price(model string, input, output int) llm.Spend {
	p := c.prices[model]
	million := decimal.New(1, 6)
	money := p.Input.Mul(decimal.NewFromInt(int64(input))).Add(p.Output.Mul(decimal.NewFromInt(int64(output)))).DivRound(million, 12)
	return llm.Spend{Tokens: input + output, Money: domain.Amount{Decimal: money}}
}

// charge notes in the call what it took, and returns what the budgets are to be charged with: an
// estimate where the provider did not count.
func (a *asking) charge(call *discovery.ModelCall, r request, s said) llm.Spend {
	call.Model = orElse(cut(s.model, longestModel), r.model)
	call.InputTokens, call.OutputTokens = max(0, s.input), max(0, s.output)
	took := a.price(r.model, call.InputTokens, call.OutputTokens)
	if took.Tokens == 0 {
		return a.price(r.model, r.estimate(), utf8.RuneCountInString(s.text)/2)
	}
	if _, known := a.prices[r.model]; known {
		call.Cost = &domain.Money{Amount: took.Money, Currency: "USD"}
	}
	return took
}

// detail is what failed, short and without the key, which some services repeat.
func (a *asking) detail(cause error) string {
	said := cause.Error()
	if a.provider.Key != "" {
		said = strings.ReplaceAll(said, a.provider.Key, "(key)")
	}
	return cut(said, longestDetail)
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// cut is s as valid UTF-8 without control characters, at most so many characters.
func cut(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	n := 0
	for i := range s {
		if n == most {
			return s[:i]
		}
		n++
	}
	return s
}
