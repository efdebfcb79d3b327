package catalogue_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/domaintest"
	"gifty/eventstore"
)

func newLog(t testing.TB) *eventstore.Memory {
	t.Helper()
	types, err := eventstore.NewTypes(catalogue.Events()...)
	if err != nil {
		t.Fatal(err)
	}
	return eventstore.NewMemory(types, eventstore.Options{})
}

// events are what the log holds after a position.
func events(t testing.TB, log *eventstore.Memory, after domain.Position) (all []any) {
	t.Helper()
	for e, err := range log.Read(t.Context(), eventstore.Query{After: after}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e.Event)
	}
	return all
}

func importAll(t testing.TB, log domain.Log, items ...catalogue.Item) domain.Outcome[catalogue.Imported] {
	t.Helper()
	out, err := catalogue.Commands{Log: log}.Import(t.Context(), catalogue.ImportProducts{Source: shop, Items: items})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestImport(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	cup := catalogue.Item{Title: "Cup", ProductURL: "https://shop.example/cup?gclid=1#x", Category: "Tea", Available: true}
	twin := teapot()
	twin.Title, twin.Category = "The second is not heard", "Unseen"
	out := importAll(t, log, teapot(), cup, twin)
	if want := (catalogue.Imported{New: 2}); out.Result != want || out.Position != 3 {
		t.Errorf("first: %+v", out)
	}
	want := []any{listed(teapot()), catalogue.CategorySeen{ExternalName: "Tea", Source: shop},
		catalogue.ProductListed{GiftID: "shop:https://shop.example/cup", Source: shop, Content: content(cup)}}
	if got := events(t, log, 0); !reflect.DeepEqual(got, want) {
		t.Errorf("recorded %+v\nwant %+v", got, want)
	}

	out = importAll(t, log, teapot(), cup, twin)
	if want := (catalogue.Imported{Unchanged: 2}); out.Result != want || out.Position != 3 {
		t.Errorf("the same again: %+v", out)
	}

	embedAll(t, log, 1, gift)
	cheaper := teapot()
	cheaper.Price = amount(990)
	out = importAll(t, log, cheaper, cup)
	if want := (catalogue.Imported{Changed: 1, Unchanged: 1}); out.Result != want || out.Position != 5 {
		t.Errorf("a new price: %+v", out)
	}
	if got := events(t, log, 4); !reflect.DeepEqual(got, []any{catalogue.ProductPriceChanged{GiftID: gift, Price: amount(990), Currency: "RUB"}}) {
		t.Errorf("a new price is %+v", got)
	}
	embedAll(t, log, 0, gift) // the vector was kept
}

func TestSourcesNeverCollide(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	c := catalogue.Commands{Log: log}
	for _, source := range []string{"a", "b"} {
		out, err := c.Import(t.Context(), catalogue.ImportProducts{Source: source, Items: []catalogue.Item{teapot()}})
		if err != nil || out.Result.New != 1 {
			t.Errorf("%s: %+v, %v", source, out, err)
		}
	}
	for _, source := range []string{"", "a:b", strings.Repeat("s", 101), "a\x00", "a\nb", "\xff"} {
		_, err := c.Import(t.Context(), catalogue.ImportProducts{Source: source, Items: []catalogue.Item{teapot()}})
		domaintest.Refused(t, err, "source_invalid")
	}
	_, err := c.Import(t.Context(), catalogue.ImportProducts{Source: shop, Items: make([]catalogue.Item, catalogue.MaxImport+1)})
	domaintest.Refused(t, err, "too_many_items")
	if n := len(events(t, log, 0)); n != 3 {
		t.Errorf("%d events", n)
	}
}

func TestImportingIsIdempotent(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	ctx := domain.WithCommand(t.Context(), domaintest.ID(1))
	cmd := catalogue.ImportProducts{Source: shop, Items: []catalogue.Item{teapot()}}
	for _, repeated := range []bool{false, true} {
		out, err := catalogue.Commands{Log: log}.Import(ctx, cmd)
		if err != nil || out.Result != (catalogue.Imported{New: 1}) || out.Repeated != repeated || out.Position != 2 {
			t.Errorf("%+v, %v", out, err)
		}
	}
}

// Whatever is imported in whatever portions, importing the same again appends nothing.
func TestImportingAgainAppendsNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		log := newLog(t)
		for _, items := range rapid.SliceOfN(rapid.SliceOfN(anyItem(), 0, 5), 1, 4).Draw(rt, "imports") {
			first := importAll(t, log, items...)
			again := importAll(t, log, items...)
			if n := again.Result; n.New+n.Changed != 0 || n.Unchanged != first.Result.New+first.Result.Changed+first.Result.Unchanged || again.Position != first.Position {
				rt.Fatalf("first %+v, again %+v", first, again)
			}
		}
		once := map[string]bool{}
		for _, e := range events(t, log, 0) {
			switch e := e.(type) {
			case catalogue.ProductListed:
				if once[e.GiftID] {
					rt.Fatalf("%s was listed twice", e.GiftID)
				}
				once[e.GiftID] = true
			case catalogue.CategorySeen:
				if once[e.ExternalName] {
					rt.Fatalf("%s was seen twice", e.ExternalName)
				}
				once[e.ExternalName] = true
			}
		}
	})
}

