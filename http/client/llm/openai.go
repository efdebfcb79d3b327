package llm

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/shared"

	"gifty/domain/discovery"
)

type openAIVendor struct {
	completions openai.ChatCompletionService
}

// newOpenAI makes the service without the client around it, which would take settings from the
// environment.
func newOpenAI(p Provider, client *http.Client) vendor {
	options := []option.RequestOption{
		option.WithBaseURL(strings.TrimSuffix(p.URL, "/") + "/"), option.WithHTTPClient(client), option.WithMaxRetries(0),
	}
	if p.Key != "" {
		options = append(options, option.WithAPIKey(p.Key))
	}
	return openAIVendor{openai.NewChatCompletionService(options...)}
}

func (v openAIVendor) ask(ctx context.Context, r request) (said, error) {
	params := openai.ChatCompletionNewParams{Model: r.model, Messages: []openai.ChatCompletionMessageParamUnion{openai.SystemMessage(r.system)}}
	for _, t := range r.turns {
		if t.model {
			params.Messages = append(params.Messages, openai.AssistantMessage(t.text))
		} else {
			params.Messages = append(params.Messages, openai.UserMessage(t.text))
		}
	}
	if r.oldLimit {
		params.MaxTokens = param.NewOpt(int64(r.maxTokens))
	} else {
		params.MaxCompletionTokens = param.NewOpt(int64(r.maxTokens))
	}
	if r.temperature != nil {
		params.Temperature = param.NewOpt(*r.temperature)
	}
	if r.schema != nil {
		params.ResponseFormat.OfJSONSchema = &shared.ResponseFormatJSONSchemaParam{
			JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "answer", Strict: param.NewOpt(true), Schema: r.schema},
		}
	}
	c, err := v.completions.New(ctx, params)
	if err != nil {
		return said{}, err
	}
	s := said{model: c.Model, input: int(c.Usage.PromptTokens), output: int(c.Usage.CompletionTokens)}
	if len(c.Choices) == 0 {
		s.failure, s.reason = discovery.FailureEmpty, "no choices"
		return s, nil
	}
	choice := c.Choices[0]
	s.text, s.reason = choice.Message.Content, choice.FinishReason
	switch {
	case choice.Message.Refusal != "" || choice.FinishReason == "content_filter":
		s.failure, s.reason = discovery.FailureRefused, cmp.Or(choice.Message.Refusal, s.reason)
	case choice.FinishReason == "length":
		s.failure = discovery.FailureTruncated
	}
	return s, nil
}
