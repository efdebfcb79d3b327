package main

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/configuration"
	domaindiscovery "gifty/domain/discovery"
	"gifty/domain/discovery/builtin"
	domainrecommendation "gifty/domain/recommendation"
	"gifty/projections/all/alltest"
)

// What is put in force while the product runs is gone by at once, and what is made says so: query rules by
// dialogues, the ranking by pages, prompts and models by who is asked.
func TestConfigurationTakesEffectInARunningProcess(t *testing.T) {
	t.Parallel()
	a, err := open(t.Context(), configOf(t, "--database-url="+alltest.Tables.URL(t), "--embedder=hash", "--key="+sharedKey(), "--data="+t.TempDir(), "--llm=none"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	staff := domain.WithPrincipal(t.Context(), domain.System)
	publish := func(module, old, new string) {
		t.Helper()
		m, _, err := a.configuration.Load(staff, module)
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(string(m.Shipped), old, new, 1)
		if changed == string(m.Shipped) {
			t.Fatalf("%s has no %s", module, old)
		}
		if _, err := a.configuration.Publish(staff, configuration.Publish{Module: module, Activate: true, Revision: configuration.Revision{Config: []byte(changed)}}); err != nil {
			t.Fatal(err)
		}
	}
	giver := domain.WithPrincipal(t.Context(), domain.Principal{Giver: uuid.New(), Role: domain.RoleGiver})
	started, err := a.discovery.Start(giver, domaindiscovery.StartDiscovery{Quiz: domaindiscovery.Quiz{Interests: domaindiscovery.Words{"tea"}, Language: domaindiscovery.English}})
	if err != nil {
		t.Fatal(err)
	}
	pivot := domaindiscovery.TakePivot{SessionID: started.Result.SessionID, Topic: "chess"}
	publish(builtin.QueryRulesModule, `"negative_stems": [`, `"negative_stems": ["chess", `)
	if _, err := a.discovery.Pivot(giver, pivot); err == nil || !strings.Contains(err.Error(), "cannot be used") {
		t.Errorf("a topic that is ruled out by now: %v", err)
	}
	if _, err := a.configuration.RollBack(staff, configuration.RollBack{Module: builtin.QueryRulesModule}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.discovery.Pivot(giver, pivot); err != nil {
		t.Errorf("after going back: %v", err)
	}
	publish(rankingModule, `"name":"default",`, `"name":"warm",`)
	page, err := a.recommendations.Recommender.Recommend(giver, domainrecommendation.Ask{Limit: 3, Brief: domainrecommendation.Brief{Interests: []string{"tea"}, Language: "en"}})
	if err != nil || page.Policy.Name != "warm" {
		t.Errorf("%+v, %v", page.Policy, err)
	}
	publish(promptsModule, `"version":"1"`, `"version":"one-and-a-half"`)
	prompts, versions, err := promptsOf(a.configuration)(giver)
	if err != nil || versions[promptsModule] != 1 || versions[modelsModule] != 0 || !strings.Contains(prompts.Ideas.Version+prompts.Topics.Version+prompts.TopicIdeas.Version+prompts.DeadEnd.Version+prompts.Exploration.Version+prompts.Hints.Version, "one-and-a-half") {
		t.Errorf("%+v, %v, %v", prompts, versions, err)
	}
	asks := a.discovery.Generator.(thinker)
	publish(modelsModule, `"chain": []`, `"chain": ["ollama"]`)
	if model, version, err := asks.models.Current(giver); err != nil || version != 1 || model != (nobody{}) { // whose model is not named
		t.Errorf("%T, %d, %v", model, version, err)
	}
	publish(modelsModule, `"chain": [], "fast": {}`, `"chain": ["ollama"], "fast": {"ollama": "small"}`)
	if model, version, err := asks.models.Current(giver); err != nil || version != 2 || model == (nobody{}) {
		t.Errorf("%T, %d, %v", model, version, err)
	}
}
