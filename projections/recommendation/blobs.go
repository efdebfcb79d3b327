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
	considered := recommendation.Considered{FeatureNames: []string{}, Candidates: []recommendation.Candidate{}}
	if r.ConsideredSHA256 == nil {
		return considered, nil
	}
	bytes, err := blob(ctx, blobs, *r.ConsideredSHA256)
	if err == nil {
		err = json.Unmarshal(bytes, &considered)
	}
	return considered, err
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
