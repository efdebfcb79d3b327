package analytics_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"

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
