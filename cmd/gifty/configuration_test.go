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
	for _, module := range []string{"dialogue", "topic_lists", "prompts", "models", "ranking", "query_rules", "quiz_questions"} {
		if !strings.Contains(list, module) {
			t.Errorf("%s is not in\n%s", module, list)
		}
		same := p.write(t, module+".json", p.run(t, "config", "show", module).out.String())
		if out := p.run(t, "config", "publish", module, same).out.String(); !strings.Contains(out, "version 1 of "+module+"; in force is 0") {
			t.Errorf("what ships can be published: %s", out)
		}
		if out := p.run(t, "config", "diff", module, "0", "1").out.String(); out != "" {
			t.Errorf("%s differs from itself: %s", module, out)
		}
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
