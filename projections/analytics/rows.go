package analytics

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"

	"gifty/domain/analytics"
)

// Row is one step of one group of a funnel: an answer as a flat table.
type Row struct {
	Funnel           string   `parquet:"funnel,dict"`
	Dimension        string   `parquet:"dimension,dict"` // total, period, cohort, or a breakdown's name
	Value            string   `parquet:"value,dict"`     // of the dimension; a day for periods and cohorts
	Number           int      `parquet:"number"`         // of the step, from 1; of a cohort's period, from 0
	Step             string   `parquet:"step,dict"`
	Count            int      `parquet:"count"`
	FromFirst        float64  `parquet:"from_first"` // with its 95 % interval
	FromFirstLow     float64  `parquet:"from_first_low"`
	FromFirstHigh    float64  `parquet:"from_first_high"`
	FromPrevious     float64  `parquet:"from_previous"`
	FromPreviousLow  float64  `parquet:"from_previous_low"`
	FromPreviousHigh float64  `parquet:"from_previous_high"`
	P50              *float64 `parquet:"p50_s,optional"` // seconds from the first step
	P75              *float64 `parquet:"p75_s,optional"`
	P90              *float64 `parquet:"p90_s,optional"`
	P99              *float64 `parquet:"p99_s,optional"`
}

// Rows is all of an answer.
func (a Answer) Rows() (rows []Row) {
	for _, r := range a.Reports {
		rows = appendSteps(rows, Row{Funnel: r.Funnel, Dimension: "total"}, r.Steps)
		for _, b := range r.Breakdowns {
			for _, g := range b.Groups {
				rows = appendSteps(rows, Row{Funnel: r.Funnel, Dimension: b.Name, Value: g.Value}, g.Steps)
			}
		}
		for _, p := range r.Periods {
			rows = appendSteps(rows, Row{Funnel: r.Funnel, Dimension: "period", Value: p.Start.Format(time.DateOnly)}, p.Steps)
		}
		for _, c := range r.Retention {
			for n, returned := range c.Returned {
				share := analytics.ShareOf(returned, c.Size)
				rows = append(rows, Row{
					Funnel: r.Funnel, Dimension: "cohort", Value: c.Start.Format(time.DateOnly), Number: n, Step: "returned", Count: returned,
					FromFirst: share.Rate, FromFirstLow: share.Low, FromFirstHigh: share.High,
				})
			}
		}
	}
	return rows
}

func appendSteps(rows []Row, like Row, steps []analytics.StepReport) []Row {
	for i, s := range steps {
		row := like
		row.Number, row.Step, row.Count = i+1, s.Name, s.Count
		row.FromFirst, row.FromFirstLow, row.FromFirstHigh = s.FromFirst.Rate, s.FromFirst.Low, s.FromFirst.High
		row.FromPrevious, row.FromPreviousLow, row.FromPreviousHigh = s.FromPrevious.Rate, s.FromPrevious.Low, s.FromPrevious.High
		if s.Time != nil {
			row.P50, row.P75, row.P90, row.P99 = &s.Time.P50, &s.Time.P75, &s.Time.P90, &s.Time.P99
		}
		rows = append(rows, row)
	}
	return rows
}

// WriteParquet writes the answer as a Parquet file.
func (a Answer) WriteParquet(w io.Writer) error {
	out := parquet.NewGenericWriter[Row](w)
	if _, err := out.Write(a.Rows()); err != nil {
		return err
	}
	return out.Close()
}

// WriteCSV writes the answer with a header.
func (a Answer) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	header := []string{
		"funnel", "dimension", "value", "number", "step", "count", "from_first", "from_first_low", "from_first_high",
		"from_previous", "from_previous_low", "from_previous_high", "p50_s", "p75_s", "p90_s", "p99_s",
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for _, r := range a.Rows() {
		line := []string{r.Funnel, r.Dimension, r.Value, strconv.Itoa(r.Number), r.Step, strconv.Itoa(r.Count)}
		for _, share := range []float64{r.FromFirst, r.FromFirstLow, r.FromFirstHigh, r.FromPrevious, r.FromPreviousLow, r.FromPreviousHigh} {
			line = append(line, strconv.FormatFloat(share, 'f', 6, 64))
		}
		for _, seconds := range []*float64{r.P50, r.P75, r.P90, r.P99} {
			text := ""
			if seconds != nil {
				text = strconv.FormatFloat(*seconds, 'f', -1, 64)
			}
			line = append(line, text)
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
