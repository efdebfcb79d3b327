package projections

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pgvector/pgvector-go"
	"pgregory.net/rapid"

	"gifty/domain"
)

// pupil is a row of every kind of column that has a binary form.
type pupil struct {
	Name     string              `json:"name" db:"pk"`
	Class    string              `json:"class"`
	House    *uuid.UUID          `json:"house"`
	Marks    []int               `json:"marks"`
	Sums     map[string]int      `json:"sums"`
	Note     json.RawMessage     `json:"note"`
	Fee      *domain.Amount      `json:"fee"`
	Height   float64             `json:"height"`
	Weight   float32             `json:"weight"`
	Age      int32               `json:"age"`
	Days     int                 `json:"days"`
	Absent   bool                `json:"absent"`
	BornAt   *time.Time          `json:"born_at"`
	Likeness pgvector.HalfVector `json:"likeness" db:"type=halfvec(3)"`
	Stamps
}

type (
	enrolled struct{ Pupil pupil }
	taught   struct {
		Pupil string
		Mark  int
	}
	placed struct {
		Pupil, Class string
		House        *uuid.UUID
	}
	dissolved struct{ Class string }
	merged    struct{ Class, Into string }
	burnt     struct{ House uuid.UUID }
	left      struct{ Pupil string }
)

func pupilRules() map[reflect.Type][]Rule[pupil] {
	all := Fold(
		Put(func(e enrolled, _ domain.Meta) pupil { return e.Pupil }),
		On(func(e taught, _ domain.Meta) pupil { return pupil{Name: e.Pupil, Likeness: likeness(0)} }, func(p *pupil, e taught, _ domain.Meta) {
			p.Marks = append(p.Marks, e.Mark)
			p.Days++
		}),
		Change(func(e placed, _ domain.Meta) pupil { return pupil{Name: e.Pupil} }, func(p *pupil, e placed, _ domain.Meta) {
			p.Class, p.House = e.Class, e.House
		}),
		Remove(func(e left, _ domain.Meta) pupil { return pupil{Name: e.Pupil} }),
		RemoveEach[pupil]("class", func(e dissolved, _ domain.Meta) string { return e.Class }),
		Each[pupil]("class", func(e merged, _ domain.Meta) string { return e.Class }, func(p *pupil, e merged, _ domain.Meta) { p.Class = e.Into }),
		Each[pupil]("house", func(e burnt, _ domain.Meta) uuid.UUID { return e.House }, func(p *pupil, _ burnt, _ domain.Meta) { p.House = nil }),
	)
	rules := map[reflect.Type][]Rule[pupil]{}
	for _, r := range all.rules {
		rules[r.event] = append(rules[r.event], r)
	}
	return rules
}

func likeness(i int) pgvector.HalfVector {
	return pgvector.NewHalfVector([]float32{1, -0.5, float32(i)})
}

var (
	houses  = []uuid.UUID{uuid.NewSHA1(uuid.Nil, []byte("red")), uuid.NewSHA1(uuid.Nil, []byte("blue"))}
	classes = rapid.SampledFrom([]string{"1a", "1b", "2a", ""})
	pupils  = rapid.Custom(func(t *rapid.T) string { return fmt.Sprint("p", rapid.IntRange(0, 30).Draw(t, "pupil")) })
	house   = rapid.Custom(func(t *rapid.T) *uuid.UUID {
		if i := rapid.IntRange(0, len(houses)).Draw(t, "house"); i < len(houses) {
			return &houses[i]
		}
		return nil
	})
	schooldays = rapid.Custom(func(t *rapid.T) any {
		switch rapid.IntRange(0, 12).Draw(t, "event") {
		case 0:
			return left{pupils.Draw(t, "name")}
		case 1:
			return dissolved{classes.Draw(t, "class")}
		case 2:
			return merged{classes.Draw(t, "class"), classes.Draw(t, "into")}
		case 3:
			return burnt{houses[0]}
		case 4, 5, 6:
			return placed{pupils.Draw(t, "name"), classes.Draw(t, "class"), house.Draw(t, "house")}
		case 7, 8, 9:
			return taught{pupils.Draw(t, "name"), rapid.IntRange(-5, 5).Draw(t, "mark")}
		}
		return enrolled{somePupil.Draw(t, "pupil")}
	})
	somePupil = rapid.Custom(func(t *rapid.T) pupil {
		p := pupil{
			Name: pupils.Draw(t, "name"), Class: classes.Draw(t, "class"), House: house.Draw(t, "house"),
			Marks: rapid.SliceOf(rapid.Int()).Draw(t, "marks"), Sums: rapid.MapOf(rapid.StringMatching("[a-zа-я]*"), rapid.Int()).Draw(t, "sums"),
			Height: rapid.Float64Range(-9e9, 9e9).Draw(t, "height"), Weight: rapid.Float32Range(-9e9, 9e9).Draw(t, "weight"),
			Age: rapid.Int32().Draw(t, "age"), Days: rapid.Int().Draw(t, "days"), Absent: rapid.Bool().Draw(t, "absent"),
			Likeness: likeness(rapid.IntRange(-9, 9).Draw(t, "likeness")),
		}
		if rapid.Bool().Draw(t, "more") {
			fee, err := domain.NewAmount(rapid.StringMatching(`-?[0-9]{1,20}(\.[0-9]{1,9})?`).Draw(t, "fee"))
			if err != nil {
				t.Fatal(err)
			}
			born := time.UnixMicro(rapid.Int64Range(-6e16, 6e16).Draw(t, "born")).UTC()
			p.Fee, p.BornAt, p.Note = &fee, &born, json.RawMessage(`{"a":[1,2]}`)
		}
		return p
	})
)

