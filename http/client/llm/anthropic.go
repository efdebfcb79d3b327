package llm

import (
	"context"
	"net/http"
	"strings"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
	"github.com/anthropics/anthropic-sdk-go/packages/param"

	"gifty/domain/discovery"
)

type anthropicVendor struct{ messages anthropic.MessageService }

// newAnthropic makes the service without the client around it, which would take settings from the
// environment.
func newAnthropic(p Provider, client *http.Client) vendor {
	return anthropicVendor{anthropic.NewMessageService(
		option.WithBaseURL(strings.TrimSuffix(p.URL, "/")+"/"), option.WithAPIKey(p.Key), option.WithHTTPClient(client), option.WithMaxRetries(0),
	)}
}

func (v anthropicVendor) ask(ctx context.Context, r request) (said, error) {
	params := anthropic.MessageNewParams{
		Model: r.model, MaxTokens: int64(r.maxTokens), System: []anthropic.TextBlockParam{{Text: r.system}},
	}
	for _, t := range r.turns {
		if t.model {
			params.Messages = append(params.Messages, anthropic.NewAssistantMessage(anthropic.NewTextBlock(t.text)))
		} else {
			params.Messages = append(params.Messages, anthropic.NewUserMessage(anthropic.NewTextBlock(t.text)))
		}
	}
	if r.temperature != nil {
		params.Temperature = param.NewOpt(min(*r.temperature, 1)) // its scale ends there
	}
	if r.schema != nil {
		params.OutputConfig.Format = anthropic.JSONOutputFormatParam{Schema: r.schema}
	}
	m, err := v.messages.New(ctx, params)
	if err != nil {
		return said{}, err
	}
	// What was read from or written to its cache was read, too.
	input := m.Usage.InputTokens + m.Usage.CacheReadInputTokens + m.Usage.CacheCreationInputTokens
	s := said{model: m.Model, input: int(input), output: int(m.Usage.OutputTokens)}
	var text strings.Builder
	for _, block := range m.Content {
		if block.Type == "text" {
			text.WriteString(block.Text)
		}
	}
	s.text = text.String()
	switch m.StopReason {
	case anthropic.StopReasonMaxTokens, anthropic.StopReasonModelContextWindowExceeded:
		s.failure = discovery.FailureTruncated
	case anthropic.StopReasonRefusal:
		s.failure = discovery.FailureRefused
	}
	s.reason = string(m.StopReason)
	return s, nil
}
