package http

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Limits of a connection. Reading a body and writing an answer have theirs per request.
const (
	headerTime = 10 * time.Second
	keepAlive  = 2 * time.Minute
	maxHeader  = 64 << 10 // bytes
)

// Serve answers requests on l until ctx ends. Then it takes no new ones and gives those under way
// as long as grace to finish; what is left is cut off, and that is an error.
// With certificates it speaks TLS, without in clear.
func Serve(ctx context.Context, l net.Listener, h http.Handler, logger *slog.Logger, grace time.Duration, certificates ...tls.Certificate) error {
	if len(certificates) > 0 {
		l = tls.NewListener(l, &tls.Config{Certificates: certificates, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}})
	}
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: headerTime, IdleTimeout: keepAlive, MaxHeaderBytes: maxHeader,
		ErrorLog:    slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return requests },
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	patience, stop := context.WithTimeout(requests, grace)
	defer stop()
	err := server.Shutdown(patience)
	if err != nil {
		cut()
		err = fmt.Errorf("requests were still under way after %s: %w", grace, errors.Join(err, server.Close()))
	}
	if ending := <-ended; !errors.Is(ending, http.ErrServerClosed) {
		err = errors.Join(err, ending)
	}
	return err
}
