package catalogue_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/projections"
	"gifty/projections/all/alltest"
	products "gifty/projections/catalogue"
)

func item(id, title string, price int64) catalogue.Item {
	return catalogue.Item{
		ID: id, Title: title, Price: new(domain.WholeAmount(price)), Currency: "RUB",
		ProductURL: "https://shop.example/" + id, Available: true,
	}
}

// What says for whom it is made is found for them alone, also in a table of an older version, which does not know.
func TestTheAgeFilter(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	told := item("told", "Игра кубики", 100)
	told.Description = "Для детей 6–8 лет"
	w.Import(t, told, item("titled", "Игра пазл 3+", 100), item("silent", "Игра мяч", 100))
	w.Embed(t, alltest.Words{})
	search := func(age *int) (found []string) {
		t.Helper()
		f := products.Finder{DB: w.Pool, Embedder: alltest.Words{}}
		for _, h := range find(t, f, "игра", products.Filter{Age: age}) {
			found = append(found, h.GiftID)
		}
		slices.Sort(found)
		return found
	}
	for age, want := range map[int][]string{1: {"shop:silent"}, 2: {"shop:silent", "shop:titled"}, 7: {"shop:silent", "shop:titled", "shop:told"}, 30: {"shop:silent", "shop:titled"}} {
		if got := search(&age); !slices.Equal(got, want) {
			t.Errorf("of %d years: %v, want %v", age, got, want)
		}
	}
	if got, err := products.Get(w.Ctx, w.Pool, "shop:told"); err != nil || *got.AgeFrom != 6 || *got.AgeTo != 8 {
		t.Errorf("%+v, %v", got, err)
	}
	const older = `CREATE VIEW older AS SELECT gift_id, is_active FROM products; SELECT count(*) FROM older p WHERE `
	where := strings.NewReplacer("?::int + 1", "7", "?::int - 2", "7").Replace(products.ForAge)
	if _, err := w.Pool.Exec(w.Ctx, older+where); err != nil {
		t.Error(err)
	}
}

