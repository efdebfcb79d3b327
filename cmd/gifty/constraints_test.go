package main

import (
	"slices"
	"testing"

	"gifty/domain/discovery"
	"gifty/domain/recommend"
)

// A constraint that a quiz may set and the ranking does not know would be a promise not kept, and one
// that only the ranking knows could never be set.
func TestEveryConstraintOfAQuizIsOneOfTheRanking(t *testing.T) {
	t.Parallel()
	for _, c := range discovery.Constraints() {
		if !slices.Contains(recommend.Constraints(), string(c)) {
			t.Errorf("the ranking has no row for %s", c)
		}
	}
	for _, tag := range recommend.Constraints() {
		q := discovery.Quiz{Constraints: discovery.Words{tag}}
		if err := q.Validate(); err != nil || len(q.Brief().Constraints) != 1 {
			t.Errorf("no quiz can say %s: %v", tag, err)
		}
	}
}

func TestAConstraintKeepsAProductOff(t *testing.T) {
	t.Parallel()
	for tag, title := range map[string]string{
		"no_food": "Tea and honey set", "no_sweets": "Набор конфет", "no_romantic": "Парные браслеты",
		"no_noise": "Ukulele for beginners", "no_mess": "Paint set for kids", "avoid_alcohol": "Вино красное сухое",
	} {
		var tags []string
		for _, c := range (discovery.Quiz{Constraints: discovery.Words{tag}}).Brief().Constraints {
			tags = append(tags, string(c))
		}
		if _, vetoed := recommend.NewRules(recommend.Person{Constraints: tags}).Vetoed(title, "", ""); !vetoed {
			t.Errorf("%s lets %q pass", tag, title)
		}
	}
}
