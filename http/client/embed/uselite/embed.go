package uselite

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// batchPieces is about how many pieces go through the network at once: enough to share the weights,
// few enough for the activations (6 kB a piece) to stay in a core's own cache.
const batchPieces = 128

// Embed returns a vector of Dim numbers and unit length for each text, in order, or nil for a text
// that has no pieces (an empty one). It uses all cores and stops with ctx's error when ctx ends.
func (m *Model) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	var batch [][]int32
	var places []int
	pieces := 0
	flush := func() {
		if pieces == 0 {
			return
		}
		ids, at := batch, places
		batch, places, pieces = nil, nil, 0
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			for i, v := range m.encode(ids) {
				vectors[at[i]] = v
			}
			return nil
		})
	}
	for i, text := range texts {
		ids := m.tokenizer.tokenize(text, MaxPieces)
		if pieces+len(ids) > batchPieces {
			flush()
		}
		if len(ids) > 0 {
			batch, places, pieces = append(batch, ids), append(places, i), pieces+len(ids)
		}
	}
	flush()
	return vectors, g.Wait()
}
