package feed_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/catalogue/feed"
	"gifty/domain/domaintest"
	"gifty/eventstore"
)

var errCut = domain.Invalid("cut", "the feed is cut off")

// offer is one record of a made-up feed; a negative id is no product.
type offer struct {
	id    int
	price int64
}

// linesOf is a feed, which breaks off when cut is an error.
func linesOf(offers []offer, cut error) iter.Seq2[feed.Line, error] {
	return func(yield func(feed.Line, error) bool) {
		for n, o := range offers {
			line := feed.Line{Number: n + 1}
			if price := domain.WholeAmount(o.price); o.id < 0 {
				line.Refused = domain.Invalid("bad", "no product: %d", o.price)
			} else {
				line.Item = catalogue.Item{ID: fmt.Sprint(o.id), Title: "T", ProductURL: "https://shop.test/", Price: &price, Currency: "RUB", Available: true}
			}
			if !yield(line, nil) {
				return
			}
		}
		if cut != nil {
			yield(feed.Line{}, cut)
		}
	}
}

// log is in memory, and goes away after some more appends: before the last of them, or behind it.
type log struct {
	*eventstore.Memory
	left   int // appends until it goes away; negative: it never does
	behind bool
}

var errAway = domain.Unavailable("log_unavailable", "away")

func (l *log) Append(ctx context.Context, a domain.Append) (domain.Receipt, error) {
	if l.left--; l.left == 0 && !l.behind {
		return domain.Receipt{}, errAway
	}
	receipt, err := l.Memory.Append(ctx, a)
	if l.left == 0 {
		err = errAway
	}
	return receipt, err
}

func (l *log) head(t testing.TB) domain.Position {
	head, err := l.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return head
}

func newLog(t testing.TB) *log {
	t.Helper()
	types, err := eventstore.NewTypes(catalogue.Events()...)
	if err != nil {
		t.Fatal(err)
	}
	return &log{Memory: eventstore.NewMemory(types, eventstore.Options{}), left: -1}
}

func (l *log) take(ctx context.Context, chunk int, lines iter.Seq2[feed.Line, error]) (feed.Summary, error) {
	i := feed.Importer{Catalogue: catalogue.Commands{Log: l}, Source: "shop", Chunk: chunk}
	return i.Import(ctx, lines)
}

func under(t testing.TB, id uint64) context.Context {
	return domain.WithCommand(t.Context(), domaintest.ID(id))
}

func anyFeed(most int) *rapid.Generator[[]offer] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) offer {
		return offer{rapid.IntRange(-1, 12).Draw(t, "id"), rapid.Int64Range(1, 4).Draw(t, "price")}
	}), 0, most)
}

