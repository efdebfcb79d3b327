package pgserver

import (
	"errors"
	"testing"

	"gifty/domain"
)

func TestChoosePrograms(t *testing.T) {
	var (
		new17    = programs{bin: "17", major: 17, vector: "0.8.1"}
		bare16   = programs{bin: "16", major: 16}
		old15    = programs{bin: "15", major: 15, vector: "0.8.0"}
		stale15  = programs{bin: "15", major: 15, vector: "0.6.2"}
		future15 = programs{bin: "15", major: 15, vector: "1.0.0"}
	)
	tests := map[string]struct {
		found []programs
		made  int
		want  string // bin, or the error's code
	}{
		"newest":                        {[]programs{new17, old15}, 0, "17"},
		"newest with pgvector":          {[]programs{bare16, old15}, 0, "15"},
		"the version that made it":      {[]programs{new17, old15}, 15, "15"},
		"a version after 0":             {[]programs{future15}, 0, "15"},
		"nothing":                       {nil, 0, "postgres_missing"},
		"pgvector too old":              {[]programs{stale15}, 0, "pgvector_missing"},
		"maker has no pgvector":         {[]programs{new17, bare16}, 16, "pgvector_missing"},
		"the version that made it left": {[]programs{new17}, 15, "postgres_version"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := choose(tt.found, tt.made)
			got := p.bin
			var said *domain.Error
			if errors.As(err, &said) {
				got = said.Code
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
