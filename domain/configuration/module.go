package configuration

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"gifty/domain"
)

// Module is a part of the configuration: what it is for, what the product comes with, and what of it can
// be used. The contexts that go by it say so; this one does not look into it.
type Module struct {
	Name    string // at most 100 characters
	Doc     string // one sentence
	Shipped []byte // version 0, as JSON
	// Check refuses what could not be used, naming each field.
	Check func(config []byte, promptTemplate string) error
}

// Revision is one version of a module.
type Revision struct {
	Version        int             `json:"version"`
	Config         json.RawMessage `json:"config"`
	PromptTemplate string          `json:"prompt_template,omitempty"`
	Note           string          `json:"note,omitempty"`
}

// Configuration is a module with its versions.
type Configuration struct {
	domain.Root
	Published []Revision // 1, 2, 3 …
	Active    int
	former    []int // what was active before, the last at the end
}

// Stream is where a module's events are.
func Stream(module string) string { return "configuration-" + module }

// Apply folds one event of the stream.
func (c *Configuration) Apply(event any) {
	switch e := event.(type) {
	case Published:
		c.Published = append(c.Published, Revision{e.Version, e.Config, e.PromptTemplate, e.Note})
	case Activated:
		c.Active, c.former = e.Version, append(slices.Clip(c.former), e.Former)
	case RolledBack:
		c.Active, c.former = e.Version, c.former[:max(0, len(c.former)-1)]
	}
}

// Limits of a version, in bytes.
const (
	maxConfig   = 500_000
	maxTemplate = 100_000
	maxNote     = 1000
)

// What is answered when a version can't be had.
var (
	// ErrModuleNotFound answers for a module that the product does not have.
	ErrModuleNotFound = domain.NotFound("module_not_found", "there is no configuration module of this name; list-configurations has them")
	// ErrVersionNotFound answers for a version that was not published.
	ErrVersionNotFound = domain.NotFound("configuration_version_not_found", "this module has no such version")
	errNothingBefore   = domain.Conflict("nothing_to_roll_back", "no other version was in force before")
)

// check refuses what no module could use.
func (r Revision) check() error {
	bad := domain.Invalid("configuration_invalid", "this cannot be published as it stands; correct the fields listed")
	if len(r.Config) > maxConfig || !json.Valid(r.Config) || !strings.HasPrefix(string(bytes.TrimSpace(r.Config)), "{") {
		bad = bad.On("config", "must be a JSON object of at most %d bytes", maxConfig)
	}
	if len(r.PromptTemplate) > maxTemplate || !fit(r.PromptTemplate) {
		bad = bad.On("prompt_template", "must have at most %d bytes, UTF-8 without NUL", maxTemplate)
	}
	if len(r.Note) > maxNote || !fit(r.Note) {
		bad = bad.On("note", "must have at most %d bytes, UTF-8 without NUL", maxNote)
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

// Publish adds a version of m. What can't be used is refused.
func (c *Configuration) Publish(m Module, r Revision) error {
	if err := r.check(); err != nil {
		return err
	}
	if err := m.Check(r.Config, r.PromptTemplate); err != nil {
		return err
	}
	domain.Record(c, Published{Module: m.Name, Version: len(c.Published) + 1, Config: r.Config, PromptTemplate: r.PromptTemplate, Note: r.Note})
	return nil
}

func fit(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// Activate puts a version in force; 0 is what the product comes with. The one in force changes nothing. A
// version that could be used when it was published may not be any more: it is checked again.
func (c *Configuration) Activate(m Module, version int) error {
	r, err := c.Revision(m, version)
	if err != nil || version == c.Active {
		return err
	}
	if err := m.Check(r.Config, r.PromptTemplate); err != nil {
		return err
	}
	domain.Record(c, Activated{m.Name, version, c.Active})
	return nil
}

// RollBack puts the version in force that was before the present one; again: the one before that.
func (c *Configuration) RollBack(m Module) error {
	if len(c.former) == 0 {
		return errNothingBefore
	}
	domain.Record(c, RolledBack{m.Name, c.former[len(c.former)-1], c.Active})
	return nil
}

// Revision is a version of m.
func (c *Configuration) Revision(m Module, version int) (Revision, error) {
	switch {
	case version == 0:
		return Revision{Config: m.Shipped, Note: "what the product comes with"}, nil
	case version < 0 || version > len(c.Published):
		return Revision{}, ErrVersionNotFound
	}
	return c.Published[version-1], nil
}
