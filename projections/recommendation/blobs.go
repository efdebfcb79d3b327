package recommendation

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"gifty/domain/recommendation"
)

// Page is the page as it was served: a recommendation.Recommended as JSON, always the same bytes.
func (r Recommendation) Page(ctx context.Context, blobs recommendation.Blobs) (json.RawMessage, error) {
	return blob(ctx, blobs, r.PageSHA256)
}

// Considered is all that the page was chosen from.
func (r Recommendation) Considered(ctx context.Context, blobs recommendation.Blobs) (recommendation.Considered, error) {
	if r.ConsideredSHA256 == nil {
		return considered(ctx, blobs, nil)
	}
	sum, err := hex.DecodeString(*r.ConsideredSHA256)
	if err != nil {
		return recommendation.Considered{}, fmt.Errorf("blob %q: %w", *r.ConsideredSHA256, err)
	}
	return considered(ctx, blobs, sum)
}

// considered reads what was considered under a SHA-256, nothing under none.
func considered(ctx context.Context, blobs recommendation.Blobs, sum []byte) (recommendation.Considered, error) {
	c := recommendation.Considered{FeatureNames: []string{}, Candidates: []recommendation.Candidate{}}
	if len(sum) == 0 {
		return c, nil
	}
	bytes, err := blobs.Blob(ctx, sum)
	if err == nil {
		err = json.Unmarshal(bytes, &c)
	}
	if err != nil {
		return c, fmt.Errorf("blob %x: %w", sum, err)
	}
	return c, nil
}

func blob(ctx context.Context, blobs recommendation.Blobs, sum string) ([]byte, error) {
	key, err := hex.DecodeString(sum)
	if err != nil {
		return nil, fmt.Errorf("blob %q: %w", sum, err)
	}
	bytes, err := blobs.Blob(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("blob %s: %w", sum, err)
	}
	return bytes, nil
}
