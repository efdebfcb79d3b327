package analytics

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gifty/domain"
	"gifty/domain/domaintest"
)

const letterSteps = `"entity":"session","window":"1h","steps":[{"name":"a","events":[{"type":"x.letter.v1"}]}]`

func TestFunnelsOfOnesOwnAreKeptByName(t *testing.T) {
	t.Parallel()
	list, err := ParseOwn([]byte(`{"second":{` + letterSteps + `},"first":{"name":"first","title":"Letters",` + letterSteps + `}}`))
	if err != nil || len(list) != 2 || list[0].Name != "first" || list[0].Title != "Letters" || list[1].Name != "second" {
		t.Fatalf("%+v, %v", list, err)
	}
	schema, _ := letters(time.Hour, nil, "A")
	if err := CheckOwn(list, schema); err != nil {
		t.Error(err)
	}
	list = append(list, Definition{Name: "quiz", Title: "mine"})
	all, err := All(list)
	if err != nil || all[len(all)-1].Name != "second" {
		t.Fatalf("%+v, %v", all, err)
	}
	if d, err := Named(all, "quiz"); err != nil || d.Title == "mine" {
		t.Errorf("the product's funnel is not its own any more: %+v, %v", d, err)
	}
	_, err = Named(all, "third")
	domaintest.Refused(t, err, "funnel_not_found")
	if err == nil || !strings.Contains(err.Error(), "ideas, liked, pages, quiz, search, first, second") {
		t.Error(err)
	}
}

func TestFunnelsOfOnesOwnThatCannotBeKept(t *testing.T) {
	t.Parallel()
	schema, _ := letters(time.Hour, nil, "A")
	for name, c := range map[string]struct {
		config, code string
		fields       []string
	}{
		"no definitions":     {`{"a": 1}`, "own_funnels_invalid", []string{"a"}},
		"a list":             {`[]`, "own_funnels_malformed", nil},
		"an unknown field":   {`{"a":{"nmae":"a",` + letterSteps + `}}`, "own_funnels_invalid", []string{"a"}},
		"another name":       {`{"a":{"name":"b",` + letterSteps + `}}`, "own_funnels_invalid", []string{"a.name"}},
		"no name":            {`{"":{` + letterSteps + `}}`, "own_funnels_invalid", []string{".name"}},
		"the product's name": {`{"quiz":{` + letterSteps + `}}`, "own_funnels_invalid", []string{"quiz"}},
		"an unknown event":   {`{"a":{` + strings.Replace(letterSteps, "x.letter", "x.ltter", 1) + `}}`, "own_funnels_invalid", []string{"a.steps[0].events[0].type"}},
		"no time": {
			`{"a":{` + strings.Replace(letterSteps, "1h", "0s", 1) + `},"b":{` + strings.Replace(letterSteps, "1h", "1ns", 1) + `}}`,
			"own_funnels_invalid", []string{"a.window", "b.window"},
		},
		"what is personal": {`{"a":{"breakdowns":[{"name":"b","field":"secret"}],` + letterSteps + `}}`, "own_funnels_invalid", []string{"a.breakdowns[0]"}},
	} {
		list, err := ParseOwn([]byte(c.config))
		if err == nil {
			err = CheckOwn(list, schema)
		}
		if domaintest.Refused(t, err, c.code, c.fields...); t.Failed() {
			t.Fatal(name)
		}
	}
}

// Whoever misspells a field is told where, and what there is.
func TestStrangeFieldsAreNamed(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte(`{"name": "a", "windw": "7d", "steps": [{"name": "s", "events": [{"type": "x", "where": [{"field": "f", "equals": 1}]}]}, {"event": "x"}],
		"retention": {"evry": "week"}, "exclude": 7}`))
	var known *domain.Error
	if !errors.As(err, &known) {
		t.Fatal(err)
	}
	var got []string
	for _, f := range known.Fields {
		got = append(got, f.Path)
	}
	if want := []string{"retention.evry", "steps[0].events[0].where[0].equals", "steps[1].event", "windw"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if text := known.Fields[0].Message; !strings.Contains(text, "there are every, periods, events") {
		t.Error(text)
	}
}
