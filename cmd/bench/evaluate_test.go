package main

import "testing"

// Fewer logs than the bench has, and the same question: does the truth lie where the interval says?
func TestIntervalsHoldTheTrueValue(t *testing.T) {
	t.Parallel()
	m, err := newMarket()
	if err != nil {
		t.Fatal(err)
	}
	const seeds, enough = 8, 6
	value := m.truth(3000)
	trials := make([]trial, seeds)
	for i := range trials {
		if trials[i], err = m.trial(uint64(i), 150, 3); err != nil {
			t.Fatal(err)
		}
	}
	covered := coverage(trials, value)
	for _, name := range estimators {
		if covered[name] < enough {
			t.Errorf("the truth %v is in %d of %d intervals of %s", value, covered[name], seeds, name)
		}
	}
}
