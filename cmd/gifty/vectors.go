package main

import (
	"context"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/schollz/progressbar/v3"

	"gifty/domain"
	domaincatalogue "gifty/domain/catalogue"
	"gifty/projections/catalogue"
)

type vectorsCommand struct {
	List   listVectorsCommand   `cmd:"" default:"1" help:"List the models that there are vectors of, and how many products have one."`
	Make   makeVectorsCommand   `cmd:"" help:"Make what is missing of the model that the settings name, beside a server that searches by another: then start servers with these settings."`
	Retire retireVectorsCommand `cmd:"" help:"Remove the vectors of a model by which no server searches any more."`
}

// withVectors is for commands about the vectors that the log has by now.
func withVectors(ctx context.Context, config Config, c console, do func(*app) error) error {
	a, err := openUpToDate(ctx, config, c)
	if err != nil {
		return err
	}
	defer a.close()
	return do(a)
}

type listVectorsCommand struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Run lists them; the present model stands there even when it has none yet.
func (cmd listVectorsCommand) Run(ctx context.Context, config Config, c console) error {
	return withVectors(ctx, config, c, func(a *app) error {
		models, err := catalogue.EmbeddingModels(ctx, a.pool)
		if err != nil {
			return err
		}
		if cmd.JSON {
			return printJSON(c.out, models)
		}
		products, err := catalogue.CountProducts(ctx, a.pool)
		if err != nil {
			return err
		}
		mine := a.embedder.Model()
		if !slices.ContainsFunc(models, func(m catalogue.EmbeddingModel) bool { return m.Name == mine.Name && m.Version == mine.Version }) {
			models = append(models, catalogue.EmbeddingModel{Name: mine.Name, Version: mine.Version, Dim: mine.Dim})
		}
		w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "MODEL\tVERSION\tDIM\tPRODUCTS\tVECTORS\t")
		for _, m := range models {
			note := ""
			if m.Name == mine.Name && m.Version == mine.Version {
				note = "searched by with these settings"
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%d of %d\t%d\t%s\n", m.Name, m.Version, m.Dim, m.Present, products, m.Vectors, note)
		}
		return w.Flush()
	})
}

type makeVectorsCommand struct{}

// Run makes them, drawing a bar.
func (makeVectorsCommand) Run(ctx context.Context, config Config, c console) error {
	return withVectors(ctx, config, c, func(a *app) error {
		if err := a.embedAll(ctx, c.err); err != nil {
			return err
		}
		m := a.embedder.Model()
		_, err := fmt.Fprintf(c.out, "all products that can have a vector of %s %s have it\n", m.Name, m.Version)
		return err
	})
}

type retireVectorsCommand struct {
	Model   string `arg:"" help:"Its name, as gifty vectors lists it."`
	Version string `arg:"" help:"Its version."`
}

// Run retires them a batch at a time; what was stopped is gone on with by the same again.
func (cmd retireVectorsCommand) Run(ctx context.Context, config Config, c console) error {
	return withVectors(ctx, config, c, func(a *app) error {
		models, err := catalogue.EmbeddingModels(ctx, a.pool)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(models, func(m catalogue.EmbeddingModel) bool { return m.Name == cmd.Model && m.Version == cmd.Version })
		switch mine := a.embedder.Model(); {
		case at < 0:
			return domain.NotFound("vectors_unknown", "there are no vectors of %s %s; gifty vectors lists what there is", cmd.Model, cmd.Version)
		case mine.Name == cmd.Model && mine.Version == cmd.Version:
			return domain.Conflict("vectors_in_use", "these settings search by %s %s; retire it with those of another embedder (GIFTY_EMBEDDER), once no server uses it", cmd.Model, cmd.Version)
		}
		switch servers, err := a.engine.Users(ctx, usedVectors(cmd.Model, cmd.Version)); {
		case err != nil:
			return err
		case servers > 0:
			return domain.Conflict("vectors_in_use", "a running server searches by %s %s; start servers with another embedder (GIFTY_EMBEDDER) in its place, and retire it then", cmd.Model, cmd.Version)
		}
		bar := newBar(c.err, int64(models[at].Vectors), "retiring vectors", progressbar.OptionSetItsString("products"), progressbar.OptionShowIts())
		defer bar.end(c.err)
		retired, last, err := a.retireVectors(ctx, cmd.Model, cmd.Version, bar.move)
		if err != nil {
			return err
		}
		if err := a.engine.Wait(ctx, last, catalogue.Embeddings.Name); err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.out, "%d vectors of %s %s are retired\n", retired, cmd.Model, cmd.Version)
		return err
	})
}

// usedVectors is the name under which servers say that they search by a model.
func usedVectors(model, version string) string { return "vectors " + model + " " + version }

func (a *app) retireVectors(ctx context.Context, model, version string, moved func(int)) (retired int, last domain.Position, err error) {
	ctx = domain.WithPrincipal(ctx, domain.Principal{Role: domain.RoleWorker})
	for after := ""; ; {
		ids, err := catalogue.EmbeddedBy(ctx, a.pool, model, version, after, embeddingBatch)
		if err != nil || len(ids) == 0 {
			return retired, last, err
		}
		done, err := a.catalogue.RetireVectors(ctx, domaincatalogue.RetireVectors{Model: model, Version: version, GiftIDs: ids})
		if err != nil {
			return retired, last, err
		}
		retired, last, after = retired+done.Result, max(last, done.Position), ids[len(ids)-1]
		moved(len(ids))
	}
}
