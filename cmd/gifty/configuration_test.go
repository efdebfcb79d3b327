package main

import (
	"strings"
	"testing"

	"gifty/projections/all/alltest"
)

func TestConfigurationCommands(t *testing.T) {
	t.Parallel()
	p := at(t, alltest.Tables.URL(t))
	list := p.run(t, "config", "list").out.String()
	all, err := modules()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if !strings.Contains(list, m.Name) {
			t.Errorf("%s is not in\n%s", m.Name, list)
		}
		if err := m.Check(m.Shipped, ""); err != nil {
			t.Errorf("what ships can't be published: %s, %v", m.Name, err)
		}
	}
	same := p.write(t, "same.json", p.run(t, "config", "show", "dialogue").out.String())
	if out := p.run(t, "config", "publish", "dialogue", same).out.String(); !strings.Contains(out, "version 1 of dialogue; in force is 0") {
		t.Error(out)
	}
	if out := p.run(t, "config", "diff", "dialogue", "0", "1").out.String(); out != "" {
		t.Errorf("what ships differs from itself: %s", out)
	}
	rules := p.run(t, "config", "show", "dialogue").out.String()
	fewer := p.write(t, "fewer.json", strings.Replace(rules, `"ideas_more": 4`, `"ideas_more": 2`, 1))
	if out := p.run(t, "config", "publish", "dialogue", fewer, "--activate", "--note", "fewer").out.String(); !strings.Contains(out, "in force is 2") {
		t.Error(out)
	}
	if out := p.run(t, "config", "diff", "dialogue", "0", "2").out.String(); out != "ideas_more: 4 -> 2\n" {
		t.Error(out)
	}
	if out := p.run(t, "config", "roll-back", "dialogue").out.String(); !strings.Contains(out, "in force is 0") {
		t.Error(out)
	}
	bad := p.write(t, "bad.json", strings.Replace(rules, `"ideas_more": 4`, `"ideas_more": 400`, 1))
	p.begin(t, nil, "config", "publish", "dialogue", bad).fails(t, 1, "ideas_more")
	p.begin(t, nil, "config", "activate", "dialogue", "9").fails(t, 1, "no such version")
	p.begin(t, nil, "config", "show", "nothing").fails(t, 1, "no configuration module")
}
