package analytics

import (
	"context"
	"encoding/json"
	"time"

	"gifty/domain"
	"gifty/domain/analytics"
	"gifty/domain/catalogue"
	"gifty/eventstore"
	"gifty/projections"
)

// Question is funnels over a part of the log. They are folded together, in one pass.
type Question struct {
	Funnels []analytics.Definition
	// From and To bound when events occurred: from inclusive, to exclusive; zero: no bound.
	From, To time.Time
	// UpTo is the position, or AsOf the moment, up to which the log is taken as it was; neither: all of it.
	UpTo *domain.Position
	AsOf time.Time
	// Personal allows questions about personal fields.
	Personal bool
}

// Answer is what the log says.
type Answer struct {
	From *time.Time `json:"from,omitempty"`
	To   *time.Time `json:"to,omitempty"`
	// Personal tells that personal fields were allowed, so that whoever may not see them must not see this.
	Personal bool               `json:"personal,omitempty" doc:"Personal fields were allowed: who reads this needs the scope analyst:personal."`
	UpTo     domain.Position    `json:"up_to" doc:"The log was taken up to this position. The same question with it has the same answer, whenever it is asked."`
	Reports  []analytics.Report `json:"reports" doc:"In the order in which the funnels were asked."`
}

// clockSkew is by how much events may be out of the order of their times at most: what lies further
// behind the end of a question's time is not read.
const clockSkew = time.Hour

// Prepared is a question that can be asked: nothing in it is unknown, and it is not empty.
type Prepared struct {
	question    Question
	personal    bool // the answer may tell of personal fields
	plan        *analytics.Plan
	engine      *projections.Engine
	after, upTo domain.Position
}

// Analyst asks an engine's log.
type Analyst struct {
	Engine *projections.Engine
	// Embedder makes vectors of what was searched for; nil: gaps are not told.
	Embedder catalogue.Embedder
	// Own gives the funnels that the configuration keeps, and its version; nil: there are none.
	Own func(context.Context) ([]analytics.Definition, int, error)

	db   projections.Querier
	live *Live
	kpis *LiveKPIs
}

// NewAnalyst makes an analyst who keeps the funnels that come with the product up to date.
func NewAnalyst(e *projections.Engine, db projections.Querier) (*Analyst, error) {
	live, err := NewLive(e, db)
	return &Analyst{Engine: e, db: db, live: live, kpis: newLiveKPIs(e)}, err
}

// Funnels are those that can be asked by name: the product's, then the configuration's.
func (a *Analyst) Funnels(ctx context.Context) ([]analytics.Definition, error) {
	if a.Own == nil {
		return analytics.Shipped()
	}
	own, _, err := a.Own(ctx)
	if err != nil {
		return nil, err
	}
	return analytics.All(own)
}

// Live is the answers of the funnels that come with the product, as of the log's end.
func (a *Analyst) Live(ctx context.Context) (Answer, error) { return a.live.Answer(ctx) }

// Former is the last answer of Live, also of a process before this one, at once. known is false when there is
// none that means the same.
func (a *Analyst) Former(ctx context.Context) (answer Answer, known bool, err error) {
	return a.live.Former(ctx)
}

// LiveKPIs is the key figures of a day with the longest trend, as of the log's end, and where that is.
func (a *Analyst) LiveKPIs(ctx context.Context, day time.Time) (analytics.KPIs, domain.Position, error) {
	return a.kpis.Answer(ctx, day)
}

// FormerKPIs is Former of LiveKPIs.
func (a *Analyst) FormerKPIs(ctx context.Context) (k analytics.KPIs, upTo domain.Position, known bool, err error) {
	return a.kpis.Former(ctx)
}

// Gaps is Gaps of the analyst's catalogue.
func (a *Analyst) Gaps(ctx context.Context, q GapQuestion) (analytics.Gaps, error) {
	if a.Embedder == nil {
		return analytics.Gaps{}, domain.Unavailable("embedder_missing", "gaps are not told here: there is no embedder")
	}
	return Gaps(ctx, a.db, a.Embedder, q)
}