func TestTheFirstOfAFeedWins(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	offers := []offer{{0, 1}}
	for n := range 1200 {
		offers = append(offers, offer{n + 1, 5})
	}
	offers = append(offers, offer{0, 2})
	for _, want := range []catalogue.Imported{{New: 1201}, {Unchanged: 1201}} {
		got, err := l.take(t.Context(), 0, linesOf(offers, nil))
		duplicate := feed.LeftLine{Line: 1202, Code: "duplicate", Reason: "shop:0 stands in the feed before; the first is taken"}
		if err != nil || got.Imported != want || got.Duplicates.Count != 1 || got.Duplicates.First[0] != duplicate || l.head(t) != 1201 {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

// Whatever stands twice in a feed at whatever distance, every record is counted once, the first of a
// product is what is stored, and the same feed in whatever chunks appends nothing more.
func TestImportingAgainAppendsNothing(t *testing.T) {
	t.Parallel()
	chunks := rapid.IntRange(1, 6)
	rapid.Check(t, func(rt *rapid.T) {
		l := newLog(t)
		offers := anyFeed(40).Draw(rt, "feed")
		first := map[int]int64{}
		for _, o := range offers {
			if _, known := first[o.id]; !known && o.id >= 0 {
				first[o.id] = o.price
			}
		}
		got, err := l.take(t.Context(), chunks.Draw(rt, "chunk"), linesOf(offers, nil))
		if err != nil || got.New != len(first) || got.Total()+got.Refused.Count+got.Duplicates.Count != len(offers) {
			rt.Fatalf("%+v, %v of %v", got, err, offers)
		}
		for e, err := range l.Read(t.Context(), eventstore.Query{}) {
			if err != nil {
				rt.Fatal(err)
			}
			p := e.Event.(catalogue.ProductListed)
			if id := 0; sscan(rt, p.GiftID, &id) && p.Price.IntPart() != first[id] {
				rt.Fatalf("%s costs %s", p.GiftID, p.Price)
			}
		}
		head := l.head(t)
		again, err := l.take(t.Context(), chunks.Draw(rt, "other chunk"), linesOf(offers, nil))
		if err != nil || again.Imported != (catalogue.Imported{Unchanged: len(first)}) || !reflect.DeepEqual(again.Duplicates, got.Duplicates) || l.head(t) != head {
			rt.Fatalf("%+v, %v; head %d after %d", again, err, l.head(t), head)
		}
	})
}

func sscan(t *rapid.T, giftID string, id *int) bool {
	if _, err := fmt.Sscanf(giftID, "shop:%d", id); err != nil {
		t.Fatal(err)
	}
	return true
}

// However often a feed is cut off and the log goes away, the same command goes on, ends with the
// totals of an import in one go, and answers the same for ever.
func TestAnImportGoesOnAndEndsWithTheTrueTotals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		offers, chunk := anyFeed(40).Draw(rt, "feed"), rapid.IntRange(1, 6).Draw(rt, "chunk")
		want, err := newLog(t).take(under(t, 1), chunk, linesOf(offers, nil))
		if err != nil {
			rt.Fatal(err)
		}
		l := newLog(t)
		for range rapid.IntRange(0, 4).Draw(rt, "attempts") {
			l.left, l.behind = rapid.IntRange(1, 12).Draw(rt, "appends"), rapid.Bool().Draw(rt, "behind")
			part := offers[:rapid.IntRange(0, len(offers)).Draw(rt, "cut at")]
			if _, err := l.take(under(t, 1), chunk, linesOf(part, errCut)); !errors.Is(err, errCut) && !errors.Is(err, errAway) {
				rt.Fatal(err)
			}
		}
		l.left = -1
		for repeated := range 3 {
			got, err := l.take(under(t, 1), chunk, linesOf(offers, nil))
			if got.Repeated != (repeated > 0) {
				rt.Fatalf("repeated: %t", got.Repeated)
			}
			if got.Repeated = false; err != nil || !reflect.DeepEqual(got, want) || int(l.head(t)) != want.New {
				rt.Fatalf("%+v, %v\nwant %+v", got, err, want)
			}
		}
	})
}

// A finished command takes no other feed; one that broke off takes none that differs in what was
// stored. Either appends nothing from there on.
func TestAnotherFeedUnderTheSameCommandIsRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		offers, chunk := anyFeed(30).Draw(rt, "feed"), rapid.IntRange(1, 6).Draw(rt, "chunk")
		other := change(rt, offers)
		l, finished := newLog(t), rapid.Bool().Draw(rt, "finished")
		if finished {
			if _, err := l.take(under(t, 1), chunk, linesOf(offers, nil)); err != nil {
				rt.Fatal(err)
			}
			if _, err := l.take(under(t, 1), chunk, linesOf(offers[:len(offers)/2], errCut)); !errors.Is(err, errCut) {
				rt.Fatal(err)
			}
		} else if _, err := l.take(under(t, 1), chunk, linesOf(offers, errCut)); !errors.Is(err, errCut) {
			rt.Fatal(err)
		}
		head := l.head(t)
		_, err := l.take(under(t, 1), chunk, linesOf(other, nil))
		refused := errors.Is(err, domain.ErrCommandReused)
		if !refused && err != nil {
			rt.Fatal(err)
		}
		if differs := !slices.Equal(sold(offers), sold(other)[:min(len(sold(offers)), len(sold(other)))]); !refused && (finished || differs) {
			rt.Fatalf("%v was taken after %v", other, offers)
		}
		if refused && l.head(t) != head {
			rt.Fatalf("head %d after %d", l.head(t), head)
		}
		if finished {
			if again, err := l.take(under(t, 1), chunk, linesOf(offers, nil)); err != nil || !again.Repeated {
				rt.Fatalf("the first feed again: %+v, %v", again, err)
			}
		}
	})
}

