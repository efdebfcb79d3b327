package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"gifty/domain"
	domainrecommendation "gifty/domain/recommendation"
	"gifty/projections/recommendation"
)

type explainCommand struct {
	ID       uuid.UUID `arg:"" name:"recommendation" help:"The recommendation's id."`
	Personal bool      `help:"Explain another giver's page too, which tells of a person. Whoever can run this may say so, and answers for where the output goes."`
	JSON     bool      `name:"json" help:"Print all of it as JSON, every candidate that dropped out among it."`
}

// explained is a page taken apart.
type explained struct {
	domainrecommendation.Recommended
	domainrecommendation.Considered
}

// Run says why a page was as it was: what each gift's score is made of, and why others were left out.
func (cmd explainCommand) Run(ctx context.Context, config Config, c console) error {
	a, err := openUpToDate(ctx, config, c)
	if err != nil {
		return err
	}
	defer a.close()
	row, err := recommendation.Find(ctx, a.read, cmd.ID)
	if err != nil {
		return err
	}
	if row.GiverID != domain.LocalGiver.Giver && !cmd.Personal {
		return domain.Forbidden("page_of_another", "this page was another giver's: add --personal to explain it all the same")
	}
	page, err := row.Page(ctx, a.store)
	if err != nil {
		return err
	}
	var e explained
	if err := json.Unmarshal(page, &e.Recommended); err != nil {
		return err
	}
	if e.Considered, err = row.Considered(ctx, a.store); err != nil {
		return err
	}
	if cmd.JSON {
		return printJSON(c.out, e)
	}
	e.print(c.out)
	return nil
}

func (e explained) print(w io.Writer) {
	fmt.Fprintf(w, "%s: policy %s %d, seed %d, catalogue as of position %d, vectors by %s\n",
		e.RecommendationID, e.Policy.Name, e.Policy.Version, e.Seed, e.CataloguePosition, e.EmbeddingModel)
	if e.Notice != nil {
		fmt.Fprintf(w, "%s (%s)\n", e.Notice.Text, e.Notice.Code)
	}
	for _, item := range e.Items {
		fmt.Fprintf(w, "\n%2d. %s\n    %s\n    score %.3f, propensity %.3f%s; found by %q\n",
			item.Position, item.Gift.Title, item.Reason, item.Score, item.Propensity, map[bool]string{true: ", exploratory"}[item.Exploratory], item.Query)
		for _, f := range item.Features {
			fmt.Fprintf(w, "    %+7.3f  %s: %.3f × %.2f", f.Contribution, f.Name, f.Value, f.Weight)
			if len(f.Because) > 0 {
				fmt.Fprintf(w, "  (%s)", strings.Join(f.Because, ", "))
			}
			fmt.Fprintln(w)
		}
		for _, i := range item.Influences {
			fmt.Fprintf(w, "    %+7.3f  %s of %q, event %s\n", i.Effect, i.Kind, i.Title, i.EventID)
		}
	}
	dropped := map[string]int{}
	for _, c := range e.Candidates {
		if c.Dropped != "" {
			dropped[c.Dropped]++
		}
	}
	fmt.Fprintf(w, "\n%d candidates were considered; left out:\n", len(e.Candidates))
	for _, why := range slices.Sorted(maps.Keys(dropped)) {
		fmt.Fprintf(w, "  %4d  %s\n", dropped[why], why)
	}
}