// Prepare is Prepare of the analyst's log.
func (a *Analyst) Prepare(ctx context.Context, q Question) (*Prepared, error) {
	return Prepare(ctx, a.Engine, q)
}

// KPIs is KPIs of the analyst's log.
func (a *Analyst) KPIs(ctx context.Context, q KPIQuestion, opt projections.RebuildOptions) (analytics.KPIs, error) {
	return KPIs(ctx, a.Engine, q, opt)
}

// Prepare checks a question, quickly.
func Prepare(ctx context.Context, e *projections.Engine, q Question) (*Prepared, error) {
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return nil, domain.Invalid("range_invalid", "the range holds no time; from must be earlier than to").On("to", "must be later than from")
	}
	if q.UpTo != nil && !q.AsOf.IsZero() {
		return nil, domain.Invalid("as_of_invalid", "say either a position or a moment")
	}
	plan, err := analytics.NewPlan(Schema(e.Types()), analytics.Permission{Personal: q.Personal}, q.Funnels...)
	if err != nil {
		return nil, err
	}
	p := &Prepared{question: q, personal: q.Personal, plan: plan, engine: e}
	return p, p.locate(ctx)
}

// locate finds the part of the log that must be read.
func (p *Prepared) locate(ctx context.Context) (err error) {
	q := p.question
	if p.upTo, err = p.engine.Head(ctx); err != nil {
		return err
	}
	switch {
	case q.UpTo != nil && (*q.UpTo < 0 || *q.UpTo > p.upTo):
		return domain.Invalid("position_invalid", "the log has positions up to %d; %d is not among them", p.upTo, *q.UpTo)
	case q.UpTo != nil:
		p.upTo = *q.UpTo
	case !q.AsOf.IsZero():
		if p.upTo, err = p.engine.PositionAt(ctx, q.AsOf); err != nil {
			return err
		}
	}
	if !q.To.IsZero() {
		end, err := p.engine.PositionAt(ctx, q.To.Add(clockSkew))
		if err != nil {
			return err
		}
		p.upTo = min(p.upTo, end)
	}
	begin := domain.Position(0)
	if !q.From.IsZero() {
		if begin, err = p.engine.PositionAt(ctx, q.From.Add(-time.Microsecond)); err != nil {
			return err
		}
	}
	if begin >= p.upTo {
		return domain.Invalid("range_empty", "nothing had happened in this range; widen it, or leave from, to and as-of out")
	}
	if !p.plan.LooksUp() { // what is looked up may have been told before
		p.after = begin
	}
	return nil
}

// Run reads the log and answers, as a job that keeps the answer.
func (p *Prepared) Run(ctx context.Context, opt projections.RebuildOptions) (answer Answer, err error) {
	q, fold := p.question, analytics.NewFold(p.plan)
	from, to := p.bounds()
	free, last := make(chan *batch, 256), int64(0)
	result, err := projections.RunReplay(ctx, p.engine, projections.Replay[*batch]{
		Kind: "funnel", Names: p.names(), After: p.after, UpTo: p.upTo, Types: p.plan.Types(),
		Decoder: func() func(context.Context, []eventstore.RawEvent) (*batch, error) {
			return newDecoder(p.engine.Types(), p.plan, free, from, to).decode
		},
		Fold: func(b *batch) error {
			for i := range b.n {
				if b.early[i] {
					fold.Learn(&b.events[i])
					continue
				}
				fold.Add(&b.events[i])
			}
			last = max(last, b.last)
			return nil
		},
		Held: fold.Held,
		Release: func(b *batch) {
			select {
			case free <- b:
			default:
			}
		},
		Result: func() (any, error) {
			return Answer{From: orNull(q.From), To: orNull(q.To), Personal: p.personal, UpTo: p.upTo, Reports: fold.Reports(time.UnixMicro(last))}, nil
		},
	}, opt)
	if err == nil {
		err = json.Unmarshal(result, &answer)
	}
	return answer, err
}

func (p *Prepared) names() (names []string) {
	for _, d := range p.plan.Definitions() {
		names = append(names, d.Name)
	}
	return names
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
