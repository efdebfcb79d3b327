package configuration_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"gifty/domain"
	"gifty/domain/configuration"
	"gifty/domain/domaintest"
	"gifty/eventstore/storetest"
)

// things is a module of which "bad" can't be used.
var things = configuration.Module{Name: "things", Shipped: []byte(`{"a": 1}`), Check: func(config []byte, template string) error {
	if strings.Contains(string(config)+template, "bad") {
		return domain.Invalid("things_invalid", "mend it").On("a", "is bad")
	}
	return nil
}}

func newCommands(t *testing.T) (configuration.Commands, storetest.Memory, context.Context) {
	t.Helper()
	log := storetest.NewMemory(t, configuration.Events()...)
	return configuration.Commands{Log: log, Modules: []configuration.Module{things}}, log, domain.WithPrincipal(t.Context(), domain.System)
}

func TestPublishActivateRollBack(t *testing.T) {
	t.Parallel()
	c, _, ctx := newCommands(t)
	parses := 0
	parsed := configuration.NewParsed(c, "things", func(config []byte, _ string) (string, error) {
		parses++
		return string(config), nil
	})
	inForce := func(want string, version int) {
		t.Helper()
		for range 2 {
			if got, v, err := parsed.Current(ctx); got != want || v != version || err != nil {
				t.Errorf("in force is %s, version %d, %v; want %s, %d", got, v, err, want, version)
			}
		}
	}
	inForce(`{"a": 1}`, 0)
	for i, config := range []string{`{"a": 2}`, `{"a": 3}`} {
		out, err := c.Publish(ctx, configuration.Publish{Module: "things", Activate: i == 1, Revision: configuration.Revision{Config: []byte(config)}})
		if err != nil || out.Result.Version != i+1 || out.Result.Active != 2*i {
			t.Errorf("%+v, %v", out, err)
		}
	}
	inForce(`{"a":3}`, 2)
	for _, version := range []int{1, 1, 0} {
		if _, err := c.Activate(ctx, configuration.Activate{Module: "things", Version: version}); err != nil {
			t.Error(err)
		}
	}
	inForce(`{"a": 1}`, 0)
	for _, want := range []int{1, 2, 0} {
		if out, err := c.RollBack(ctx, configuration.RollBack{Module: "things"}); err != nil || out.Result.Active != want {
			t.Errorf("%+v, %v, want %d", out, err, want)
		}
	}
	_, err := c.RollBack(ctx, configuration.RollBack{Module: "things"})
	domaintest.Refused(t, err, "nothing_to_roll_back")
	if parses > 4 {
		t.Errorf("parsed %d times", parses)
	}
}

func TestWhatCannotBeUsedIsRefused(t *testing.T) {
	t.Parallel()
	c, log, ctx := newCommands(t)
	for name, r := range map[string]configuration.Revision{
		"no JSON": {Config: []byte(`{`)}, "no object": {Config: []byte(`[]`)}, "too long": {Config: []byte(`{"a":"` + strings.Repeat("x", 500_000) + `"}`)},
	} {
		_, err := c.Publish(ctx, configuration.Publish{Module: "things", Revision: r})
		if domaintest.Refused(t, err, "configuration_invalid", "config"); t.Failed() {
			t.Fatal(name)
		}
	}
	_, err := c.Publish(ctx, configuration.Publish{Module: "things", Revision: configuration.Revision{Config: []byte(`{}`), PromptTemplate: "a\x00", Note: "\xff"}})
	domaintest.Refused(t, err, "configuration_invalid", "prompt_template", "note")
	_, err = c.Publish(ctx, configuration.Publish{Module: "things", Revision: configuration.Revision{Config: []byte(`{"a": "bad"}`)}})
	domaintest.Refused(t, err, "things_invalid", "a")
	_, err = c.Activate(ctx, configuration.Activate{Module: "things", Version: 7})
	domaintest.Refused(t, err, "configuration_version_not_found")
	_, err = c.Activate(ctx, configuration.Activate{Module: "nothing"})
	domaintest.Refused(t, err, "module_not_found")
	if _, err := c.Publish(t.Context(), configuration.Publish{Module: "things", Revision: configuration.Revision{Config: []byte(`{}`)}}); err == nil || errors.Is(err, configuration.ErrModuleNotFound) {
		t.Errorf("nobody may publish: %v", err)
	}
	log.Unchanged(t, 0)
}

func TestDiff(t *testing.T) {
	t.Parallel()
	got, err := configuration.Diff(
		configuration.Revision{Config: []byte(`{"a": {"b": [1, 2, {"c": "x"}]}, "same": [1], "gone": null, "was": 1}`)},
		configuration.Revision{Config: []byte(`{"a": {"b": [1, 3, {"c": "y"}, 4]}, "same": [1], "new": {}}`), PromptTemplate: "Hello"})
	want := []configuration.Difference{
		{"a.b[1]", 2.0, 3.0}, {"a.b[2].c", "x", "y"}, {"a.b[3]", nil, 4.0}, {"new", nil, map[string]any{}}, {"was", 1.0, nil}, {"prompt_template", "", "Hello"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestNobodyUndoesWhatAnotherHasPublished(t *testing.T) {
	t.Parallel()
	c, _, ctx := newCommands(t)
	publish := func(base int, config string) error {
		_, err := c.Publish(ctx, configuration.Publish{Module: "things", Base: &base, Revision: configuration.Revision{Config: []byte(config)}})
		return err
	}
	if err := publish(0, `{"a": 2}`); err != nil {
		t.Fatal(err)
	}
	domaintest.Refused(t, publish(0, `{"a": 3}`), "configuration_moved")
	domaintest.Refused(t, publish(2, `{"a": 3}`), "configuration_moved")
	if err := publish(1, `{"a": 3}`); err != nil {
		t.Error(err)
	}
}
