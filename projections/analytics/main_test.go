package analytics_test

import (
	"flag"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	for name, value := range map[string]string{"rapid.checks": "2", "rapid.steps": "20"} { // each goes through the database; ask for more by the flags
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
