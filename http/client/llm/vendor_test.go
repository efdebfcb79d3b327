package llm

import (
	"encoding/json"
	"reflect"
	"testing"

	"gifty/domain"
	"gifty/domain/discovery"
)

// held is the part of wordSchema that models are held to: what no vendor takes is left out.
const held = `{"type": "object", "properties": {"word": {"type": "string", "description": "one"}, "list": {"type": "array", "items": {"type": "object",
	"properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": false}}}, "required": ["word", "list"], "additionalProperties": false}`

// Every vendor is asked as its documents want it, to the last field.
func TestRequests(t *testing.T) {
	t.Parallel()
	openAI := func(limit string) string {
		return `{"model": "gpt-fast", "messages": [{"role": "system", "content": "Say a word."}, {"role": "user", "content": "<data>\n{}\n</data>"}], "` + limit + `": 500,
			"temperature": 0.5, "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "strict": true, "schema": ` + held + `}}}`
	}
	want := map[string]string{
		"anthropic": `{"model": "claude-fast", "max_tokens": 500, "temperature": 0.5, "system": [{"type": "text", "text": "Say a word."}],
			"messages": [{"role": "user", "content": [{"type": "text", "text": "<data>\n{}\n</data>"}]}],
			"output_config": {"format": {"type": "json_schema", "schema": ` + held + `}}}`,
		"openai":    openAI("max_completion_tokens"),
		"elsewhere": openAI("max_tokens"),
		"gemini": `{"systemInstruction": {"role": "user", "parts": [{"text": "Say a word."}]}, "contents": [{"role": "user", "parts": [{"text": "<data>\n{}\n</data>"}]}],
			"generationConfig": {"temperature": 0.5, "maxOutputTokens": 500, "responseMimeType": "application/json", "responseJsonSchema": ` + held + `}}`,
	}
	for _, d := range dialects() {
		t.Run(d.provider.Name, func(t *testing.T) {
			t.Parallel()
			p, s := served(t, d, fine(d.said(word)))
			chain, _ := chained(t, Config{}, p)
			if _, err := chain.Complete(t.Context(), prompt()); err != nil {
				t.Fatal(err)
			}
			var wanted map[string]any
			if err := json.Unmarshal([]byte(want[p.Name]), &wanted); err != nil {
				t.Fatal(err)
			}
			if len(s.asked) != 1 || !reflect.DeepEqual(s.asked[0], wanted) {
				got, _ := json.Marshal(s.asked)
				t.Errorf("asked %s", got)
			}
		})
	}
}

// What was answered is told whole: the words, who said them, what they took, and the bytes.
func TestReplies(t *testing.T) {
	t.Parallel()
	amount := func(s string) domain.Amount {
		a, err := domain.NewAmount(s)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, d := range dialects() {
		t.Run(d.provider.Name, func(t *testing.T) {
			t.Parallel()
			raw := d.said("Here it is:\n```json\n" + word + "\n```")
			p, _ := served(t, d, fine(raw))
			chain, clock := chained(t, Config{Prices: map[string]Price{p.Fast: {Input: amount("1"), Output: amount("5")}}}, p)
			got, err := chain.Complete(t.Context(), prompt())
			if err != nil || string(got.JSON) != word || string(got.Raw) != raw || len(got.Calls) != 1 || len(clock.waits) > 0 {
				t.Fatalf("%+v, %v", got, err)
			}
			call := got.Calls[0]
			if got.Model != call.Model || call.Model[len(call.Model)-7:] != "-fast-1" || call.DurationMS <= 0 || string(call.Raw) != raw {
				t.Errorf("%+v", call)
			}
			cost := call.Cost
			call.Model, call.DurationMS, call.Raw, call.Cost = "", 0, nil, nil
			want := discovery.ModelCall{Purpose: "words", Prompt: "word", PromptVersion: "3", Provider: p.Name, InputTokens: 120, OutputTokens: 34}
			if !reflect.DeepEqual(call, want) {
				t.Errorf("%+v", call)
			}
			if cost == nil || cost.Amount.String() != "0.00029" || cost.Currency != "USD" {
				t.Errorf("it cost %+v", cost)
			}
		})
	}
}

// Settings for the vendors' clients that other programs left in the environment change nothing.
func TestTheEnvironmentIsNotHeard(t *testing.T) {
	for _, name := range []string{
		"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_CLOUD_PROJECT",
	} {
		t.Setenv(name, "from-elsewhere")
	}
	for _, name := range []string{"ANTHROPIC_BASE_URL", "OPENAI_BASE_URL", "GOOGLE_GEMINI_BASE_URL"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	t.Setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
	for _, d := range dialects() {
		p, _ := served(t, d, fine(d.said(word)))
		chain, _ := chained(t, Config{}, p)
		if _, err := chain.Complete(t.Context(), prompt()); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}
