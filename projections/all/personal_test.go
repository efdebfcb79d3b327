package all

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"gifty/projections/events"
)

// personal is what is declared to be personal. A field that is added to an event must be thought
// of: either it is tagged, and stands here, or it can identify nobody.
var personal = map[string][]string{
	"account.user_registered.v1":         {"username", "email", "name", "avatar_url"},
	"account.user_refreshed.v1":          {"email", "name", "avatar_url"},
	"account.email_changed.v1":           {"email"},
	"account.profile_changed.v1":         {"name", "surname", "age", "interests[]", "contacts"},
	"account.login_session_opened.v1":    {"device"},
	"account.oauth_account_linked.v1":    {"provider_user_id", "email"},
	"account.oauth_tokens_rotated.v1":    {"email"},
	"recipient.created.v1":               {"name", "person", "gender", "age", "birth_date", "interests[]"},
	"recipient.changed.v1":               {"name", "person", "gender", "age", "birth_date", "interests[]"},
	"discovery.started.v1":               {"brief.age", "brief.gender", "brief.person", "brief.vibes[]", "brief.interests[]", "brief.description", "brief.city", "brief.liked[]", "brief.disliked[]", "brief.shown[]"},
	"discovery.hypothesis_generated.v1":  {"title", "description", "reasoning", "track", "search_queries[]"},
	"discovery.products_linked.v1":       {"links[].query"},
	"discovery.track_filled.v1":          {"ideas[].title"},
	"discovery.pivot_offered.v1":         {"pivot.question", "pivot.cards[].text"},
	"discovery.interaction_recorded.v1":  {"value", "metadata"},
	"discovery.catalogue_searched.v1":    {"track_title", "hypothesis_title", "query"},
	"discovery.model_asked.v1":           {"detail"},
	"discovery.session_started.v1":       {"brief.age", "brief.gender", "brief.person", "brief.vibes[]", "brief.interests[]", "brief.description", "brief.city", "brief.liked[]", "brief.disliked[]", "brief.shown[]"},
	"discovery.step_failed.v1":           {"reason"},
	"discovery.topics_normalised.v1":     {"raw[]", "topics[]"},
	"discovery.track_opened.v1":          {"topic.name", "topic.then"},
	"discovery.track_branched.v1":        {"branch"},
	"discovery.track_refined.v1":         {"refinement"},
	"discovery.track_questioned.v1":      {"question", "options[]"},
	"discovery.probe_asked.v1":           {"probe.question", "probe.options[]"},
	"discovery.probe_answered.v1":        {"answer"},
	"discovery.topic_hints_suggested.v1": {"hints[].question", "hints[].reasoning", "hints[].topic"},
	"discovery.pivot_taken.v1":           {"topic"},
	"recommendation.served.v1":           {"brief.age", "brief.gender", "brief.interests[]", "brief.vibes[]", "ideas[].title", "ideas[].queries[]", "items[].query", "items[].idea", "items[].track", "items[].features[].because[]", "items[].reason"},
	"recommendation.shown.v1":            {"items[].track"},
	"recommendation.clicked.v1":          {"track"},
	"recommendation.reacted.v1":          {"track"},
	"recommendation.purchased.v1":        {"track"},
}

func TestPersonalFieldsAreDeclaredAndNameTheirSubject(t *testing.T) {
	t.Parallel()
	for name, event := range newTypes(t).All() {
		var declared []string
		byPath := map[string]events.Field{}
		for _, f := range events.Fields(event) {
			byPath[f.Path] = f
		}
		for _, f := range events.Fields(event) {
			if len(f.Personal) == 0 {
				continue
			}
			declared = append(declared, f.Path)
			for _, subject := range f.Personal {
				if byPath[subject].Kind != events.Text || strings.Contains(subject, ".") {
					t.Errorf("%s: %s is said to be of the subject in %q, which the event does not have", name, f.Path, subject)
				}
			}
		}
		if !slices.Equal(declared, personal[name]) {
			t.Errorf("%s declares %q, want %q", name, declared, personal[name])
		}
	}
}

// No stored payload lets a personal value through, and what is not personal stays.
func TestMasksHideWhatIsPersonal(t *testing.T) {
	t.Parallel()
	types := newTypes(t)
	masks := events.NewMasks(types)
	for i, g := range readGolden(t) {
		masked, err := masks.Mask(g.Type, g.Payload)
		if err != nil {
			t.Errorf("line %d: %v", i+1, err)
			continue
		}
		event, err := types.Decode(g.Type, g.Payload)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range events.Fields(reflect.TypeOf(event)) {
			f.Values(event, func(v reflect.Value) {
				if len(f.Personal) > 0 && v.Kind() == reflect.String && v.Len() >= 4 && strings.Contains(string(masked), v.String()) {
					t.Errorf("line %d shows %s: %s", i+1, f.Path, masked)
				}
			})
		}
	}
	if unknown, err := masks.Mask("other.fact.v1", []byte(`{"name":"Ann"}`)); err != nil || string(unknown) != `"***"` {
		t.Errorf("an unknown type: %s, %v", unknown, err)
	}
	if unknown, err := masks.Mask("recipient.deleted.v1", []byte(`{"recipient_id":"x","nickname":"Ann"}`)); err != nil || string(unknown) != `{"recipient_id":"x","nickname":"***"}` {
		t.Errorf("an unknown field: %s, %v", unknown, err)
	}
}
