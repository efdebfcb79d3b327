package embed

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"gifty/domain"
	"gifty/domain/catalogue"
)

// What a service is asked at most.
const (
	batchTexts     = 64          // texts in a request; what TEI and most others take
	requestsAtOnce = 4           // of one call of Embed
	longestText    = 6000        // characters of a text; more would be past the 8,192 tokens of the models in use
	longestAnswer  = 64 << 20    // bytes; 64 texts of 4,096 numbers take 5 MB
	attemptTime    = time.Minute // for one request and its answer
)

// Remote asks a service over HTTP.
type Remote struct {
	model    catalogue.Model
	endpoint string
	key      string // sent as a bearer token when not empty
	protocol protocol
	client   *http.Client
	retry    retry
}

// protocol is how a kind of service is spoken to.
type protocol interface {
	// path is the endpoint's, relative to the URL that people configure.
	path(base string) string
	request(texts []string) any
	// vectors reads the answer to a request of n texts and returns them in the texts' order.
	vectors(answer []byte, n int) ([]catalogue.Vector, error)
}

func newRemote(cfg Config, p protocol) (*Remote, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, domain.Invalid("embedding_url", "the embedding service's URL must start with http:// or https:// and name a host; got %q", cfg.URL)
	}
	if cfg.Dim < 0 {
		return nil, domain.Invalid("embedding_dimension", "the embedding dimension must be positive; got %d", cfg.Dim)
	}
	u.Path = p.path(strings.TrimRight(u.Path, "/"))
	return &Remote{
		model:    catalogue.Model{Name: cfg.Model, Version: orElse(cfg.Version, "1"), Dim: orElse(cfg.Dim, dim)},
		endpoint: u.String(), key: cfg.Key, protocol: p,
		client: &http.Client{Timeout: attemptTime},
		retry:  newRetry(),
	}, nil
}

func orElse[T comparable](v, otherwise T) T {
	var none T
	if v == none {
		return otherwise
	}
	return v
}

// Model is what was configured: the service is not asked what it runs.
func (r *Remote) Model() catalogue.Model { return r.model }

// Embed implements catalogue.Embedder. Over-long texts are cut at a word's end.
func (r *Remote) Embed(ctx context.Context, texts []string) ([]catalogue.Vector, error) {
	if err := catalogue.CheckTexts(texts); err != nil {
		return nil, err
	}
	vectors := make([]catalogue.Vector, len(texts))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(requestsAtOnce)
	for from := 0; from < len(texts); from += batchTexts {
		to := min(from+batchTexts, len(texts))
		g.Go(func() error {
			answered, err := r.batch(ctx, texts[from:to])
			copy(vectors[from:to], answered)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return vectors, nil
}

func (r *Remote) batch(ctx context.Context, texts []string) ([]catalogue.Vector, error) {
	cut := make([]string, len(texts))
	for i, t := range texts {
		cut[i] = shortened(t, longestText)
	}
	body, err := json.Marshal(r.protocol.request(cut))
	if err != nil {
		return nil, fmt.Errorf("encode texts: %w", err)
	}
	var vectors []catalogue.Vector
	err = r.retry.do(ctx, func() error {
		answer, err := r.post(ctx, body)
		if err != nil {
			return err
		}
		if vectors, err = r.protocol.vectors(answer, len(texts)); err != nil {
			return err
		}
		for i, v := range vectors {
			vectors[i] = unit(v)
		}
		return check(r.model, vectors)
	})
	for i, v := range vectors {
		vectors[i] = v.Widened()
	}
	if err != nil {
		return nil, r.explain(ctx, err)
	}
	return vectors, nil
}

// post sends one request and returns the body of a 200, else a failure that says whether to try again.
func (r *Remote) post(ctx context.Context, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if r.key != "" {
		req.Header.Set("Authorization", "Bearer "+r.key)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, &failure{passing: true, cause: err}
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, longestAnswer))
	if err != nil {
		return nil, &failure{passing: true, cause: err}
	}
	if resp.StatusCode != http.StatusOK {
		return nil, refusal(resp, answer)
	}
	return answer, nil
}

// shortened cuts a text to at most limit characters, between words where it can.
func shortened(text string, limit int) string {
	n := 0
	for i := range text {
		if n == limit {
			if end := strings.LastIndexAny(text[:i], " \n\t"); end > 0 {
				return text[:end]
			}
			return text[:i]
		}
		n++
	}
	return text
}
