package http

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/catalogue"
	"gifty/domain/catalogue/feed"
)

const importPath = "/v1/products/import"

// ImportSummary is what became of a feed.
type ImportSummary struct {
	New          int             `json:"new"`
	Changed      int             `json:"changed"`
	Unchanged    int             `json:"unchanged"`
	RefusedCount int             `json:"refused_count" doc:"Records that are no product."`
	Refused      []RefusedLine   `json:"refused" doc:"The first hundred of them."`
	Position     domain.Position `json:"position" doc:"Log position that holds the effect."`
}

// RefusedLine is a record of a feed that is no product.
type RefusedLine struct {
	Line   int    `json:"line" doc:"On which the record begins, from 1; of a JSON array, the item's number."`
	Code   string `json:"code"`
	Reason string `json:"reason"`
}

// shownRefusals is how many refused records an answer lists.
const shownRefusals = 100

func (s *ImportSummary) refuse(l feed.Line) {
	s.RefusedCount++
	if len(s.Refused) == shownRefusals {
		return
	}
	refused := RefusedLine{Line: l.Number, Reason: l.Refused.Error()}
	var known *domain.Error
	if errors.As(l.Refused, &known) {
		refused.Code, refused.Reason = known.Code, known.Message
	}
	s.Refused = append(s.Refused, refused)
}

func (s *ImportSummary) add(out domain.Outcome[catalogue.Imported]) {
	s.New += out.Result.New
	s.Changed += out.Result.Changed
	s.Unchanged += out.Result.Unchanged
	s.Position = max(s.Position, out.Position)
}

type importInput struct {
	CommandInput
	Source   string `query:"source" maxLength:"100" doc:"Names the feed: products of different sources never collide, and the same source again updates its own. Required, unless a JSON body names it." example:"shop"`
	Format   string `query:"format" enum:"jsonl,csv,tsv,rss,yml" doc:"Of the feed; absent: as Content-Type says, and where that leaves it open, what the text looks like."`
	Currency string `query:"currency" pattern:"^[A-Za-z]{3}$" patternDescription:"an ISO 4217 code such as RUB or EUR" doc:"Of prices that name none; RUB when absent."`
	Merchant string `query:"merchant" maxLength:"500" doc:"Of products that name none."`

	request *http.Request
	writer  http.ResponseWriter
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
		OperationID: "import-products", Method: http.MethodPost, Path: importPath, Tags: []string{tagCatalogue},
		Summary: "Import a feed of products", Errors: commandErrors(http.StatusRequestTimeout),
		Description: `Takes a feed of any length while it arrives: JSONL, CSV or TSV with a header, Google Merchant (RSS 2.0, TSV), Yandex YML;
also gzipped. Or a JSON array of at most 1,000 items. The same feed again changes nothing; a new price keeps what was made from the text.
Records that are no product are listed, and the rest is imported. When a feed breaks off, what came before is stored, and the
error's imported says what that is.`,
		Metadata: map[string]any{streamed: true},
	}, a.importProducts)
	// Only now: a schema here would make huma read the body.
	a.huma.OpenAPI().Paths[importPath].Post.RequestBody = importBodies(a.huma.OpenAPI().Components.Schemas)
}

// importChunk is how many products one command takes.
const importChunk = 500

// chunkTime bounds one chunk's command; while the database is away it waits that long.
const chunkTime = 2 * time.Minute

func (a *api) importProducts(ctx context.Context, in *importInput) (*importAnswer, error) {
	setWriteDeadline(in.writer, time.Time{})
	defer func() { setWriteDeadline(in.writer, time.Now().Add(answerGrace)) }()
	text, err := a.openFeed(in)
	if err != nil {
		return nil, err
	}
	i := &importing{commands: a.Catalogue, source: text.source, key: domain.CommandFrom(ctx), summary: ImportSummary{Refused: []RefusedLine{}}}
	if err := i.run(ctx, text.lines); err != nil {
		p := *problemOf(feedError(err))
		p.Imported = &i.summary
		return nil, &p
	}
	headers := CommandHeaders{Position: i.summary.Position}
	if i.chunks > 0 && i.repeated == i.chunks {
		headers.Replayed = "true"
	}
	return &importAnswer{headers, i.summary}, nil
}

// importing is one feed on its way into the catalogue, in chunks that are a command each.
type importing struct {
	commands catalogue.Commands
	source   string
	key      uuid.UUID // of the request; uuid.Nil without one
	summary  ImportSummary

	chunk            []catalogue.Item
	chunks, repeated int
}

func (i *importing) run(ctx context.Context, lines iter.Seq2[feed.Line, error]) error {
	for line, err := range lines {
		if err != nil {
			// What came before the feed broke off is stored, under a name of its own: the whole
			// feed, sent again with the same key, has another chunk in this place.
			return errors.Join(i.flush(ctx, "broken"), err)
		}
		if line.Refused != nil {
			i.summary.refuse(line)
			continue
		}
		if i.chunk = append(i.chunk, line.Item); len(i.chunk) == importChunk {
			if err := i.flush(ctx, "chunk"); err != nil {
				return err
			}
		}
	}
	return i.flush(ctx, "chunk")
}

func (i *importing) flush(ctx context.Context, kind string) error {
	if len(i.chunk) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, chunkTime)
	defer cancel()
	if i.key != uuid.Nil {
		ctx = domain.WithCommand(ctx, uuid.NewSHA1(i.key, fmt.Appendf(nil, "%s %d", kind, i.chunks)))
	}
	out, err := issue(ctx, i.commands.Import, catalogue.ImportProducts{Source: i.source, Items: i.chunk})
	if err != nil {
		return err
	}
	i.summary.add(out)
	i.chunks++
	if out.Repeated {
		i.repeated++
	}
	i.chunk = i.chunk[:0]
	return nil
}
