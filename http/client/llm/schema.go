package llm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// schema is what an answer must fit: wholly when it is checked, and as much of it as all vendors
// understand when they constrain a model to it.
type schema struct {
	checked *jsonschema.Schema
	told    map[string]any
	text    []byte
}

func compile(source json.RawMessage) (*schema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(source))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("gifty:answer", document); err != nil {
		return nil, err
	}
	checked, err := compiler.Compile("gifty:answer")
	if err != nil {
		return nil, err
	}
	var whole map[string]any
	if err := json.Unmarshal(source, &whole); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = json.Compact(&text, source)
	return &schema{checked: checked, told: common(whole), text: text.Bytes()}, err
}

// common is what all vendors' constrained output understands of a schema. None of them takes limits of
// lengths everywhere: those are checked afterwards.
func common(s map[string]any) map[string]any {
	out := map[string]any{}
	for keyword, value := range s {
		switch keyword {
		case "type", "description", "enum", "required", "additionalProperties":
			out[keyword] = value
		case "items":
			if inner, ok := value.(map[string]any); ok {
				out[keyword] = common(inner)
			}
		case "properties":
			inner := map[string]any{}
			for name, property := range value.(map[string]any) {
				if p, ok := property.(map[string]any); ok {
					inner[name] = common(p)
				}
			}
			out[keyword] = inner
		}
	}
	return out
}

// object finds the answer in what a model wrote: all of it or, where a model was not held to JSON and
// wrote around it, from the first opening brace to the last closing one.
func object(text string) (json.RawMessage, error) {
	text = strings.TrimSpace(text)
	if !json.Valid([]byte(text)) {
		from, to := strings.IndexByte(text, '{'), strings.LastIndexByte(text, '}')
		if from < 0 || to < from || !json.Valid([]byte(text[from:to+1])) {
			return nil, errors.New("the answer is not JSON")
		}
		text = text[from : to+1]
	}
	return json.RawMessage(text), nil
}

// check says in words for the model how an answer does not fit.
func (s *schema) check(answer json.RawMessage) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(answer))
	if err != nil {
		return err
	}
	err = s.checked.Validate(value)
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return err
	}
	var wrong []string
	leaves(invalid, message.NewPrinter(language.English), &wrong)
	return errors.New(strings.Join(wrong, "; "))
}

// mostWrong is how many faults a model is told of at once.
const mostWrong = 8

func leaves(e *jsonschema.ValidationError, in *message.Printer, wrong *[]string) {
	for _, cause := range e.Causes {
		leaves(cause, in, wrong)
	}
	if len(e.Causes) == 0 && len(*wrong) < mostWrong {
		*wrong = append(*wrong, fmt.Sprintf("at /%s: %s", strings.Join(e.InstanceLocation, "/"), e.ErrorKind.LocalizedString(in)))
	}
}
