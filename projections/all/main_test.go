package all_test

import (
	"flag"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "25"); err != nil { // each goes through the database; -rapid.checks asks for more
		panic(err)
	}
	os.Exit(m.Run())
}
