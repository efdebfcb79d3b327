package http_test

import (
	"strings"
	"testing"
)

// The console shows nothing to who may not read the log, and does nothing for who may only read.
func TestConsoleAdmitsAnalysts(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, path := range []string{"/", "/funnels", "/events", "/events/export?format=csv", "/events/follow", "/projections", "/jobs/1/events", "/people", "/configuration"} {
		for _, who := range [][]string{{giverHeader, "nobody"}, {"Authorization", "Bearer scope:metrics:read"}} {
			a := s.do("GET", "/console"+path, "", who...)
			if a.status < 400 || strings.Contains(string(a.body), `class="menu"`) {
				t.Errorf("%s for %v: %d\n%s", path, who, a.status, a.body)
			}
		}
	}
	reader := []string{"Authorization", "Bearer scope:analyst:read", "Content-Type", "application/x-www-form-urlencoded"}
	s.do("POST", "/console/projections/rebuild", "table=recipients", reader...)
	if jobs, err := s.engine.Jobs(t.Context()); err != nil || len(jobs) != 0 {
		t.Errorf("who may only read has begun %+v (%v)", jobs, err)
	}
	from := []string{"Content-Type", "application/x-www-form-urlencoded", "Origin", "https://elsewhere.example"}
	s.do("POST", "/console/sign-in", "token=admin&back=https://elsewhere.example/", from...).problem(403, "cross_origin")
	signedIn := s.do("POST", "/console/preferences", "theme=dark&back=//elsewhere.example/", reader...)
	if to := signedIn.header.Get("Location"); strings.Contains(to, "elsewhere") {
		t.Errorf("it leads to %s", to)
	}
}
