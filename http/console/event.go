package console

import (
	"bytes"
	"encoding/json"
	"fmt"
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

// gist is what an event says of what people care for, or the beginning of all that it says.
func gist(e events.Entry) string {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(e.Payload, &members); err != nil {
		return string(e.Payload)
	}
	var parts []string
	for _, name := range telling() {
		if value, ok := members[name]; ok && value[0] != '{' && value[0] != '[' {
			parts = append(parts, strings.ReplaceAll(name, "_", " ")+": "+strings.Trim(string(value), `"`))
		}
	}
	if len(parts) == 0 {
		return brief(e)
	}
	return strings.Join(parts, " · ")
}

// brief is the beginning of what an event says besides ids, on one line.
func brief(e events.Entry) string {
	const enough = 160
	var b strings.Builder
	d := json.NewDecoder(bytes.NewReader(e.Payload))
	if _, err := d.Token(); err != nil {
		return string(e.Payload)
	}
	for d.More() && b.Len() < 4*enough {
		name, err := d.Token()
		var value json.RawMessage
		if err == nil {
			err = d.Decode(&value)
		}
		if err != nil {
			return string(e.Payload)
		}
		if text := fmt.Sprint(name); !strings.HasSuffix(text, "_id") && !strings.HasSuffix(text, "_ids") && !strings.HasSuffix(text, "sha256") {
			b.WriteString(text + ": " + strings.ReplaceAll(string(value), `"`, "") + "  ")
		}
	}
	if b.Len() == 0 {
		return plainName(e.Type)
	}
	if runes := []rune(b.String()); len(runes) > enough {
		return string(runes[:enough]) + "…"
	}
	return b.String()
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