// change makes another feed: longer, shorter, or with another price or reason in one place.
func change(t *rapid.T, offers []offer) []offer {
	other := slices.Clone(offers)
	kind := rapid.SampledFrom([]string{"longer", "shorter", "dearer"}).Draw(t, "change")
	if len(offers) == 0 || kind == "longer" {
		return append(other, anyFeed(10).Filter(func(o []offer) bool { return len(o) > 0 }).Draw(t, "more")...)
	}
	at := rapid.IntRange(0, len(offers)-1).Draw(t, "at")
	if kind == "shorter" {
		return other[:at]
	}
	if other[at].price += 10; slices.Equal(sold(other), sold(offers)) && other[at].id >= 0 {
		other = append(other, offer{-1, 0}) // nobody sees a duplicate's price
	}
	return other
}

// sold is the first of each product.
func sold(offers []offer) (all []offer) {
	known := map[int]bool{}
	for _, o := range offers {
		if o.id >= 0 && !known[o.id] {
			known[o.id] = true
			all = append(all, o)
		}
	}
	return all
}

// A request that is cut off may store its short chunk while its successor already has the whole.
func TestAPredecessorsShortChunkIsTakenOver(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	offers := []offer{{1, 1}, {2, 1}, {3, 1}, {4, 1}, {5, 1}}
	late := func(yield func(feed.Line, error) bool) {
		n := 0
		for line, err := range linesOf(offers, nil) {
			if n++; n == 4 { // the predecessor had three
				if _, err := l.take(under(t, 1), 4, linesOf(offers[:3], errCut)); !errors.Is(err, errCut) {
					t.Fatal(err)
				}
			}
			if !yield(line, err) {
				return
			}
		}
	}
	got, err := l.take(under(t, 1), 4, late)
	if err != nil || got.Imported != (catalogue.Imported{New: 5}) || l.head(t) != 5 {
		t.Errorf("%+v, %v", got, err)
	}
}

// A client that does not wait for its first request's answer gets the same answer to both.
func TestOneFeedTwiceAtOnceUnderOneCommand(t *testing.T) {
	t.Parallel()
	types, err := eventstore.NewTypes(catalogue.Events()...)
	if err != nil {
		t.Fatal(err)
	}
	store := eventstore.NewMemory(types, eventstore.Options{})
	offers := make([]offer, 60)
	for n := range offers {
		offers[n] = offer{n % 50, 1}
	}
	const requests = 4
	answers := make(chan feed.Summary, requests)
	for range requests {
		go func() {
			i := feed.Importer{Catalogue: catalogue.Commands{Log: store}, Source: "shop", Chunk: 7}
			got, err := i.Import(under(t, 1), linesOf(offers, nil))
			if err != nil {
				t.Error(err)
			}
			answers <- got
		}()
	}
	first := 0
	for range requests {
		got := <-answers
		if got.New != 50 || got.Duplicates.Count != 10 || got.Position != 50 {
			t.Errorf("%+v", got)
		}
		if !got.Repeated {
			first++
		}
	}
	if first != 1 {
		t.Errorf("%d first answers", first)
	}
}

func TestASourceThatCannotBeIsRefusedFirst(t *testing.T) {
	t.Parallel()
	i := feed.Importer{Catalogue: catalogue.Commands{Log: newLog(t)}, Source: "a:b"}
	_, err := i.Import(t.Context(), func(func(feed.Line, error) bool) { t.Error("the feed was read") })
	domaintest.Refused(t, err, "source_invalid")
}
