package console

import (
	"embed"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"gifty/domain/analytics"
)

//go:embed words/*.json
var texts embed.FS

func languages() []string { return []string{"ru", "en"} }

// words are the pages' texts and figures in a language.
type words struct {
	Lang  string
	texts *i18n.Localizer
	print *message.Printer
}

func readWords() (map[string]*words, error) {
	bundle := i18n.NewBundle(language.English)
	all := map[string]*words{}
	for _, lang := range languages() {
		if _, err := bundle.LoadMessageFileFS(texts, "words/"+lang+".json"); err != nil {
			return nil, fmt.Errorf("words/%s.json: %w", lang, err)
		}
		all[lang] = &words{Lang: lang, texts: i18n.NewLocalizer(bundle, lang), print: message.NewPrinter(language.Make(lang))}
	}
	return all, nil
}

// T is a text by its key. Values take the places of {{.A}}, {{.B}} and so on in it. A key without a text is
// shown as it is.
func (w *words) T(key string, values ...string) string {
	return w.Or(key, key, values...)
}

// Or is a text by its key, and the fallback where there is none: names from outside may be known here.
func (w *words) Or(key, fallback string, values ...string) string {
	text, err := w.texts.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: named(values)})
	if err != nil {
		return fallback
	}
	return text
}

// named are values by the names that texts have for them.
func named(values []string) map[string]string {
	all := make(map[string]string, len(values))
	for i, v := range values {
		all[string(rune('A'+i))] = v
	}
	return all
}

// Many is a text by its key whose words go by a number: 1 event, 2 events. The number takes the place of {{.A}},
// values those of {{.B}}, {{.C}} and so on.
func (w *words) Many(key string, n int64, values ...string) string {
	text, err := w.texts.Localize(&i18n.LocalizeConfig{MessageID: key, PluralCount: n, TemplateData: named(append([]string{w.Int(n)}, values...))})
	if err != nil {
		return key
	}
	return text
}

// noValue stands where nothing is known.
const noValue = "–"

// Int is a whole number, in groups of three digits.
func (w *words) Int(n int64) string { return w.print.Sprint(number.Decimal(n)) }

// Float is a number with so many decimals at most.
func (w *words) Float(f float64, decimals int) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return noValue
	}
	return w.print.Sprint(number.Decimal(f, number.MaxFractionDigits(decimals)))
}

// Fixed is a number with just so many decimals, for columns.
func (w *words) Fixed(f float64, decimals int) string {
	return w.print.Sprint(number.Decimal(f, number.MinFractionDigits(decimals), number.MaxFractionDigits(decimals)))
}

// Percent is a share with one decimal.
func (w *words) Percent(share float64) string {
	return w.print.Sprint(number.Decimal(100*share, number.MinFractionDigits(1), number.MaxFractionDigits(1))) + "\u00a0%"
}

// Share is a share, or that nothing is known.
func (w *words) Share(s *analytics.Share) string {
	if s == nil {
		return noValue
	}
	return w.Percent(s.Rate)
}

// Range is a share's 95 % interval.
func (w *words) Range(s *analytics.Share) string {
	if s == nil {
		return ""
	}
	decimal := func(f float64) string {
		return w.print.Sprint(number.Decimal(100*f, number.MinFractionDigits(1), number.MaxFractionDigits(1)))
	}
	return decimal(s.Low) + "–" + decimal(s.High) + "\u00a0%"
}

// Day is a day without its year: 22 Nov.
func (w *words) Day(t time.Time) string {
	return fmt.Sprintf("%d %s", t.UTC().Day(), w.T("month."+strings.ToLower(t.UTC().Format("Jan"))))
}

// Clock is a time of a day, UTC.
func (w *words) Clock(t time.Time) string { return t.UTC().Format("15:04") }

// Date is a day with its year.
func (w *words) Date(t time.Time) string { return fmt.Sprintf("%s %d", w.Day(t), t.UTC().Year()) }

// Span is from one day to another, which is not in it any more.
func (w *words) Span(from, to time.Time) string {
	last := to.Add(-time.Microsecond)
	if from.Format(time.DateOnly) == last.Format(time.DateOnly) {
		return w.Date(from)
	}
	return w.Day(from) + " – " + w.Date(last)
}

// Moment is a day and the time on it, UTC.
func (w *words) Moment(t time.Time) string { return w.Date(t) + ", " + t.UTC().Format("15:04:05") }

// Took is a length of time in its two largest units at most.
func (w *words) Took(seconds float64) string {
	unit := func(n float64, decimals int, name string) string {
		return w.Float(n, decimals) + "\u00a0" + w.T("unit."+name)
	}
	switch {
	case seconds < 0.001:
		return unit(0, 0, "s")
	case seconds < 1:
		return unit(1000*seconds, 0, "ms")
	case seconds < 60:
		return unit(seconds, 1, "s")
	case seconds < 3600:
		return unit(seconds/60, 1, "min")
	case seconds < 48*3600:
		return unit(seconds/3600, 1, "h")
	}
	return unit(seconds/86400, 1, "d")
}

// Length is a length of time as a definition has it: in whole days where there are any.
func (w *words) Length(d analytics.Duration) string {
	const day = 24 * time.Hour
	if t := time.Duration(d); t >= day && t%day == 0 {
		return w.Many("days.many", int64(t/day))
	}
	return w.Took(time.Duration(d).Seconds())
}

// Bytes is an amount of memory or disk.
func (w *words) Bytes(n int64) string {
	switch f := float64(n); {
	case f < 1<<10:
		return w.Float(f, 0) + "\u00a0" + w.T("unit.b")
	case f < 1<<20:
		return w.Float(f/(1<<10), 0) + "\u00a0" + w.T("unit.kib")
	case f < 1<<30:
		return w.Float(f/(1<<20), 1) + "\u00a0" + w.T("unit.mib")
	default:
		return w.Float(f/(1<<30), 2) + "\u00a0" + w.T("unit.gib")
	}
}
