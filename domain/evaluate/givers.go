package evaluate

// givers numbers givers in the order in which they come.
type givers struct {
	known map[string]int
	count int
}

func newGivers() *givers { return &givers{known: map[string]int{}} }

// number of a giver; somebody without a name is new each time.
func (g *givers) number(name string) int {
	if name != "" {
		if n, ok := g.known[name]; ok {
			return n
		}
		g.known[name] = g.count
	}
	g.count++
	return g.count - 1
}

// fold deals givers to folds by a hash (the finaliser of SplitMix64), since data may come in a rhythm
// that dealing in turn would share.
func fold(giver, folds int) int {
	z := uint64(giver) + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) % uint64(folds))
}
