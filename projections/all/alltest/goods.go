package alltest

import (
	"context"

	"gifty/domain"
	"gifty/domain/catalogue"
)

// goods shows the catalogue to the discovery context.
type goods struct{ log domain.Log }

func (g goods) ProductExists(ctx context.Context, giftID string) (bool, error) {
	streams, err := g.log.Streams(ctx, catalogue.ProductStream(giftID))
	return len(streams) > 0, err
}
