package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"gifty/domain"
	"gifty/projections/events"
)

// telling are the members of events that say most to people.
func telling() []string {
	return []string{
		"title", "query", "results_count", "reaction", "action", "target_type", "gift_id", "position", "relation", "topic", "branch",
		"kind", "module", "version", "note", "name", "price", "model", "reason",
	}
}

// gist is what an event says of what people care for, or else as much of it as goes on a line; empty where ids are all.
func gist(e events.Entry) string {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(e.Payload, &members); err != nil {
		return string(e.Payload)
	}
	var parts []string
	for _, name := range telling() {
		if text := short(members[name]); text != "" {
			parts = append(parts, spaced(name)+": "+text)
		}
	}
	if len(parts) == 0 {
		parts = brief(e.Payload)
	}
	return strings.Join(parts, " · ")
}

// short is a value as text; empty for a list, an object, what is masked and what is not there.
func short(value json.RawMessage) string {
	if len(value) == 0 || value[0] == '{' || value[0] == '[' || string(value) == "null" {
		return ""
	}
	if f, err := strconv.ParseFloat(string(value), 64); err == nil && strings.Contains(string(value), ".") {
		return strconv.FormatFloat(math.Round(f*1000)/1000, 'f', -1, 64)
	}
	text := strings.Trim(string(value), `"`)
	if text == events.Masked {
		return ""
	}
	return text
}

func spaced(name string) string { return strings.ReplaceAll(name, "_", " ") }

// briefMost is how many members of an event a line tells.
const briefMost = 6

// brief is what an event says besides ids: its members in their order, those of objects among them, and how
// long lists are.
func brief(object json.RawMessage) (parts []string) {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return nil
	}
	for d.More() && len(parts) < briefMost {
		name, err := d.Token()
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			return parts
		}
		text := fmt.Sprint(name)
		if strings.HasSuffix(text, "_id") || strings.HasSuffix(text, "_ids") || strings.HasSuffix(text, "sha256") {
			continue
		}
		var list []json.RawMessage
		switch {
		case value[0] == '{':
			parts = append(parts, brief(value)...)
		case json.Unmarshal(value, &list) == nil && len(list) > 0:
			parts = append(parts, fmt.Sprintf("%s × %d", spaced(text), len(list)))
		case short(value) != "":
			parts = append(parts, spaced(text)+": "+short(value))
		}
	}
	return parts[:min(len(parts), briefMost)]
}

// pretty is JSON as people read it.
func pretty(text []byte) string {
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return string(text)
	}
	return b.String()
}

// family is the context that an event belongs to, for its colour.
func family(name string) string {
	of, _, _ := strings.Cut(name, ".")
	return of
}

// plainName is an event's name without its context and version.
func plainName(name string) string {
	_, rest, _ := strings.Cut(name, ".")
	if cut := strings.LastIndex(rest, ".v"); cut > 0 {
		rest = rest[:cut]
	}
	return strings.ReplaceAll(rest, "_", " ")
}

// eventName is an event's name for a reader, in their language.
func (p *page) eventName(name string) string {
	at := strings.LastIndex(name, ".v")
	return p.Or("event."+name[:max(at, 0)], plainName(name))
}

// eventAt is the address of one event among others.
func eventAt(at domain.Position, p *page) templ.SafeURL {
	return templ.SafeURL(Path + "/events?up_to=" + plain(at))
}

// who is an actor in few letters.
func shortly(id string) string {
	kind, of, found := strings.Cut(id, ":")
	if !found {
		kind, of = "", id
	}
	if len(of) > 13 {
		of = of[:4] + "…" + of[len(of)-4:]
	}
	if kind != "" {
		return kind + ":" + of
	}
	return of
}