func TestProducts(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	pot := item("1", "Чайник", 1990)
	pot.Description, pot.ImageURL, pot.Merchant, pot.Category = "Чугунный", "https://shop.example/1.jpg", "Лавка", "Чай"
	pot.Raw = json.RawMessage(`{"price":"1990","tags":["<b>",null]}`)
	bare := catalogue.Item{Title: "Bare", ProductURL: "https://shop.example/bare?utm_source=x#y", Available: true}
	w.Import(t, pot, bare)
	if n := w.Embed(t, alltest.Words{}); n != 2 {
		t.Errorf("embedded %d products", n)
	}

	got, err := products.Get(w.Ctx, w.Pool, "shop:1")
	if err != nil || got.CreatedAt.IsZero() || !got.CreatedAt.Equal(got.UpdatedAt) || got.Giftability <= 0 || got.Giftability > 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	got.Stamps, got.Giftability = projections.Stamps{}, 0
	if !sameJSON(t, got.Raw, pot.Raw) {
		t.Errorf("the original is %s", got.Raw)
	}
	got.Raw = nil
	text := "Чайник Чай Чугунный Лавка"
	want := products.Product{
		GiftID: "shop:1", Source: "shop", Title: "Чайник", Description: new("Чугунный"), Price: pot.Price, Currency: new("RUB"),
		ImageURL: new("https://shop.example/1.jpg"), ProductURL: "https://shop.example/1", Merchant: new("Лавка"), Category: new("Чай"),
		IsActive: true, ContentText: text, ContentHash: catalogue.ContentHash(text, pot.ImageURL), Version: 1,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	got, err = products.Get(w.Ctx, w.Pool, "shop:https://shop.example/bare")
	if err != nil || got.Price != nil || got.Currency != nil || got.Category != nil || got.Raw != nil || got.ProductURL != bare.ProductURL {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := products.Get(w.Ctx, w.Pool, "shop:2"); !errors.Is(err, products.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := errors.Join(json.Unmarshal(a, &x), json.Unmarshal(b, &y)); err != nil {
		t.Error(err)
	}
	return reflect.DeepEqual(x, y)
}

// What was made from a product's text stays while the text does, whatever becomes of price and stock.
func TestEnrichmentIsKept(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	pot := item("1", "Teapot", 1990)
	w.Import(t, pot)
	w.Embed(t, alltest.Words{})
	before, err := products.ListEmbeddings(w.Ctx, w.Pool, "shop:1", projections.PageRequest{})
	if err != nil || len(before.Items) != 1 || before.Items[0].Dim != catalogue.Dimensions || before.Items[0].EmbeddedAt.IsZero() {
		t.Fatalf("%+v, %v", before, err)
	}
	offers := []struct {
		change  func(*catalogue.Item)
		active  bool
		missing int
	}{
		{func(it *catalogue.Item) { it.Price = new(domain.WholeAmount(990)) }, true, 0},
		{func(it *catalogue.Item) { it.Available = false }, false, 0},
		{func(it *catalogue.Item) { it.Available, it.Price, it.Currency = true, nil, "" }, true, 0},
		{func(it *catalogue.Item) { it.Title = "Iron teapot" }, true, 1},
		{func(it *catalogue.Item) { it.Available = false }, false, 0}, // nobody needs the vector now
		{func(it *catalogue.Item) { it.Available, it.Title = true, "Teapot" }, true, 0},
	}
	for i, o := range offers {
		o.change(&pot)
		w.Import(t, pot)
		w.CatchUp(t)
		got, err := products.Get(w.Ctx, w.Pool, "shop:1")
		if err != nil || got.Title != pot.Title || !reflect.DeepEqual(got.Price, pot.Price) || got.IsActive != o.active || !got.UpdatedAt.After(got.CreatedAt) {
			t.Errorf("offer %d: %+v, %v", i, got, err)
		}
		missing, err := products.CountMissing(w.Ctx, w.Pool, alltest.Words{}.Model())
		if err != nil || missing != o.missing {
			t.Errorf("offer %d: %d products lack a vector, %v", i, missing, err)
		}
	}
	after, err := products.ListEmbeddings(w.Ctx, w.Pool, "shop:1", projections.PageRequest{})
	if err != nil || !reflect.DeepEqual(after, before) {
		t.Errorf("the vector was %+v and is %+v, %v", before, after, err)
	}
	if missing, err := products.CountMissing(w.Ctx, w.Pool, alltest.Words{Version: "2"}.Model()); err != nil || missing != 1 {
		t.Errorf("%d products lack another model's vector, %v", missing, err)
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	w := alltest.New(t)
	var items []catalogue.Item
	for i := range 9 {
		it := item(fmt.Sprint(i), "Thing", int64(100*i))
		it.Category, it.Merchant = fmt.Sprint("C", i%3), fmt.Sprint("M", i%2)
		if i == 8 {
			it.Currency = "EUR"
		}
		items = append(items, it)
	}
	items[4].Available = false
	items[5].Price, items[5].Currency = nil, ""
	w.Import(t, items...)
	w.Embed(t, alltest.Words{})
	w.Embed(t, alltest.Words{Version: "2"})
	amount := func(n int64) *domain.Amount { return new(domain.WholeAmount(n)) }
	for name, c := range map[string]struct {
		filter products.Filter
		want   []int
	}{
		"all that can be had": {products.Filter{}, []int{0, 1, 2, 3, 5, 6, 7, 8}},
		"all":                 {products.Filter{Inactive: true}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}},
		"up to a price":       {products.Filter{MaxPrice: amount(300)}, []int{0, 1, 2, 3}},
		"from a price":        {products.Filter{MinPrice: amount(300)}, []int{3, 6, 7, 8}},
		"between, inactive":   {products.Filter{MinPrice: amount(300), MaxPrice: amount(600), Inactive: true}, []int{3, 4, 6}},
		"a currency":          {products.Filter{Currency: "eur"}, []int{8}},
		"a category":          {products.Filter{Category: "C1"}, []int{1, 7}},
		"a merchant":          {products.Filter{Merchant: "M1"}, []int{1, 3, 5, 7}},
		"both":                {products.Filter{Merchant: "M1", Category: "C2"}, []int{5}},
		"nothing":             {products.Filter{Merchant: "m1"}, nil},
	} {
		list := func(page projections.PageRequest) (projections.Page[products.Product], error) {
			return products.List(w.Ctx, w.Pool, c.filter, page)
		}
		got := alltest.ListOf(t, 2, list, func(it products.Product) int { return int(it.GiftID[len("shop:")] - '0') })
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	byID, err := products.ByID(w.Ctx, w.Pool, []string{"shop:7", "shop:none", "shop:4", "shop:0"})
	if err != nil || len(byID) != 3 || byID[0].GiftID != "shop:7" || byID[1].GiftID != "shop:4" || byID[2].GiftID != "shop:0" {
		t.Errorf("%+v, %v", byID, err)
	}
	categories, err := products.ListCategories(w.Ctx, w.Pool, projections.PageRequest{Limit: 2})
	if err != nil || len(categories.Items) != 2 || categories.Next == "" || categories.Items[0].ExternalName != "C0" ||
		categories.Items[0].Source != "shop" || categories.Items[0].InternalCategoryID != nil || categories.Items[0].IsVerified {
		t.Errorf("%+v, %v", categories, err)
	}
	vectors, err := products.ListEmbeddings(w.Ctx, w.Pool, "", projections.PageRequest{Limit: 100})
	if err != nil || len(vectors.Items) != 16 || vectors.Items[1].ModelVersion != "2" {
		t.Errorf("%d vectors, %v", len(vectors.Items), err)
	}
	missing, err := products.Missing(w.Ctx, w.Pool, alltest.Words{Version: "3"}.Model(), "shop:2", 3)
	if err != nil || len(missing) != 3 || missing[0].GiftID != "shop:3" || missing[0].ContentText != "Thing C0 M1" || missing[0].ContentHash == "" {
		t.Errorf("%+v, %v", missing, err)
	}
}
