package http_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gifty/domain/analytics"
	"gifty/domain/configuration"
	"gifty/domain/discovery"
	"gifty/eventstore"
	api "gifty/http"
	readanalytics "gifty/projections/analytics"
	"gifty/projections/reaction"
)

// dialogueRules is the module of dialogues, as the program's wiring has it.
func dialogueRules() configuration.Module {
	return configuration.Module{Name: discovery.RulesModule, Doc: "Of dialogues.", Shipped: discovery.ShippedRules(), Check: func(config []byte, _ string) error {
		_, err := discovery.ParseRules(config)
		return err
	}}
}

// quizQuestions is that of the quiz.
func quizQuestions() configuration.Module {
	return configuration.Module{Name: discovery.QuestionsModule, Doc: "Of the quiz.", Shipped: discovery.ShippedQuestions(), Check: func(config []byte, _ string) error {
		_, err := discovery.ParseQuestions(config)
		return err
	}}
}

// ownFunnels is that of funnels.
func ownFunnels(types *eventstore.Types) configuration.Module {
	return configuration.Module{Name: analytics.OwnModule, Doc: "Of funnels.", Shipped: []byte(`{}`), Check: func(config []byte, _ string) error {
		list, err := analytics.ParseOwn(config)
		if err != nil {
			return err
		}
		return analytics.CheckOwn(list, readanalytics.Schema(types))
	}}
}

// The quiz is asked in the language wanted, and as it is in force at the moment.
func TestQuiz(t *testing.T) {
	t.Parallel()
	s := start(t)
	var ru, en, changed api.QuizForm
	s.do("GET", "/v1/quiz", "").want(200).into(&ru)
	s.do("GET", "/v1/quiz?language=en", "").want(200).into(&en)
	if len(ru.Questions) < 20 || len(ru.Questions) != len(en.Questions) || ru.Questions[1].Text == en.Questions[1].Text || !en.Questions[1].Required || en.Version != 0 {
		t.Errorf("%+v\n%+v", ru, en)
	}
	s.do("GET", "/v1/quiz?language=fr", "").problem(422, "request_invalid")
	s.do("POST", "/v1/configurations/quiz_questions/versions", `{"activate":true,"config":{"questions":[{"id":"a","field":"occasion","kind":"text","text":{"ru":"Повод?","en":"Why?"}}]}}`).want(201)
	s.do("GET", "/v1/quiz?language=en", "").want(200).into(&changed)
	if changed.Version != 1 || len(changed.Questions) != 1 || changed.Questions[0].Text != "Why?" {
		t.Errorf("%+v", changed)
	}
}

func TestConfiguration(t *testing.T) {
	t.Parallel()
	s := start(t)
	const module = "/v1/configurations/dialogue"
	shipped := s.do("GET", module, "").want(200).object()
	if shipped["version"] != 0.0 || shipped["config"].(map[string]any)["ideas_per_topic"] != 3.0 {
		t.Errorf("%v", shipped)
	}
	changed := strings.Replace(string(discovery.ShippedRules()), `"ideas_per_topic": 3`, `"ideas_per_topic": 1`, 1)
	published := s.do("POST", module+"/versions", fmt.Sprintf(`{"config":%s,"note":"fewer"}`, changed), "Idempotency-Key", "c").want(201).object()
	if published["version"] != 1.0 || published["active"] != 0.0 {
		t.Errorf("%v", published)
	}
	diff := s.do("GET", module+"/diff?from=0&to=1", "").want(200).object()
	if fmt.Sprint(diff["items"]) != "[map[from:3 path:ideas_per_topic to:1]]" {
		t.Errorf("%v", diff)
	}
	wrong := strings.Replace(changed, `"ideas_more": 4`, `"ideas_more": 400`, 1)
	if at := s.do("POST", module+"/versions", fmt.Sprintf(`{"config":%s}`, wrong)).problem(422, "rules_invalid"); !slices.Equal(at, []string{"body.config.ideas_more"}) {
		t.Errorf("%v", at)
	}
	s.do("POST", module+"/activate", `{"version":9}`).problem(404, "configuration_version_not_found")
	s.do("POST", "/v1/configurations/nothing/activate", `{"version":0}`).problem(404, "module_not_found")
	last := s.do("POST", module+"/activate", `{"version":1}`).want(200)
	var list struct {
		Items []map[string]any `json:"items"`
	}
	s.do("GET", module+"/versions?"+last.since(), "").want(200).into(&list)
	if len(list.Items) != 1 || list.Items[0]["is_active"] != true || list.Items[0]["note"] != "fewer" {
		t.Errorf("%v", list)
	}
	// Dialogues go by it, and their ideas say so.
	s.finder.finds()
	s.works(reaction.Options{})
	d := s.talk(`{"recipient_age":30,"interests":["coffee"],"language":"en"}`)
	if ideas := d.track("coffee").Hypotheses; len(ideas) != 1 || ideas[0].Configuration["dialogue"] != 1 || ideas[0].Configuration["topic_lists"] != 0 {
		t.Errorf("%+v", ideas)
	}
	if back := s.do("POST", module+"/roll-back", "").want(200).object(); back["active"] != 0.0 {
		t.Errorf("%v", back)
	}
	s.do("POST", module+"/roll-back", "").problem(409, "nothing_to_roll_back")
	var modules struct{ Items []api.ConfigurationModule }
	s.do("GET", "/v1/configurations", "").want(200).into(&modules)
	if len(modules.Items) != 3 || modules.Items[0].Active != 0 || modules.Items[0].Newest != 1 {
		t.Errorf("%+v", modules)
	}
}
