package http

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/domain/analytics"
	"gifty/projections"
	readanalytics "gifty/projections/analytics"
)

// Analyst asks the log.
type Analyst interface {
	// Funnels are those that can be asked by name.
	Funnels(ctx context.Context) ([]analytics.Definition, error)
	// Prepare refuses what can't be asked, quickly.
	Prepare(ctx context.Context, q readanalytics.Question) (*readanalytics.Prepared, error)
	// Live is the answers of the funnels that come with the product, as of the log's end.
	Live(ctx context.Context) (readanalytics.Answer, error)
	// LiveKPIs is the key figures of a day with the longest trend, as of the log's end, and where that is.
	LiveKPIs(ctx context.Context, day time.Time) (analytics.KPIs, domain.Position, error)
	// Former and FormerKPIs are the last answers of Live and LiveKPIs that there were, if any, at once.
	Former(ctx context.Context) (answer readanalytics.Answer, known bool, err error)
	FormerKPIs(ctx context.Context) (k analytics.KPIs, upTo domain.Position, known bool, err error)
	// PrepareKPI is Prepare of a key figure's funnel of a day, up to a position.
	PrepareKPI(ctx context.Context, name string, day time.Time, upTo domain.Position) (*readanalytics.Prepared, error)
	// Gaps says what was asked of the catalogue that it has nothing near for.
	Gaps(ctx context.Context, q readanalytics.GapQuestion) (analytics.Gaps, error)
	// KPIs replays the log for the key figures of a day.
	KPIs(ctx context.Context, q readanalytics.KPIQuestion, opt projections.RebuildOptions) (analytics.KPIs, error)
}

type kpiInput struct {
	Day      time.Time       `query:"day" timeFormat:"2006-01-02" format:"date" doc:"As of this day, UTC; absent: today."`
	Days     int             `query:"days" minimum:"1" maximum:"90" default:"30" doc:"Of the trend."`
	UpTo     domain.Position `query:"up_to" minimum:"0" doc:"The log as it was at this position; absent: all of it."`
	Personal bool            `query:"personal" doc:"Show queries that people typed, too. Needs the scope analyst:personal besides."`
	JobOptions
}

func (in *kpiInput) question() readanalytics.KPIQuestion {
	q := readanalytics.KPIQuestion{Day: in.Day, Days: in.Days, Personal: in.Personal}
	if q.Day.IsZero() {
		q.Day = time.Now()
	}
	if in.UpTo > 0 {
		q.UpTo = &in.UpTo
	}
	return q
}

type funnelList struct {
	Items []analytics.Definition `json:"items"`
}

type funnelInput struct {
	Body struct {
		Names       []string               `json:"names,omitempty" maxItems:"100" doc:"Funnels that come with the product, or that the configuration module funnels keeps."`
		Definitions []analytics.Definition `json:"definitions,omitempty" maxItems:"100" doc:"Funnels that are kept nowhere."`
		From        *time.Time             `json:"from,omitempty" doc:"Only what occurred at this moment or later."`
		To          *time.Time             `json:"to,omitempty" doc:"Only what occurred before this moment."`
		UpTo        *domain.Position       `json:"up_to,omitempty" minimum:"0" doc:"The log as it was at this position."`
		AsOf        *time.Time             `json:"as_of,omitempty" doc:"The log as it was at this moment."`
		Personal    bool                   `json:"personal,omitempty" doc:"Allow conditions on and breakdowns by personal fields. Needs the scope analyst:personal besides."`
		JobOptions
	}
}

// question finds the funnels that are named among all.
func (in *funnelInput) question(all []analytics.Definition) (readanalytics.Question, error) {
	b := in.Body
	q := readanalytics.Question{UpTo: b.UpTo, Personal: b.Personal}
	for _, t := range []struct {
		from *time.Time
		to   *time.Time
	}{{b.From, &q.From}, {b.To, &q.To}, {b.AsOf, &q.AsOf}} {
		if t.from != nil {
			*t.to = *t.from
		}
	}
	for _, name := range b.Names {
		d, err := analytics.Named(all, name)
		if err != nil {
			return q, err
		}
		q.Funnels = append(q.Funnels, d)
	}
	q.Funnels = append(q.Funnels, b.Definitions...)
	return q, nil
}

