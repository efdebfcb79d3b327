package catalogue

import "testing"

func TestTheLeastEffortThatFindsEnough(t *testing.T) {
	for _, c := range []struct {
		name    string
		recalls map[int]float64 // from an ef on
		ef      int
	}{
		{"at once", map[int]float64{40: 1}, 40},
		{"with a margin", map[int]float64{40: 0.9, 60: 0.991, 80: 0.993, 100: 0.996}, 100},
		{"where more stops helping", map[int]float64{40: 0.95, 80: 0.992, 140: 0.993}, 80},
		{"more, where too little is found", map[int]float64{40: 0.95, 560: 0.992}, 1000},
		{"all there is", map[int]float64{40: 0.5}, 1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			recall := 0.0
			got, err := (&Nearest{}).leastEffort(func(ef int) (Tuned, error) {
				if r, rises := c.recalls[ef]; rises {
					recall = r
				}
				return Tuned{EF: ef, Recall: recall}, nil
			})
			if err != nil || got.EF != c.ef {
				t.Errorf("chose %d (%v), want %d", got.EF, err, c.ef)
			}
		})
	}
}
