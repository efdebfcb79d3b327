package console

import (
	"encoding/json"
	"net/http"
	"strconv"

	"gifty/domain/configuration"
)

// module is a module of the configuration with its versions.
type module struct {
	configuration.Module
	*configuration.Configuration
}

func (c *console) configuration(r *http.Request, p *page) error {
	var all []module
	for _, m := range c.Configuration.Modules {
		_, conf, err := c.Configuration.Load(r.Context(), m.Name)
		if err != nil {
			return err
		}
		all = append(all, module{m, conf})
	}
	return p.show(p.T("configuration.title"), configurationPage(p, all))
}

// compared is two versions of a module side by side.
type compared struct {
	module
	from, to    configuration.Revision
	differences []configuration.Difference
}

func (c *console) module(r *http.Request, p *page) error {
	m, conf, err := c.Configuration.Load(r.Context(), r.PathValue("module"))
	if err != nil {
		return err
	}
	d := compared{module: module{m, conf}}
	version := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil {
			return n
		}
		return otherwise
	}
	newest := len(conf.Published)
	if d.from, err = conf.Revision(m, version("from", max(0, newest-1))); err != nil {
		return err
	}
	if d.to, err = conf.Revision(m, version("to", newest)); err != nil {
		return err
	}
	if d.differences, err = configuration.Diff(d.from, d.to); err != nil {
		return err
	}
	return p.show(m.Name, modulePage(p, d))
}

// value is a side of a difference as text.
func (p *page) value(v any) string {
	if v == nil {
		return p.T("configuration.absent")
	}
	if text, ok := v.(string); ok {
		return text
	}
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// versionName is a version's number, of which 0 is what the product comes with.
func (p *page) versionName(n int) string {
	if n == 0 {
		return p.T("configuration.shipped")
	}
	return strconv.Itoa(n)
}

// versions are all there are, the newest first.
func (m module) versions() (list []int) {
	for n := len(m.Published); n >= 0; n-- {
		list = append(list, n)
	}
	return list
}

// note is why a version was published.
func (m module) note(p *page, version int) string {
	if version == 0 {
		return p.T("configuration.shipped")
	}
	return m.Published[version-1].Note
}
