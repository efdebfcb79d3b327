package console

// link is one of the menu.
type link struct{ path, icon string }

func menu() []link {
	return []link{
		{Path + "/", "overview"}, {Path + "/funnels", "funnels"}, {Path + "/catalogue", "catalogue"}, {Path + "/people", "people"},
		{Path + "/sessions", "sessions"}, {Path + "/projections", "projections"}, {Path + "/events", "events"}, {Path + "/configuration", "configuration"},
	}
}

// spoken are the texts that scripts say.
func (w *words) spoken() map[string]string {
	said := map[string]string{"locale": w.Lang}
	for _, key := range []string{"export.png", "export.svg", "export.csv", "said.copied", "said.done", "said.failed", "said.lost", "said.new", "said.paused"} {
		said[key] = w.T(key)
	}
	return said
}
