package llm

import (
	"net/http"
	"strings"
	"sync"
)

// abilities is what a provider turned out to lack: models differ in the parameters that they take, and
// refuse a request for one that they don't know.
type abilities struct {
	mu         sync.Mutex
	unheated   bool // takes no temperature
	unheld     bool // can't be held to a schema
	otherLimit bool // names the limit of tokens in the other of two ways
}

// mostAdaptions bounds how often one request is put in another way.
const mostAdaptions = 3

// fit puts a request in the way that the provider takes.
func (l *link) fit(r *request, s *schema) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.unheated {
		r.temperature = nil
	}
	r.oldLimit = (l.provider.Name == "openai") == l.otherLimit // the others follow an older version
	if !l.unheld {
		r.schema = s.told
		return
	}
	r.system += "\n\nThe JSON Schema of the answer:\n" + string(s.text)
}

// adapt learns from a refusal, and tells whether the request can be put in another way.
func (l *link) adapt(r request, f *failure) bool {
	why := strings.ToLower(f.cause.Error())
	names := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(why, w) {
				return true
			}
		}
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case f.status != http.StatusBadRequest && f.status != http.StatusUnprocessableEntity && f.status != http.StatusNotImplemented:
		return false
	case r.temperature != nil && names("temperature"):
		l.unheated = true
	case l.provider.Kind == OpenAI && names("max_tokens", "max_completion_tokens") && names("unsupported", "not supported", "unrecognized", "unknown", "extra"):
		l.otherLimit = (l.provider.Name == "openai") == !r.oldLimit
	case r.schema != nil && names("response_format", "output_config", "output_format", "json_schema", "jsonschema", "schema", "structured"):
		l.unheld = true
	default:
		return false
	}
	return true
}
