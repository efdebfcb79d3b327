package evaluate

import (
	"maps"
	"slices"
	"strings"

	"gifty/domain"
)

// Role is what a column of a CSV says.
type Role string

// The roles. A file needs action, reward and propensity.
const (
	RoleAction     Role = "action"     // what was chosen; any text
	RoleReward     Role = "reward"     // what came of it; a number
	RolePropensity Role = "propensity" // the probability with which it was chosen, more than 0 and at most 1
	RolePosition   Role = "position"   // where it stood; a whole number, 0 or more
	RoleGiver      Role = "giver"      // whose row it is; rows without a giver are taken as independent
	RoleTime       Role = "time"       // RFC 3339 or nearly so, or Unix seconds
	RolePi         Role = "pi"         // the probability of the action under the target policy, 0 to 1
)

// aliases are the names by which a column is known when no other is given. They cover the Open Bandit
// dataset's (Saito, Aihara, Matsutani, Narita, 2021).
func aliases() map[Role][]string {
	return map[Role][]string{
		RoleAction:     {"action", "action_id", "arm", "item", "item_id", "gift_id"},
		RoleReward:     {"reward", "click", "clicked"},
		RolePropensity: {"propensity", "propensity_score", "pscore", "action_prob", "logging_probability"},
		RolePosition:   {"position", "pos", "slot"},
		RoleGiver:      {"giver", "giver_id", "cluster", "cluster_id", "user_id"},
		RoleTime:       {"time", "timestamp", "at", "occurred_at"},
		RolePi:         {"pi", "target_probability", "evaluation_probability"},
	}
}

// Roles are all there are, by name.
func Roles() []Role { return slices.Sorted(maps.Keys(aliases())) }

// layout is where a file's columns are.
type layout struct {
	names    []string
	roles    map[Role]int
	features []int
}

// lay finds the columns of a header: those named, else by alias; and the context features: those named,
// else every column that has a name, but for aliases: a second reward would tell the model the first.
func lay(header []string, named map[Role]string, features []string) (layout, error) {
	l := layout{names: make([]string, len(header)), roles: map[Role]int{}}
	for i, name := range header {
		l.names[i] = strings.TrimSpace(name)
	}
	for _, role := range Roles() {
		if err := l.assign(role, named[role]); err != nil {
			return l, err
		}
	}
	for _, role := range []Role{RoleAction, RoleReward, RolePropensity} {
		if _, ok := l.roles[role]; !ok {
			return l, domain.Invalid("column_missing", "the file has no column that says the %s: it has %s; name the column, or call it %s",
				role, l.list(), strings.Join(aliases()[role], ", "))
		}
	}
	return l, l.choose(features)
}

func (l *layout) assign(role Role, name string) error {
	wanted := aliases()[role]
	if name != "" {
		wanted = []string{name}
	}
	for i, column := range l.names {
		if !slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(w, column) }) {
			continue
		}
		if before, ok := l.roles[role]; ok {
			return domain.Invalid("column_ambiguous", "both %s and %s could say the %s; name the one that does", l.names[before], column, role)
		}
		l.roles[role] = i
	}
	if _, ok := l.roles[role]; !ok && name != "" {
		return domain.Invalid("column_missing", "the file has no column %s for the %s; it has %s", name, role, l.list())
	}
	return nil
}

func (l *layout) choose(features []string) error {
	taken := map[int]bool{}
	for _, i := range l.roles {
		taken[i] = true
	}
	if features == nil {
		for i, name := range l.names {
			if !taken[i] && !isAlias(name) && name != "" && !strings.HasPrefix(name, "Unnamed:") { // row numbers, as pandas writes them
				l.features = append(l.features, i)
			}
		}
		return nil
	}
	for _, name := range features {
		i := slices.IndexFunc(l.names, func(column string) bool { return strings.EqualFold(column, name) })
		if i < 0 || taken[i] {
			return domain.Invalid("column_missing", "the file has no column %s that could be a feature; it has %s", name, l.list())
		}
		l.features = append(l.features, i)
	}
	return nil
}

// list names the columns for a person.
func (l *layout) list() string {
	return strings.Join(slices.DeleteFunc(slices.Clone(l.names), func(name string) bool { return name == "" }), ", ")
}

func isAlias(name string) bool {
	for _, known := range aliases() {
		if slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
			return true
		}
	}
	return false
}
