// Package pgserver runs the Postgres server that belongs to one folder, from the programs installed
// on this machine. Any number of processes may share it: the first to come starts it, the last to
// leave stops it, and one that is killed leaves it running for the next.
package pgserver

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"time"
)

// Options says which server to run. Only Dir is needed.
type Options struct {
	// Dir holds the cluster, its password, its socket and its log. It is made when missing. Files of
	// the same name ending in .lock and .users appear beside it.
	Dir string
	// Bin is the directory of Postgres's programs; empty looks in the usual places and takes the
	// version that made the cluster, or else the newest that has pgvector.
	Bin string
	// Settings are added to the server's configuration when this process is the one to start it.
	Settings map[string]string
	// Logger is told of starts, stops and recoveries; nil tells nobody.
	Logger *slog.Logger
}

// Server is this process's share in the folder's server.
type Server struct {
	cluster   *cluster
	serial    string // lock held while starting or stopping
	users     string // lock shared by every process that uses the server
	use       *fileLock
	url       string
	stopWatch context.CancelFunc
	watching  chan struct{} // closed when the watch has ended
	stop      sync.Once
	stopErr   error
}

// Start returns the folder's server once it answers, with the database "gifty" and the extension
// vector in place. It uses the one that is running, or starts it, making the cluster first when there
// is none. While the Server lives, a postmaster that dies is started again.
//
// A server that needs long to recover is waited for until ctx ends. What a person can put right comes
// back as a *domain.Error.
func Start(ctx context.Context, o Options) (*Server, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{serial: dir + ".lock", users: dir + ".users"}
	starting, err := lockExclusive(ctx, s.serial)
	if err != nil {
		return nil, err
	}
	defer starting.unlock()
	if s.cluster, err = open(dir, o); err != nil {
		return nil, err
	}
	if s.use, err = lockShared(s.users); err != nil {
		return nil, err
	}
	if s.url, err = s.cluster.ensure(ctx); err != nil {
		return nil, errors.Join(err, s.leave(context.WithoutCancel(ctx)))
	}
	s.watch(context.WithoutCancel(ctx))
	return s, nil
}

// URL is the connection string of the database "gifty". It holds the server's password: do not log it.
func (s *Server) URL() string { return s.url }

// Program is the path of one of the server's programs, such as pg_dump.
func (s *Server) Program(name string) string { return s.cluster.programs.path(name) }

// Stop ends this process's share, and the server with it when no other process uses it. Connections
// that are still open get a second to finish. When ctx ends first the server goes on stopping by
// itself. Stop may be called more than once.
func (s *Server) Stop(ctx context.Context) error {
	s.stop.Do(func() {
		s.stopWatch()
		<-s.watching
		stopping, err := lockExclusive(ctx, s.serial)
		if err != nil {
			s.use.unlock()
			s.stopErr = err
			return
		}
		defer stopping.unlock()
		s.stopErr = s.leave(ctx)
	})
	return s.stopErr
}

// leave gives up the share and halts the server if that was the last one. The serial lock is held.
func (s *Server) leave(ctx context.Context) error {
	s.use.unlock()
	last, err := tryExclusive(s.users)
	if err != nil || last == nil {
		return err
	}
	defer last.unlock()
	return s.cluster.halt(ctx)
}

// watch starts the server again when its postmaster dies, as it does when memory runs out.
func (s *Server) watch(ctx context.Context) {
	ctx, s.stopWatch = context.WithCancel(ctx)
	s.watching = make(chan struct{})
	go func() {
		defer close(s.watching)
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if s.cluster.running() || s.revive(ctx) {
					tick.Reset(watchEvery)
				} else {
					tick.Reset(reviveEvery)
				}
			}
		}
	}()
}

const (
	watchEvery  = 500 * time.Millisecond
	reviveEvery = 5 * time.Second // a full disk stays full for a while
)

// revive tells whether the server answers again.
func (s *Server) revive(ctx context.Context) bool {
	logger := s.cluster.logger
	starting, err := lockExclusive(ctx, s.serial)
	if err != nil {
		return false // being stopped
	}
	defer starting.unlock()
	url, err := s.cluster.ensure(ctx)
	switch {
	case err != nil:
		logger.Error("postgres has died and does not start again", "err", err)
	case url != s.url:
		logger.Error("postgres was restarted, but its port was taken meanwhile; restart this program")
	default:
		logger.Warn("postgres had died; it was started again")
	}
	return err == nil
}
