package analytics_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/domain/analytics"
	"gifty/domain/discovery"
	"gifty/domain/recipient"
	"gifty/eventstore"
	"gifty/projections"
	"gifty/projections/all/alltest"
	readanalytics "gifty/projections/analytics"
)

// Whatever happens between, the key figures that are kept up to date are those of a replay, and what outlives a
// process is those of a replay up to where it was counted: with processes that come and go, with what they
// kept lost or another program's, with people erased, and through more days than the trend has.
func TestKPIsOutliveTheirProcess(t *testing.T) {
	t.Parallel()
	k := newKeeping(t)
	former := 0
	rapid.Check(t, func(t *rapid.T) {
		t.Repeat(map[string]func(*rapid.T){
			"search": k.search, "idea": k.idea, "gift": k.gift, "erase": k.erase, "later": k.later,
			"restart": k.restart, "lose": k.lose, "other program": k.otherProgram,
			"": func(t *rapid.T) { former += k.look(t) },
		})
	})
	if former == 0 {
		t.Error("nothing was ever there from before")
	}
}

// keeping is a log and processes that count its key figures.
type keeping struct {
	*alltest.World
	t     *testing.T
	now   time.Time
	store *eventstore.Store // at that time
	all   recipient.Commands

	analysts   [2]*readanalytics.Analyst
	recipients []uuid.UUID
}

func newKeeping(t *testing.T) *keeping {
	k := &keeping{World: alltest.Sealed(t), t: t, now: time.Now().UTC().AddDate(0, 0, -200)}
	now := func() time.Time { return k.now }
	k.store = eventstore.Open(k.Pool, k.Store.Types(), eventstore.Options{Now: now})
	t.Cleanup(k.store.Close)
	k.all = recipient.Commands{Log: k.store, Env: domain.Environment{Now: now, NewID: func() uuid.UUID { return uuid.Must(uuid.NewV7()) }}}
	for i := range k.analysts {
		k.analysts[i] = k.analyst()
	}
	k.describe()
	return k
}

func (k *keeping) analyst() *readanalytics.Analyst {
	a, err := readanalytics.NewAnalyst(k.Engine, k.Read)
	if err != nil {
		k.t.Fatal(err)
	}
	return a
}

// describe tells of one more recipient, for whom nothing is found: that is what figures quote.
func (k *keeping) describe() {
	created, err := k.all.Create(k.Ctx, recipient.CreateRecipient{Profile: recipient.Profile{Relation: "friend"}})
	if err != nil {
		k.t.Fatal(err)
	}
	k.recipients = append(k.recipients, created.Result.RecipientID)
	k.append(k.searched(created.Result.RecipientID))
}

func (k *keeping) tell(t *rapid.T, event any) {
	k.now = k.now.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "seconds")) * time.Second)
	k.append(event)
}

func (k *keeping) append(event any) {
	_, err := k.store.Append(k.Ctx, domain.Append{
		Origin: domain.Origin{Actor: "giver:" + k.Giver.String()},
		Writes: []domain.Write{{Stream: "told-" + uuid.NewString(), Expect: domain.AnyVersion, Events: []any{event}}},
	})
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k *keeping) searched(who uuid.UUID) discovery.CatalogueSearched {
	return discovery.CatalogueSearched{SearchID: uuid.New(), GiverID: k.Giver, RecipientID: &who, Query: fmt.Sprint("tea for ", who), Context: discovery.ContextPreview}
}

func (k *keeping) search(t *rapid.T) {
	s := k.searched(rapid.SampledFrom(k.recipients).Draw(t, "recipient"))
	s.Context = rapid.SampledFrom([]discovery.SearchContext{discovery.ContextPreview, discovery.ContextSearch}).Draw(t, "context")
	s.ResultsCount = rapid.IntRange(0, 1).Draw(t, "results")
	k.tell(t, s)
}

// few are so few ids that the same thing happens to one again and again.
func few(t *rapid.T) uuid.UUID {
	return uuid.NewSHA1(uuid.Nil, []byte{rapid.Byte().Draw(t, "id") % 3})
}

func (k *keeping) idea(t *rapid.T) {
	id := few(t)
	k.tell(t, rapid.SampledFrom([]any{discovery.HypothesisShown{HypothesisID: id}, discovery.HypothesisLiked{Reacted: discovery.Reacted{HypothesisID: id}}}).Draw(t, "event"))
}

func (k *keeping) gift(t *rapid.T) {
	id := few(t)
	k.tell(t, rapid.SampledFrom([]any{discovery.ProductShown{HypothesisID: id, GiftID: "tea"}, discovery.ProductClicked{HypothesisID: id, GiftID: "tea"}}).Draw(t, "event"))
}

// erase is what erasing somebody does to what is kept.
func (k *keeping) erase(t *rapid.T) {
	i := rapid.IntRange(0, len(k.recipients)-1).Draw(t, "recipient")
	_, err := k.all.Erase(k.Ctx, recipient.EraseRecipient{RecipientID: k.recipients[i]})
	if err == nil {
		err = k.Engine.ForgetAnswers(k.Ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	k.recipients = append(k.recipients[:i], k.recipients[i+1:]...)
	k.describe()
}

func (k *keeping) later(t *rapid.T) {
	k.now = k.now.Add(time.Duration(rapid.SampledFrom([]int{1, 5, 24, 30, 8 * 24, 40 * 24}).Draw(t, "hours")) * time.Hour)
	k.describe()
}

func (k *keeping) restart(t *rapid.T) {
	k.analysts[rapid.IntRange(0, 1).Draw(t, "which")] = k.analyst()
}

func (k *keeping) lose(t *rapid.T) {
	if err := k.Engine.ForgetAnswers(k.Ctx); err != nil {
		t.Fatal(err)
	}
}

func (k *keeping) otherProgram(t *rapid.T) {
	if _, err := k.Pool.Exec(k.Ctx, `UPDATE kept_answers SET version = version + 1, answer = '"of another shape"'`); err != nil {
		t.Fatal(err)
	}
}

// look compares what one of the processes shows, and says how many of it were there from before: 1 or 0.
func (k *keeping) look(t *rapid.T) (former int) {
	a := k.analysts[rapid.IntRange(0, 1).Draw(t, "which")]
	before, upTo, known, err := a.FormerKPIs(k.Ctx)
	if err != nil {
		t.Fatal(err)
	}
	if known {
		former = 1
		k.compare(t, before, upTo)
	}
	live, upTo, err := a.LiveKPIs(k.Ctx, k.now)
	if err != nil {
		t.Fatal(err)
	}
	k.compare(t, live, upTo)
	if _, _, known, err = a.FormerKPIs(k.Ctx); err != nil || !known {
		t.Fatalf("nothing is kept of %d, %v", upTo, err)
	}
	return former
}

// compare looks whether a replay up to a position has the same figures of the same day.
func (k *keeping) compare(t *rapid.T, figures analytics.KPIs, upTo domain.Position) {
	q := readanalytics.KPIQuestion{Day: figures.Day, Days: analytics.MaxKPIDays, UpTo: &upTo}
	replayed, err := readanalytics.KPIs(k.Ctx, k.Engine, q, projections.RebuildOptions{Workers: 1})
	if err != nil || !reflect.DeepEqual(figures, replayed) {
		t.Fatalf("up to %d, on %s:\n%+v\nreplayed:\n%+v, %v", upTo, figures.Day, figures, replayed, err)
	}
}
