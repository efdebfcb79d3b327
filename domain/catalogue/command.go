package catalogue

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gifty/domain"
)

// Commands are what can be done with the catalogue.
type Commands struct {
	Log domain.Log
}

// MaxImport is how many items one command takes; longer feeds come in several.
const MaxImport = 1000

// ImportProducts offers a feed's items. Source names the feed: products of different sources never
// collide, and the same source again updates its own.
type ImportProducts struct {
	Source string `json:"source"`
	Items  []Item `json:"items"`
}

// Imported counts what became of the items. One gift twice in a command counts once, as the first.
type Imported struct {
	New       int `json:"new"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
}

// Add sums two counts.
func (i Imported) Add(j Imported) Imported {
	return Imported{New: i.New + j.New, Changed: i.Changed + j.Changed, Unchanged: i.Unchanged + j.Unchanged}
}

// Total is how many items were counted.
func (i Imported) Total() int { return i.New + i.Changed + i.Unchanged }

// Import stores normalised items (see Normalise). Importing the same again appends nothing.
func (c Commands) Import(ctx context.Context, cmd ImportProducts) (domain.Outcome[Imported], error) {
	if err := checkImport(cmd); err != nil {
		return domain.Outcome[Imported]{}, err
	}
	return domain.Execute(ctx, c.Log, "import-products", cmd, func(ctx context.Context) (d domain.Decision[Imported], err error) {
		products, categories := map[string]*Product{}, map[string]*Category{}
		streams := map[string]domain.Aggregate{}
		for _, it := range cmd.Items {
			id := GiftID(cmd.Source, it)
			if products[id] == nil {
				products[id] = &Product{}
				streams[ProductStream(id)] = products[id]
			}
			if it.Category != "" && categories[it.Category] == nil {
				categories[it.Category] = &Category{}
				streams[CategoryStream(it.Category)] = categories[it.Category]
			}
		}
		if err := domain.Load(ctx, c.Log, streams); err != nil {
			return d, err
		}
		offered := map[string]bool{}
		for _, it := range cmd.Items {
			id := GiftID(cmd.Source, it)
			if offered[id] {
				continue // the first wins
			}
			offered[id] = true
			d.Result.count(products[id].Offer(cmd.Source, it))
			d.Writes = appendWrite(d.Writes, products[id].Write())
			if category := categories[it.Category]; category != nil {
				category.See(it.Category, cmd.Source)
				d.Writes = appendWrite(d.Writes, category.Write())
				delete(categories, it.Category) // written once
			}
		}
		return d, nil
	})
}

func checkImport(cmd ImportProducts) error {
	if len(cmd.Items) > MaxImport {
		return domain.Invalid("too_many_items", "at most %d items a command, here are %d", MaxImport, len(cmd.Items))
	}
	return CheckSource(cmd.Source)
}

// CheckSource refuses what can't name a feed. A colon ends the source in a gift's id: "a" with the
// id "b:c" and "a:b" with the id "c" would be one product.
func CheckSource(source string) error {
	bad := func(r rune) bool { return r == ':' || unicode.IsControl(r) }
	if source == "" || len(source) > 100 || !utf8.ValidString(source) || strings.ContainsFunc(source, bad) {
		return domain.Invalid("source_invalid", "name the feed's source, in at most 100 bytes without colons")
	}
	return nil
}

func (i *Imported) count(e Effect) {
	switch e {
	case New:
		i.New++
	case Changed:
		i.Changed++
	case Unchanged:
		i.Unchanged++
	}
}

// appendWrite leaves out writes without events: an unchanged product need not be at its version.
func appendWrite(writes []domain.Write, w domain.Write) []domain.Write {
	if len(w.Events) == 0 {
		return writes
	}
	return append(writes, w)
}

// EmbedProducts stores vectors that a model made of products' texts.
type EmbedProducts struct {
	Model   Model
	Vectors []ProductVector
}

// ProductVector is one product's vector and the hash of the text that it was made of.
type ProductVector struct {
	GiftID      string
	ContentHash string
	Vector      Vector
}

// Embed stores the vectors and returns how many were new. When one of them can't be stored
// (Model.Check, Vector.Check) none is.
func (c Commands) Embed(ctx context.Context, cmd EmbedProducts) (domain.Outcome[int], error) {
	if err := cmd.Model.Check(); err != nil {
		return domain.Outcome[int]{}, err
	}
	texts := make([]string, len(cmd.Vectors)) // a text's vector by a model is always the same
	for i, v := range cmd.Vectors {
		if err := v.Vector.Check(cmd.Model); err != nil {
			return domain.Outcome[int]{}, err
		}
		texts[i] = v.GiftID + " " + v.ContentHash
	}
	return domain.Execute(ctx, c.Log, "embed-products", []any{cmd.Model, texts}, func(ctx context.Context) (d domain.Decision[int], err error) {
		products := map[string]*Product{}
		for _, v := range cmd.Vectors {
			products[ProductStream(v.GiftID)] = &Product{}
		}
		if err := domain.Load(ctx, c.Log, products); err != nil {
			return d, err
		}
		for _, v := range cmd.Vectors {
			p := products[ProductStream(v.GiftID)]
			blob := v.Vector.Widened().Bytes()
			sum := sha256.Sum256(blob)
			if p.Embed(cmd.Model, v.ContentHash, sum[:]) {
				d.Blobs = append(d.Blobs, blob)
				d.Writes = append(d.Writes, p.Write())
				d.Result++
			}
		}
		return d, nil
	})
}

// RetireVectors has a model's vectors of some products searched by no more.
type RetireVectors struct {
	Model   string   `json:"model"`
	Version string   `json:"version"`
	GiftIDs []string `json:"gift_ids"`
}

// RetireVectors records it, and answers of how many there was one.
func (c Commands) RetireVectors(ctx context.Context, cmd RetireVectors) (domain.Outcome[int], error) {
	return domain.Execute(ctx, c.Log, "retire-vectors", cmd, func(ctx context.Context) (d domain.Decision[int], err error) {
		products := map[string]*Product{}
		for _, id := range cmd.GiftIDs {
			products[ProductStream(id)] = &Product{}
		}
		if err := domain.Load(ctx, c.Log, products); err != nil {
			return d, err
		}
		for _, stream := range slices.Sorted(maps.Keys(products)) {
			if p := products[stream]; p.RetireVector(cmd.Model, cmd.Version) {
				d.Writes = append(d.Writes, p.Write())
				d.Result++
			}
		}
		return d, nil
	})
}

// Bytes is the vector as it is stored: 32-bit little-endian floats.
func (v Vector) Bytes() []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

// VectorFrom reads what Bytes wrote.
func VectorFrom(b []byte) (Vector, error) {
	if len(b)%4 != 0 {
		return nil, domain.Invalid("vector_invalid", "%d bytes are no vector", len(b))
	}
	v := make(Vector, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v, nil
}
