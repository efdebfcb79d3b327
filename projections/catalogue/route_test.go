package catalogue

import (
	"encoding/binary"
	"math"
	"testing"

	"gifty/domain/catalogue"
)

func TestRoute(t *testing.T) {
	t.Parallel()
	const all = 100_000
	for name, c := range map[string]struct {
		fitting float64
		vectors int
		limit   int
		want    Route
	}{
		"nothing fits":             {0, 1, 10, RouteExact},
		"hardly any":               {100, 1, 10, RouteExact},
		"one in a hundred":         {1000, 1, 10, RouteExact},
		"one in ten":               {10_000, 1, 10, RouteIndex},
		"one in twenty, many":      {5000, 1, 200, RouteExact},
		"all":                      {all, 1, 10, RouteIndex},
		"all, many wanted":         {all, 1, 200, RouteIndex},
		"one in fifty, for a page": {2000, 5, 40, RouteExact},
		"half, for a page":         {all / 2, 5, 40, RouteIndex},
	} {
		q := NearestQuery{Vectors: make([]catalogue.Vector, c.vectors), Limit: c.limit}
		n := &Nearest{}
		if got := n.route(q, estimate{fitting: c.fitting, all: all}); got != c.want {
			t.Errorf("%s: route %d, want %d", name, got, c.want)
		}
		n.Options.Route = RouteIndex
		if got := n.route(q, estimate{fitting: c.fitting, all: all}); got != RouteIndex {
			t.Errorf("%s: an option is not heeded", name)
		}
	}
}

// An effort is within what pgvector takes, whatever the estimate.
func TestEffort(t *testing.T) {
	t.Parallel()
	for _, e := range []estimate{{}, {fitting: 1, all: 1e9}, {fitting: 1e9, all: 1}, {fitting: 1e5, all: 1e5}} {
		for _, limit := range []int{1, 10, 60, 200, 5000} {
			w := (&Nearest{}).effort(NearestQuery{Limit: limit}, e)
			if w.ef < 1 || w.ef > maxEF || w.limit < limit || w.limit > 2*limit || w.scan < 1 || w.scan > math.MaxInt32 {
				t.Errorf("%+v, limit %d: %+v", e, limit, w)
			}
		}
	}
}

func TestHalf(t *testing.T) {
	t.Parallel()
	numbers := map[uint16]float32{
		0: 0, 0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x0400: 0x1p-14, 0x0001: 0x1p-24, 0x83ff: -1023 * 0x1p-24, 0x3555: 0.33325195,
	}
	sent := half{0, byte(len(numbers)), 0, 0}
	var want []float32
	for bits, number := range numbers {
		sent, want = binary.BigEndian.AppendUint16(sent, bits), append(want, number)
	}
	for i, got := range sent.floats() {
		if got != want[i] {
			t.Errorf("got %g, want %g", got, want[i])
		}
	}
	if half(nil).floats() != nil {
		t.Error("no vector is none")
	}
}