// Rows that are frozen and thawed at every turn, and carried over to another part in between, end as
// those that stay Go values, as the live path keeps them.
func TestFrozenRowsFoldLikeAnyOther(t *testing.T) {
	t.Parallel()
	shape, err := shapeOf(reflect.TypeFor[pupil]())
	if err != nil || !shape.binary {
		t.Fatal(shape.binary, err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		rules := pupilRules()
		plain := newRows(shape, rules)
		frozen := newSlicing(shape, rules, 1<<7, rapid.SampledFrom([]int{1, 2, 5, 128}).Draw(rt, "warm"))
		for i, e := range rapid.SliceOfN(schooldays, 1, 120).Draw(rt, "events") {
			recorded := domain.Recorded{Event: e, Meta: domain.Meta{OccurredAt: time.UnixMicro(int64(i)).UTC()}}
			if rapid.IntRange(0, 20).Draw(rt, "carry over") == 0 {
				frozen = carriedOver(rt, frozen)
			}
			if err := plain.fold(recorded); err != nil {
				rt.Fatal(err)
			}
			if err := foldInto(frozen, recorded); err != nil {
				rt.Fatal(err)
			}
		}
		want, got := map[string]string{}, map[string]string{}
		for _, en := range plain.order {
			if en.exists {
				want[en.row.Name] = asStored(rt, en.row)
			}
		}
		for _, row := range thawedRows(rt, frozen) {
			if got[row.Name] != "" {
				rt.Fatalf("%s is there twice", row.Name)
			}
			got[row.Name] = asStored(rt, row)
		}
		for name := range want {
			if got[name] != want[name] {
				rt.Fatalf("%s is\n%s, want\n%s", name, got[name], want[name])
			}
		}
		if len(got) != len(want) {
			rt.Fatalf("%d rows, want %d", len(got), len(want))
		}
	})
}

// foldInto folds into the slicing's only part, whatever slice a key falls into.
func foldInto(s *slicing[pupil], e domain.Recorded) error {
	part := s.part(7)
	for i := range s.rules[reflect.TypeOf(e.Event)] {
		rule := &s.rules[reflect.TypeOf(e.Event)][i]
		if rule.column != "" {
			if err := part.changeHaving(rule, e); err != nil {
				return err
			}
			continue
		}
		for _, key := range rule.keys(nil, rule.reads(e).Event, e.Meta) {
			if err := part.changeNamed(s.shape.appendKey(nil, reflect.ValueOf(&key).Elem()), &key, rule, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// carriedOver is what spilling the rows and reading them again makes of them.
func carriedOver(t *rapid.T, s *slicing[pupil]) *slicing[pupil] {
	other := newSlicing(s.shape, s.rules, s.mine, s.warm)
	if s.size(7) == 0 {
		return other
	}
	if err := s.freeze(7); err != nil {
		t.Fatal(err)
	}
	for i := range s.size(7) {
		if row := s.frozen(7, i); row != nil {
			if err := other.load(7, row); err != nil {
				t.Fatal(err)
			}
		}
	}
	return other
}

func thawedRows(t *rapid.T, s *slicing[pupil]) (rows []pupil) {
	if s.size(7) == 0 {
		return nil
	}
	if err := s.freeze(7); err != nil {
		t.Fatal(err)
	}
	for i := range s.size(7) {
		if frozen := s.frozen(7, i); frozen != nil {
			var row pupil
			if err := s.shape.thaw(frozen, reflect.ValueOf(&row).Elem()); err != nil {
				t.Fatal(err)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// asStored is the row as the live path stores it, where a nil slice or map is an empty one.
func asStored(t *rapid.T, p pupil) string {
	if p.Marks == nil {
		p.Marks = []int{}
	}
	if p.Sums == nil {
		p.Sums = map[string]int{}
	}
	j, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(j)
}

func TestARowThatCantBeStoredIsToldWhenItIs(t *testing.T) {
	t.Parallel()
	shape, err := shapeOf(reflect.TypeFor[pupil]())
	if err != nil {
		t.Fatal(err)
	}
	s := newSlicing(shape, pupilRules(), 1<<7, 1)
	for i := range 5 {
		p := pupil{Name: fmt.Sprint(i), Likeness: likeness(i)}
		if i == 2 {
			p.Note = json.RawMessage("{")
		}
		if err := foldInto(s, domain.Recorded{Event: enrolled{p}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.freeze(7); err == nil || !strings.Contains(err.Error(), `column "note"`) {
		t.Error(err)
	}
}

func FuzzThaw(f *testing.F) {
	shape, err := shapeOf(reflect.TypeFor[pupil]())
	if err != nil {
		f.Fatal(err)
	}
	whole, err := shape.freeze(nil, reflect.ValueOf(&pupil{Name: "a", Marks: []int{1}, Likeness: likeness(1)}).Elem())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Fuzz(func(t *testing.T, frozen []byte) {
		var p pupil
		_ = shape.thaw(frozen, reflect.ValueOf(&p).Elem()) // whatever they are, bytes are no panic
	})
}
