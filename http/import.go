package http

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/domain/catalogue/feed"
)

const importPath = "/v1/products/import"

// ImportSummary is what became of a feed: each of its records is in one of the counts.
type ImportSummary struct {
	New            int             `json:"new"`
	Changed        int             `json:"changed"`
	Unchanged      int             `json:"unchanged"`
	RefusedCount   int             `json:"refused_count" doc:"Records that are no product."`
	Refused        []LeftLine      `json:"refused" doc:"The first hundred of them."`
	DuplicateCount int             `json:"duplicate_count" doc:"Products that stand in the feed before; the first was taken."`
	Duplicates     []LeftLine      `json:"duplicates" doc:"The first hundred of them."`
	Position       domain.Position `json:"position" doc:"Log position that holds the effect."`
}

// LeftLine is a record of a feed that was left out.
type LeftLine struct {
	Line   int    `json:"line" doc:"On which the record begins, from 1; of a JSON array, the item's number."`
	Code   string `json:"code"`
	Reason string `json:"reason"`
}

func summaryOf(s feed.Summary) ImportSummary {
	return ImportSummary{
		New: s.New, Changed: s.Changed, Unchanged: s.Unchanged, Position: s.Position,
		RefusedCount: s.Refused.Count, Refused: leftLines(s.Refused.First),
		DuplicateCount: s.Duplicates.Count, Duplicates: leftLines(s.Duplicates.First),
	}
}

func leftLines(lines []feed.LeftLine) []LeftLine {
	shown := make([]LeftLine, len(lines)) // an empty list, not null
	for i, l := range lines {
		shown[i] = LeftLine(l)
	}
	return shown
}

type importInput struct {
	CommandInput
	Source   string `query:"source" maxLength:"100" doc:"Names the feed: products of different sources never collide, and the same source again updates its own. Required, unless a JSON body names it." example:"shop"`
	Format   string `query:"format" enum:"jsonl,csv,tsv,rss,yml" doc:"Of the feed; absent: as Content-Type says, and where that leaves it open, what the text looks like."`
	Currency string `query:"currency" pattern:"^[A-Za-z]{3}$" patternDescription:"an ISO 4217 code such as RUB or EUR" doc:"Of prices that name none; RUB when absent."`
	Merchant string `query:"merchant" maxLength:"500" doc:"Of products that name none."`

	request *http.Request
	writer  http.ResponseWriter
	body    *idle // nil before it is read
}

// Resolve lets the handler read the body by itself: huma would hold it in memory whole.
func (in *importInput) Resolve(ctx huma.Context) []error {
	in.request, in.writer = humago.Unwrap(ctx)
	return nil
}

type importAnswer struct {
	CommandHeaders
	Body ImportSummary
}

func registerImport(a *api) {
	handle(a, huma.Operation{
		OperationID: "import-products", Method: http.MethodPost, Path: importPath, Tags: []string{tagCatalogue}, Security: forStaff(account.CrawlerIngest),
		Summary: "Import a feed of products", Errors: commandErrors(http.StatusRequestTimeout),
		Description: `Takes a feed of any length while it arrives: JSONL, CSV or TSV with a header, Google Merchant (RSS 2.0, TSV), Yandex YML;
also gzipped. Or a JSON array of at most 1,000 items. The same feed again changes nothing; a new price keeps what was made from the text.
Records that are no product are listed, and so are products that stand in the feed before (the first is taken, whatever the distance);
the rest is imported, in chunks of 500. When a feed breaks off, what came before is stored, and the error's imported says what that is.

Idempotency-Key names the whole import. After an error or a lost connection the same feed with the same key goes on where it stopped and
answers with the counts of the whole; once answered with success, it gets that answer again and nothing is imported. Another feed with the
same key is refused (409), as soon as it differs from what is stored: once the first feed has been answered with success, nothing of the other
is imported; when the first broke off, nothing from the first chunk on in which they differ, and only what follows the stored chunks
may be new. Of two different feeds sent at the same time with one key, one is refused at its end at the latest, and may be stored in part.
Feeds are compared by the products read from them and the records left out, not by their bytes.`,
		Metadata: map[string]any{streamed: true},
	}, a.importProducts)
	// Only now: a schema here would make huma read the body.
	a.huma.OpenAPI().Paths[importPath].Post.RequestBody = importBodies(a.huma.OpenAPI().Components.Schemas)
}

func (a *api) importProducts(ctx context.Context, in *importInput) (*importAnswer, error) {
	setWriteDeadline(in.writer, time.Time{})
	defer func() { setWriteDeadline(in.writer, time.Now().Add(answerGrace)) }()
	text, err := a.openFeed(in)
	if err != nil {
		return nil, err
	}
	if domain.CommandFrom(ctx) == uuid.Nil {
		// So that a chunk is stored once also when the first try's answer was lost.
		ctx = domain.WithCommand(ctx, uuid.Must(uuid.NewV7()))
	}
	importer := feed.Importer{Catalogue: a.Catalogue, Source: text.source, Persist: persist}
	summary, err := importer.Import(ctx, text.lines)
	if errors.Is(err, domain.ErrCommandReused) {
		return nil, err // what was counted is the first feed's
	}
	shown := summaryOf(summary)
	if err != nil {
		if in.body.late != nil {
			err = in.body.late
		}
		p := *problemOf(feedError(err))
		p.Imported = &shown
		return nil, &p
	}
	headers := CommandHeaders{Position: shown.Position}
	if summary.Repeated {
		headers.Replayed = "true"
	}
	return &importAnswer{headers, shown}, nil
}

// importPatience is how long a step of an import waits for a database that is away.
const importPatience = 2 * time.Minute

func persist(ctx context.Context, step func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, importPatience)
	defer cancel()
	_, err := issue(ctx, func(ctx context.Context, step func(context.Context) error) (out domain.Outcome[struct{}], err error) {
		return out, step(ctx)
	}, step)
	return err
}
