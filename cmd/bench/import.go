package main

import (
	"context"
	"fmt"
	"time"

	"gifty/domain"
	"gifty/domain/catalogue"
)

const (
	importProducts = 50_000
	importChunk    = 500
)

// benchImport imports made-up products in chunks, until the last is in the read tables.
func benchImport(ctx context.Context, env environment) error {
	k, err := newKernel(ctx, env)
	if err != nil {
		return err
	}
	defer k.close()
	ctx = domain.WithPrincipal(ctx, domain.System)
	commands := catalogue.Commands{Log: k.store}
	began := time.Now()
	for at := 0; at < importProducts; at += importChunk {
		chunk := make([]catalogue.Item, importChunk)
		for i := range chunk {
			price := domain.WholeAmount(int64(100 + (at+i)%20_000))
			chunk[i] = catalogue.Item{
				ID: fmt.Sprint(at + i), Title: fmt.Sprintf("Подарочный набор для рыбалки и отдыха на природе, артикул %d", at+i),
				Price: &price, Currency: "RUB", Category: fmt.Sprint("Категория ", i%40), Merchant: "Bench",
				ProductURL: fmt.Sprint("https://bench.example/item/", at+i), Available: true,
			}
		}
		if _, err := commands.Import(ctx, catalogue.ImportProducts{Source: "bench", Items: chunk}); err != nil {
			return err
		}
	}
	stored := time.Since(began)
	if err := k.engine.CatchUp(ctx); err != nil {
		return err
	}
	print("import.products_per_s", importProducts/stored.Seconds(), "products/s")
	print("import.visible_per_s", importProducts/time.Since(began).Seconds(), "products/s")
	return nil
}
