package http

import (
	"strconv"
	"strings"
	"time"
)

// PreferInput is what takes part in operations whose effect takes a while (RFC 7240).
type PreferInput struct {
	Prefer string `header:"Prefer" maxLength:"200" doc:"wait=N waits up to N seconds, 25 at most, until all that follows is done, and answers with it." example:"wait=10"`
}

// longestWait bounds what Prefer asks for; the time of a request bounds it besides.
const longestWait = 25 * time.Second

// wait is how long the client wants to wait; 0: not at all. What is not understood is ignored, as the
// header's definition demands.
func (p PreferInput) wait() time.Duration {
	for preference := range strings.SplitSeq(p.Prefer, ",") {
		name, value, _ := strings.Cut(preference, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "wait") {
			continue
		}
		value, _, _ = strings.Cut(value, ";")
		if seconds, err := strconv.Atoi(strings.Trim(strings.TrimSpace(value), `"`)); err == nil && seconds > 0 {
			return min(time.Duration(min(seconds, 3600))*time.Second, longestWait)
		}
	}
	return 0
}