// unit is a vector along an axis.
func unit(axis int) catalogue.Vector {
	v := make(catalogue.Vector, catalogue.Dimensions)
	v[axis] = 1
	return v
}

func vectors(gifts ...string) (all []catalogue.ProductVector) {
	for i, g := range gifts {
		all = append(all, catalogue.ProductVector{GiftID: g, ContentHash: content(teapot()).Hash(), Vector: unit(i)})
	}
	return all
}

func embedAll(t testing.TB, log domain.Log, stored int, gifts ...string) {
	t.Helper()
	out, err := catalogue.Commands{Log: log}.Embed(t.Context(), catalogue.EmbedProducts{Model: model, Vectors: vectors(gifts...)})
	if err != nil || out.Result != stored {
		t.Errorf("stored %d vectors, %v; want %d", out.Result, err, stored)
	}
}

func TestEmbedProducts(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	importAll(t, log, teapot())
	embedAll(t, log, 1, gift, "shop:unknown", gift)
	embedAll(t, log, 0, gift)
	e := events(t, log, 2)[0].(catalogue.ProductEmbedded)
	blob, err := log.Blob(t.Context(), e.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := catalogue.VectorFrom(blob); err != nil || !reflect.DeepEqual(v, unit(0)) {
		t.Errorf("the blob is %d numbers, %v", len(v), err)
	}
}

func TestRetiredVectorsCanBeMadeAgain(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	importAll(t, log, teapot())
	embedAll(t, log, 1, gift)
	retire := func(want int) {
		t.Helper()
		out, err := catalogue.Commands{Log: log}.RetireVectors(t.Context(), catalogue.RetireVectors{Model: model.Name, Version: model.Version, GiftIDs: []string{gift, "shop:unknown", gift}})
		if err != nil || out.Result != want {
			t.Errorf("retired %d vectors, %v; want %d", out.Result, err, want)
		}
	}
	retire(1)
	retire(0)
	embedAll(t, log, 1, gift)
	retire(1)
}

func TestEmbedProductsIsAllOrNothing(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	second := teapot()
	second.ID = "2"
	importAll(t, log, teapot(), second)
	good, zero := vectors(gift), vectors("shop:2")
	zero[0].Vector = make(catalogue.Vector, catalogue.Dimensions)
	short := vectors("shop:2")
	short[0].Vector = short[0].Vector[:512]
	half := model
	half.Dim = 2 * catalogue.Dimensions
	for code, cmd := range map[string]catalogue.EmbedProducts{
		"vector_zero":      {Model: model, Vectors: append(good, zero...)},
		"vector_dimension": {Model: model, Vectors: append(good, short...)},
		"model_dimension":  {Model: half, Vectors: short},
	} {
		_, err := catalogue.Commands{Log: log}.Embed(t.Context(), cmd)
		domaintest.Refused(t, err, code)
	}
	if got := events(t, log, 3); got != nil {
		t.Errorf("recorded %+v", got)
	}
}

// A worker's repeated command gets its answer; the same id for other products does not.
func TestEmbeddingIsIdempotent(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	importAll(t, log, teapot())
	ctx := domain.WithCommand(context.WithoutCancel(t.Context()), domaintest.ID(1))
	c := catalogue.Commands{Log: log}
	for _, repeated := range []bool{false, true} {
		out, err := c.Embed(ctx, catalogue.EmbedProducts{Model: model, Vectors: vectors(gift)})
		if err != nil || out.Result != 1 || out.Repeated != repeated {
			t.Errorf("%+v, %v", out, err)
		}
	}
	_, err := c.Embed(ctx, catalogue.EmbedProducts{Model: model, Vectors: vectors("shop:2")})
	domaintest.Refused(t, err, domain.ErrCommandReused.Code)
}

func FuzzVectorFrom(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(unit(3).Bytes())
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := catalogue.VectorFrom(b)
		if (err == nil) != (len(b)%4 == 0) {
			t.Fatalf("%d bytes: %v", len(b), err)
		}
		if err == nil && fmt.Sprintf("%x", v.Bytes()) != fmt.Sprintf("%x", b) {
			t.Fatal("a vector does not come back") // NaNs included: bytes are compared
		}
	})
}
