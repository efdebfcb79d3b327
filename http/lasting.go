package http

import (
	"net/http"
	"time"
)

// lasting is an answer that goes on for long. Each piece of it has a while to be taken in, so that a client
// which stops reading does not hold its connection, and whoever writes, for ever.
type lasting struct {
	http.ResponseWriter
	stall time.Duration
}

func (a *api) lasting(w http.ResponseWriter) http.ResponseWriter { return lasting{w, a.Stall} }

func (w lasting) Write(p []byte) (int, error) {
	setWriteDeadline(w.ResponseWriter, time.Now().Add(w.stall))
	return w.ResponseWriter.Write(p)
}

// FlushError is what http.ResponseController looks for.
func (w lasting) FlushError() error {
	setWriteDeadline(w.ResponseWriter, time.Now().Add(w.stall))
	return http.NewResponseController(w.ResponseWriter).Flush()
}

func (w lasting) Unwrap() http.ResponseWriter { return w.ResponseWriter }
