package llm

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/genai"

	"gifty/domain/discovery"
)

type geminiVendor struct{ models *genai.Models }

func newGemini(p Provider, client *http.Client) (vendor, error) {
	c, err := genai.NewClient(context.Background(), &genai.ClientConfig{
		Backend: genai.BackendGeminiAPI, APIKey: p.Key, HTTPClient: client,
		HTTPOptions: genai.HTTPOptions{BaseURL: strings.TrimSuffix(p.URL, "/") + "/"},
	})
	if err != nil {
		return nil, err
	}
	return geminiVendor{c.Models}, nil
}

func (v geminiVendor) ask(ctx context.Context, r request) (said, error) {
	config := &genai.GenerateContentConfig{
		SystemInstruction: genai.NewContentFromText(r.system, genai.RoleUser), MaxOutputTokens: int32(r.maxTokens), ResponseMIMEType: "application/json",
	}
	if r.schema != nil {
		config.ResponseJsonSchema = r.schema
	}
	if r.temperature != nil {
		config.Temperature = new(float32(*r.temperature))
	}
	var contents []*genai.Content
	for _, t := range r.turns {
		role := genai.Role(genai.RoleUser)
		if t.model {
			role = genai.RoleModel
		}
		contents = append(contents, genai.NewContentFromText(t.text, role))
	}
	c, err := v.generate(ctx, r.model, contents, config)
	if err != nil {
		return said{}, err
	}
	s := said{model: c.ModelVersion}
	if u := c.UsageMetadata; u != nil {
		s.input, s.output = int(u.PromptTokenCount), int(u.CandidatesTokenCount+u.ThoughtsTokenCount)
	}
	s.read(c)
	return s, nil
}

// generate is the client's method, which panics at a reply of a shape that it does not expect.
func (v geminiVendor) generate(ctx context.Context, model string, contents []*genai.Content, config *genai.GenerateContentConfig) (c *genai.GenerateContentResponse, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the reply has an unexpected shape: %v", fault)
		}
	}()
	return v.models.GenerateContent(ctx, model, contents, config)
}

func (s *said) read(c *genai.GenerateContentResponse) {
	if f := c.PromptFeedback; f != nil && f.BlockReason != "" {
		s.failure, s.reason = discovery.FailureRefused, cmp.Or(f.BlockReasonMessage, string(f.BlockReason))
		return
	}
	if len(c.Candidates) == 0 {
		s.failure, s.reason = discovery.FailureEmpty, "no candidates"
		return
	}
	candidate := c.Candidates[0]
	if candidate.Content != nil {
		for _, part := range candidate.Content.Parts {
			if !part.Thought {
				s.text += part.Text
			}
		}
	}
	s.reason = string(candidate.FinishReason)
	switch candidate.FinishReason {
	case genai.FinishReasonMaxTokens:
		s.failure = discovery.FailureTruncated
	case genai.FinishReasonSafety, genai.FinishReasonRecitation, genai.FinishReasonBlocklist, genai.FinishReasonProhibitedContent,
		genai.FinishReasonSPII, genai.FinishReasonLanguage:
		s.failure = discovery.FailureRefused
	}
}
