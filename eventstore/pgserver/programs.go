package pgserver

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gifty/domain"
)

// The oldest versions that will do; cmd/deps installs the same.
const (
	minPostgres    = 15
	minVectorMajor = 0
	minVectorMinor = 8 // brought iterative scans, without which a filtered search loses rows
)

// programs are one installed version of Postgres.
type programs struct {
	bin    string
	major  int
	vector string // pgvector's version; empty where it is missing
	lz4    bool
}

// findPrograms picks the version to run: the one that made the cluster (made, 0 for none yet), or else
// the newest that has pgvector. cmd/deps/postgres.sh looks in the same places.
func findPrograms(bin string, made int) (programs, error) {
	dirs := []string{bin}
	if bin == "" {
		dirs = usualPlaces()
	}
	var found []programs
	for _, dir := range dirs {
		if p, ok := inspect(dir); ok && p.major >= minPostgres {
			found = append(found, p)
		}
	}
	slices.SortStableFunc(found, func(a, b programs) int { return cmp.Compare(b.major, a.major) })
	return choose(found, made)
}

func choose(found []programs, made int) (programs, error) {
	if len(found) == 0 {
		return programs{}, domain.Unavailable("postgres_missing", "PostgreSQL %d or newer was not found: run `make deps`, or set DATABASE_URL to a server you have", minPostgres)
	}
	usable := slices.DeleteFunc(slices.Clone(found), func(p programs) bool { return made != 0 && p.major != made })
	if len(usable) == 0 {
		return programs{}, domain.Unavailable("postgres_version", "the data here was made by PostgreSQL %d, and %s is installed: install PostgreSQL %d with pgvector, or dump the data with it and restore into a new folder", made, versions(found), made)
	}
	for _, p := range usable {
		if p.hasVector() {
			return p, nil
		}
	}
	return programs{}, domain.Unavailable("pgvector_missing", "PostgreSQL %s is installed without pgvector %d.%d or newer: run `make deps`", versions(usable), minVectorMajor, minVectorMinor)
}

func usualPlaces() []string {
	var dirs []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql@*/bin",
	} {
		matches, _ := filepath.Glob(pattern) // the patterns are well formed
		dirs = append(dirs, matches...)
	}
	if path, err := exec.LookPath("pg_config"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	return dirs
}

var majorVersion = regexp.MustCompile(`^PostgreSQL (\d+)`)

// inspect asks pg_config, which prints its answers as NAME = value.
func inspect(bin string) (programs, bool) {
	for _, program := range []string{"postgres", "initdb"} {
		if _, err := os.Stat(filepath.Join(bin, program)); err != nil {
			return programs{}, false
		}
	}
	out, err := exec.Command(filepath.Join(bin, "pg_config")).Output()
	if err != nil {
		return programs{}, false
	}
	answers := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if name, value, ok := strings.Cut(line, " = "); ok {
			answers[name] = strings.TrimSpace(value)
		}
	}
	m := majorVersion.FindStringSubmatch(answers["VERSION"])
	if m == nil {
		return programs{}, false
	}
	major, err := strconv.Atoi(m[1])
	return programs{
		bin:    bin,
		major:  major,
		vector: vectorVersion(answers["SHAREDIR"]),
		lz4:    strings.Contains(answers["CONFIGURE"], "--with-lz4"),
	}, err == nil
}

var defaultVersion = regexp.MustCompile(`(?m)^default_version = '([^']*)'`)

func vectorVersion(shareDir string) string {
	control, err := os.ReadFile(filepath.Join(shareDir, "extension", "vector.control"))
	if err != nil {
		return ""
	}
	if m := defaultVersion.FindSubmatch(control); m != nil {
		return string(m[1])
	}
	return ""
}

func (p programs) hasVector() bool {
	var major, minor int
	if _, err := fmt.Sscanf(p.vector, "%d.%d", &major, &minor); err != nil {
		return false
	}
	return major > minVectorMajor || major == minVectorMajor && minor >= minVectorMinor
}

func (p programs) path(name string) string { return filepath.Join(p.bin, name) }

func versions(found []programs) string {
	var list []string
	for _, p := range found {
		list = append(list, strconv.Itoa(p.major))
	}
	return strings.Join(slices.Compact(list), " and ")
}
