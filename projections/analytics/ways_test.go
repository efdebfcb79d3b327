package analytics_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"gifty/domain/analytics"
	readanalytics "gifty/projections/analytics"
)

// What the rows mean depends on the funnels' definitions: whoever changes one raises the table's version,
// and writes here what it is now.
func TestTheTablesVersionGrowsWithTheFunnels(t *testing.T) {
	t.Parallel()
	const version, definitions = 3, "7450999ccb21437f"
	shipped, err := analytics.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(shipped)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	if is := hex.EncodeToString(sum[:8]); is != definitions || version != readanalytics.FunnelWays.Version {
		t.Errorf("version %d of the table goes with the definitions %s; they are %s, and the version is %d", version, definitions, is, readanalytics.FunnelWays.Version)
	}
}

// The same of the answers that outlive a process, and of how they are written.
func TestTheKeptAnswersVersionsGrowWithWhatTheyMean(t *testing.T) {
	t.Parallel()
	shipped, err := analytics.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	funnels, err := analytics.KPIFunnels(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), []string{"discovery.started.v1"}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		is, version int
		meaning     string
		questions   []analytics.Definition
		answer      reflect.Type
	}{
		{readanalytics.KeptKPIs, 1, "8c687fb150fd0fad", funnels, reflect.TypeFor[analytics.KPIs]()},
		{readanalytics.KeptFunnels, 1, "a9f216c056a213d4", shipped, reflect.TypeFor[readanalytics.Answer]()},
	} {
		text, err := json.Marshal(c.questions)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(fmt.Append(text, fieldsOf(c.answer)))
		if is := hex.EncodeToString(sum[:8]); is != c.meaning || c.version != c.is {
			t.Errorf("version %d of %s goes with the meaning %s; it is %s, and the version is %d", c.version, c.answer, c.meaning, is, c.is)
		}
	}
}

// fieldsOf are the names and types of all that a type writes as JSON.
func fieldsOf(of reflect.Type) (list []string) {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || of == reflect.TypeFor[time.Time]() {
		return nil
	}
	for i := range of.NumField() {
		f := of.Field(i)
		list = append(append(list, f.Tag.Get("json")+" "+f.Type.String()), fieldsOf(f.Type)...)
	}
	return list
}
