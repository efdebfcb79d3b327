package all_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"gifty/projections"
	"gifty/projections/all"
	"gifty/projections/all/alltest"
)

// Whatever givers, feeds and workers did, the live tables equal those that follow in other batches,
// and a fold of the whole log afterwards.
func TestTablesAreFoldsOfTheLog(t *testing.T) {
	t.Parallel()
	w := alltest.Sealed(t)
	small := w.Follow(t, renamed("_in_small"), projections.Options{BatchSize: 3})
	g := newGiving(w)
	filled := map[string]bool{}
	look := func() {
		for _, name := range names() {
			filled[name] = filled[name] || len(rowsOf(t, w, name)) > 0
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(1, 8).Draw(rt, "commands") {
			g.command(rt)
		}
		if rapid.IntRange(0, 3).Draw(rt, "look") > 0 {
			return // let more come together
		}
		w.CatchUp(t)
		if err := small.CatchUp(t.Context()); err != nil {
			rt.Fatal(err)
		}
		alike(rt, w, "_in_small")
		look()
	})
	seldom := rapid.Custom(func(rt *rapid.T) int {
		g.command(rt)
		return 0
	})
	missing := func() []string {
		w.CatchUp(t)
		look()
		return slices.DeleteFunc(names(), func(name string) bool { return filled[name] })
	}
	for i := 0; i < 3000 && (i%30 > 0 || len(missing()) > 0); i++ { // what takes several commands in a row comes about seldom
		seldom.Example(i)
	}
	v, err := w.Engine.Verify(t.Context(), projections.VerifyOptions{Deep: true})
	v.Findings = slices.DeleteFunc(v.Findings, func(f projections.Finding) bool { return strings.HasSuffix(f.Table, "_in_small") }) // the other engine's
	if err != nil || len(v.Findings) > 0 || len(v.Tables) != len(all.Tables()) {
		t.Errorf("%+v, %v", v, err)
	}
	if never := missing(); len(never) > 0 {
		t.Errorf("no history has made a row in %s", never)
	}
}

// renamed is every read table of the product under another name.
func renamed(suffix string) (tables []projections.Definition) {
	for _, d := range all.Tables() {
		v := reflect.New(reflect.TypeOf(d)).Elem()
		v.Set(reflect.ValueOf(d))
		v.FieldByName("Name").SetString(v.FieldByName("Name").String() + suffix)
		tables = append(tables, v.Interface().(projections.Definition))
	}
	return tables
}

func names() (list []string) {
	for _, d := range all.Tables() {
		list = append(list, reflect.ValueOf(d).FieldByName("Name").String())
	}
	return list
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
	Fatal(args ...any)
}

func alike(t fataler, w *alltest.World, suffix string) {
	t.Helper()
	for _, name := range names() {
		live, other := rowsOf(t, w, name), rowsOf(t, w, name+suffix)
		for key, row := range live {
			if other[key] != row {
				t.Fatalf("%s differs from %s%s:\n%.2000s\n%.2000s", name, name, suffix, row, other[key])
			}
		}
		if len(other) != len(live) {
			t.Fatalf("%s has %d rows, %s%s has %d", name, len(live), name, suffix, len(other))
		}
	}
}

// rowsOf reads a whole table: its rows as JSON, by themselves, so that one that differs is missing. What
// is in an index already is no part of them.
func rowsOf(t fataler, w *alltest.World, name string) map[string]string {
	t.Helper()
	rows, err := w.Pool.Query(context.Background(), fmt.Sprintf(`SELECT (to_jsonb(t) - 'indexed')::text FROM %s t`, pgx.Identifier{name}.Sanitize()))
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string, len(list))
	for _, row := range list {
		all[row] = row
	}
	if len(all) != len(list) {
		t.Fatalf("%s holds a row twice", name)
	}
	return all
}
