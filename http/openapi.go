package http

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// apiVersion is the description's; it grows with the API, not with the program.
const apiVersion = "1.0.0"

// Tags group operations in the documentation.
const (
	tagAccess          = "Access"
	tagRecipients      = "Recipients"
	tagCatalogue       = "Catalogue"
	tagHypotheses      = "Hypotheses"
	tagDiscoveries     = "Discovery"
	tagRecommendations = "Recommendations"
	tagInteractions    = "Interactions"
	tagAnalytics       = "Analytics"
	tagConfiguration   = "Configuration"
	tagOperations      = "Operations"
)

func description() *huma.OpenAPI {
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title:   "Gifty",
			Version: apiVersion,
			Description: `Describe a person, get gift ideas with real products behind them.

**Commands** change something. Each answers with the log position that holds its effect, in its body and in the header
Gifty-Position. With an Idempotency-Key a retry is safe: it gets the first answer. Where you edit something, send the
ETag you read as If-Match, and a change that crossed yours is not lost.

**Queries** read. A query with min_position waits until its answer includes that position, so you can read your own
writes. Lists come in pages: pass next as cursor until it is absent.

**Who may call** what is said with each operation, as schemes and the scopes that they need. What is a giver's own is seen
and changed by that giver alone: an anonymous one (create-anonymous-giver), one who signed in, or the one that a token is of.

**Errors** are application/problem+json (RFC 9457). Programs switch on code; errors names the inputs at fault. Malformed
JSON is 400, JSON that does not fit is 422, and 503 comes with Retry-After.`,
		},
		Servers: []*huma.Server{{URL: "/"}},
		Tags: []*huma.Tag{
			{Name: tagAccess, Description: "Who you are."},
			{Name: tagRecipients, Description: "The people that gifts are for."},
			{Name: tagCatalogue, Description: "Products: import, look up, search."},
			{Name: tagHypotheses, Description: "Gift ideas, and the products behind them."},
			{Name: tagDiscoveries, Description: "Dialogues: topics become tracks of ideas, and each reaction changes what comes next."},
			{Name: tagRecommendations, Description: "Pages of gifts, why they are as they are, and what becomes of them."},
			{Name: tagInteractions, Description: "What givers did, and what was searched."},
			{Name: tagAnalytics, Description: "Questions to the log, and their answers."},
			{Name: tagConfiguration, Description: "The product's rules, texts and lists, as versions of which one is in force."},
			{Name: tagOperations, Description: "How the server is."},
		},
		Components: &huma.Components{Schemas: newSchemas(), SecuritySchemes: securitySchemes()},
	}
}

// Errors that operations document besides 422 and 500, which huma adds.
func readErrors(more ...int) []int {
	return append([]int{http.StatusUnauthorized, http.StatusUnprocessableEntity, http.StatusServiceUnavailable}, more...)
}

func commandErrors(more ...int) []int {
	return append([]int{
		http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusConflict,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusServiceUnavailable,
	}, more...)
}

func editErrors(more ...int) []int {
	return append(commandErrors(http.StatusNotFound, http.StatusPreconditionFailed), more...)
}

// example sets the request's example, which the documentation's form starts with.
func example(value any) *huma.RequestBody {
	return &huma.RequestBody{Content: map[string]*huma.MediaType{"application/json": {Example: value}}}
}

// openAnswers lets answers grow: only what clients send is closed to unknown fields, which catches
// their typing errors. A client must not choke on a field that is new.
func openAnswers(api *huma.OpenAPI) {
	sent := map[string]bool{}
	for _, path := range api.Paths {
		for _, op := range []*huma.Operation{path.Post, path.Put, path.Patch} {
			if op == nil || op.RequestBody == nil {
				continue
			}
			for _, media := range op.RequestBody.Content {
				reach(api.Components.Schemas, media.Schema, sent)
			}
		}
	}
	for name, s := range api.Components.Schemas.Map() {
		if !sent[schemaPrefix+name] {
			s.AdditionalProperties = nil
		}
	}
}

// reach notes the components that a schema of objects and lists leads to.
func reach(all huma.Registry, s *huma.Schema, seen map[string]bool) {
	if s == nil || seen[s.Ref] {
		return
	}
	if s.Ref != "" {
		seen[s.Ref] = true
		s = all.SchemaFromRef(s.Ref)
	}
	for _, property := range s.Properties {
		reach(all, property, seen)
	}
	reach(all, s.Items, seen)
}
