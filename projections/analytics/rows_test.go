package analytics_test

import (
	"bytes"
	"encoding/csv"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"gifty/domain/analytics"
	readanalytics "gifty/projections/analytics"
)

func steps(counts ...int) (list []analytics.StepReport) {
	for i, n := range counts {
		s := analytics.StepReport{Name: "step " + strconv.Itoa(i+1), Count: n, FromFirst: analytics.ShareOf(n, counts[0]), FromPrevious: analytics.ShareOf(n, counts[max(0, i-1)])}
		if i > 0 && n > 0 {
			s.Time = &analytics.Percentiles{P50: 1.5, P75: 2, P90: 3.000001, P99: 86400}
		}
		list = append(list, s)
	}
	return list
}

// What is handed out as CSV or Parquet is what the answer says, whatever its texts hold.
func TestAnswersAreReadBackAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	answer := readanalytics.Answer{Reports: []analytics.Report{
		{Funnel: "one", Steps: steps(3, 1, 0), Periods: []analytics.PeriodReport{{Start: monday, Steps: steps(3, 1, 0)}},
			Breakdowns: []analytics.BreakdownReport{{Name: "said", Groups: []analytics.GroupReport{{Value: "a \"b\", c\n=1+1;ё", Steps: steps(2, 1, 0)}, {Value: "(none)", Steps: steps(1, 0, 0)}}}},
			Retention:  []analytics.Cohort{{Start: monday, Size: 3, Returned: []int{3, 1}}}},
		{Funnel: "nobody's", Steps: steps(0, 0)},
	}}
	rows := answer.Rows()
	if len(rows) != 4*3+2+2 {
		t.Fatalf("%d rows", len(rows))
	}
	var file bytes.Buffer
	if err := answer.WriteParquet(&file); err != nil {
		t.Fatal(err)
	}
	if got, err := parquet.Read[readanalytics.Row](bytes.NewReader(file.Bytes()), int64(file.Len())); err != nil || !reflect.DeepEqual(got, rows) {
		t.Errorf("%+v, %v, want\n%+v", got, err, rows)
	}
	file.Reset()
	if err := answer.WriteCSV(&file); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&file).ReadAll()
	if err != nil || len(lines) != len(rows)+1 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	columns := reflect.TypeFor[readanalytics.Row]()
	for i, row := range rows {
		for c := range columns.NumField() {
			got, want := lines[i+1][c], reflect.ValueOf(row).Field(c)
			if !says(got, want) {
				t.Errorf("row %d, %s: %q, want %v", i+1, lines[0][c], got, want)
			}
		}
	}
}

// says tells whether a text is a value, a share to six digits.
func says(text string, value reflect.Value) bool {
	switch {
	case value.Kind() == reflect.Pointer && value.IsNil():
		return text == ""
	case value.Kind() == reflect.Pointer:
		n, err := strconv.ParseFloat(text, 64)
		return err == nil && n == value.Elem().Float()
	case value.CanFloat():
		n, err := strconv.ParseFloat(text, 64)
		return err == nil && n-value.Float() < 1e-6 && value.Float()-n < 1e-6
	case value.CanInt():
		return text == strconv.FormatInt(value.Int(), 10)
	}
	return text == value.String()
}