type jobResultInput struct {
	ID     int64  `path:"id" minimum:"1" doc:"The job."`
	Format string `query:"format" enum:"json,csv,parquet" default:"json" doc:"json: as it is; csv: a header, then a row a step of every group; parquet: the same columns."`
}

// jobResult is an answer in a format.
type jobResult struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// jobResult hands out the bytes that the job has kept, or makes a table of them.
func (a *api) jobResult(ctx context.Context, in *jobResultInput) (*jobResult, error) {
	result, err := a.Engine.JobResult(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	var answer readanalytics.Answer
	if err := json.Unmarshal(result, &answer); err != nil {
		return nil, fmt.Errorf("the answer of job %d: %w", in.ID, err)
	}
	if err := personal(ctx, answer.Personal); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	switch in.Format {
	case "csv":
		err = answer.WriteCSV(&out)
	case "parquet":
		err = answer.WriteParquet(&out)
	default:
		return &jobResult{"application/json", result}, nil
	}
	return &jobResult{eventMedia()[in.Format], out.Bytes()}, err
}

func registerFunnels(a *api) {
	handle(a, huma.Operation{
		OperationID: "list-funnels", Method: http.MethodGet, Path: "/v1/funnels", Tags: []string{tagAnalytics}, Security: forStaff(account.AnalystRead),
		Summary: "List the funnels that come with the product and those that the configuration keeps", Errors: readErrors(),
		Description: "Publish the configuration module funnels to keep others: definitions by their names.",
	}, func(ctx context.Context, _ *struct{}) (*struct{ Body funnelList }, error) {
		list, err := a.funnels(ctx)
		return &struct{ Body funnelList }{funnelList{list}}, err
	})
	handle(a, huma.Operation{
		OperationID: "get-funnel", Method: http.MethodGet, Path: "/v1/funnels/{name}", Tags: []string{tagAnalytics}, Security: forStaff(account.AnalystRead),
		Summary: "Read a funnel as of now", Errors: readErrors(http.StatusNotFound),
		Description: "It is what run-funnels would answer. One that comes with the product is read from a table that follows the log; for one that the configuration keeps the log is replayed, which is listed among the jobs meanwhile.",
		Metadata:    map[string]any{streamed: true},
	}, a.getFunnel)
	handle(a, huma.Operation{
		OperationID: "run-funnels", Method: http.MethodPost, Path: "/v1/funnels/run", Tags: []string{tagAnalytics}, Security: forStaff(account.AnalystRead),
		Summary: "Replay the log through funnels", DefaultStatus: http.StatusAccepted, Errors: commandErrors(http.StatusNotFound),
		Description: "All funnels are answered in one reading of the log. The answer names the job: stream-job tells how far it is, get-job-result what came of it. The same question up to the same position always has the same answer.",
		RequestBody: example(map[string]any{"names": []string{"ideas", "quiz"}, "from": "2026-11-01T00:00:00Z"}),
	}, a.runFunnels)
	handle(a, huma.Operation{
		OperationID: "get-kpis", Method: http.MethodGet, Path: "/v1/kpis", Tags: []string{tagAnalytics}, Security: forStaff(account.AnalystRead),
		Summary: "Replay the log for the key figures of a day, with a trend", Errors: readErrors(),
		Description: "Answers when it is done: it reads the log of as many days as the trend has, and is listed among the jobs meanwhile.",
		Metadata:    map[string]any{streamed: true},
	}, a.kpis)
	handle(a, huma.Operation{
		OperationID: "get-gaps", Method: http.MethodGet, Path: "/v1/gaps", Tags: []string{tagAnalytics}, Security: forStaff(account.AnalystRead),
		Summary: "Tell what the catalogue lacks: unmet ideas and searches, clustered by meaning", Errors: readErrors(),
		Description: "What nothing in the catalogue came near to, in ideas that were searched for and in people's searches. Only searches by the model in use count: similarities of different ones do not compare.",
	}, a.gaps)
	handle(a, huma.Operation{
		OperationID: "get-job-result", Method: http.MethodGet, Path: "/v1/jobs/{id}/result", Tags: []string{tagAnalytics}, Security: forStaff(account.AnalystRead),
		Summary: "Read what a job has answered", Errors: readErrors(http.StatusNotFound),
		Description: "An answer about personal fields needs the scope analyst:personal besides.",
		Responses: map[string]*huma.Response{"200": {Description: "The answer.", Content: map[string]*huma.MediaType{
			"application/json":               {Schema: schemaOf[readanalytics.Answer](a.huma.OpenAPI().Components.Schemas)},
			"text/csv":                       {Schema: &huma.Schema{Type: huma.TypeString}},
			"application/vnd.apache.parquet": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
		}}},
	}, a.jobResult)
}

type funnelAnswer struct {
	Position domain.Position `json:"position" doc:"The log is counted up to this position."`
	analytics.Report
}

// funnels are those that can be asked by name.
func (a *api) funnels(ctx context.Context) ([]analytics.Definition, error) {
	if a.Analyst == nil {
		return nil, errNotAsked
	}
	return a.Analyst.Funnels(ctx)
}

func (a *api) getFunnel(ctx context.Context, in *struct {
	Name string `path:"name" maxLength:"100" doc:"The funnel's name." example:"ideas"`
}) (*struct{ Body funnelAnswer }, error) {
	all, err := a.funnels(ctx)
	if err != nil {
		return nil, err
	}
	d, err := analytics.Named(all, in.Name)
	if err != nil {
		return nil, err
	}
	answer, err := a.answerOf(ctx, d)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(answer.Reports, func(r analytics.Report) bool { return r.Funnel == d.Name })
	return &struct{ Body funnelAnswer }{funnelAnswer{answer.UpTo, answer.Reports[i]}}, nil
}

// answerOf holds a funnel's answer: the table's, or a replay's where none follows it.
func (a *api) answerOf(ctx context.Context, d analytics.Definition) (readanalytics.Answer, error) {
	if _, err := analytics.ShippedNamed(d.Name); err == nil {
		return a.Analyst.Live(ctx)
	}
	prepared, err := a.Analyst.Prepare(ctx, readanalytics.Question{Funnels: []analytics.Definition{d}})
	if err != nil {
		return readanalytics.Answer{}, err
	}
	return prepared.Run(ctx, projections.RebuildOptions{})
}

func (a *api) kpis(ctx context.Context, in *kpiInput) (*struct{ Body analytics.KPIs }, error) {
	if a.Analyst == nil {
		return nil, errNotAsked
	}
	if err := personal(ctx, in.Personal); err != nil {
		return nil, err
	}
	k, err := a.Analyst.KPIs(ctx, in.question(), in.engine())
	return &struct{ Body analytics.KPIs }{k}, err
}

var errNotAsked = domain.Unavailable("log_not_asked", "this server does not ask its log")

func (a *api) runFunnels(ctx context.Context, in *funnelInput) (*jobAnswer, error) {
	all, err := a.funnels(ctx)
	if err != nil {
		return nil, err
	}
	question, err := in.question(all)
	if err == nil {
		err = personal(ctx, question.Personal)
	}
	if err != nil {
		return nil, err
	}
	prepared, err := a.Analyst.Prepare(ctx, question)
	if err != nil {
		return nil, a.blamed(ctx, in, question, err)
	}
	return a.startJob(ctx, in.Body.JobOptions, func(ctx context.Context, opt projections.RebuildOptions) error {
		_, err := prepared.Run(ctx, opt)
		return err
	})
}

// blamed says in which of the request's definitions it lies that a question can't be asked, if it does.
func (a *api) blamed(ctx context.Context, in *funnelInput, q readanalytics.Question, err error) error {
	if errors.Is(err, domain.Invalid("funnel_invalid", "")) {
		for i, d := range in.Body.Definitions {
			q.Funnels = []analytics.Definition{d}
			if _, why := a.Analyst.Prepare(ctx, q); errors.Is(why, err) {
				return located(why, fmt.Sprintf("body.definitions[%d]", i))
			}
		}
	}
	return located(err, "body")
}
