package eventstore

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
)

// Signal tells this process that the log has grown, wherever the append was made: one connection
// that LISTENs, for any number of waiters. It is a hint, never proof: an announcement is lost when
// the connection is, so whoever waits also looks by itself now and then.
type Signal struct {
	Keys *Keys // that forget at once what another process destroys; nil: there are none
	// Heard has further channels, and what to do when something was announced there, or may have been.
	Heard map[string]func()

	config *pgx.ConnConfig
	logger *slog.Logger

	mu      sync.Mutex
	head    domain.Position
	changed chan struct{} // closed and replaced at each announcement
}

// NewSignal prepares a signal with a connection of its own to the pool's server; Run makes it work.
func NewSignal(pool *pgxpool.Pool, logger *slog.Logger) *Signal {
	return &Signal{config: pool.Config().ConnConfig, logger: logger, changed: make(chan struct{})}
}

// Next returns the highest position announced so far and a channel that is closed at the next
// announcement, which may be of no news: after a reconnection something may have been missed.
func (s *Signal) Next() (domain.Position, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.head, s.changed
}

// Waits between attempts to listen.
const (
	firstRelisten = 20 * time.Millisecond
	slowRelisten  = 2 * time.Second
)

// Run listens until ctx ends, reconnecting for as long as it takes.
func (s *Signal) Run(ctx context.Context) {
	wait := firstRelisten
	for ctx.Err() == nil {
		err := s.listen(ctx, func() { wait = firstRelisten })
		if ctx.Err() != nil {
			return
		}
		s.logger.Warn("lost the connection that announces new events; reconnecting", "error", err, "wait", wait)
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
		wait = min(2*wait, slowRelisten)
	}
}

func (s *Signal) listen(ctx context.Context, listening func()) error {
	conn, err := pgx.ConnectConfig(ctx, s.config.Copy())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	listen := "LISTEN " + Channel + "; LISTEN " + destroyedChannel
	for channel := range s.Heard {
		listen += "; LISTEN " + pgx.Identifier{channel}.Sanitize()
	}
	if _, err := conn.Exec(ctx, listen); err != nil {
		return err
	}
	listening()
	for _, do := range s.Heard {
		do()
	}
	if s.Keys != nil {
		s.Keys.missed()
	}
	s.announce(0)
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		if n.Channel == destroyedChannel {
			s.destroyed(n.Payload)
			continue
		}
		if do := s.Heard[n.Channel]; do != nil {
			do()
			continue
		}
		// Anyone who may connect may NOTIFY; what is no number still says "look".
		position, _ := strconv.ParseInt(n.Payload, 10, 64)
		s.announce(domain.Position(position))
	}
}

// destroyed passes on whose key is gone. Who lies gains nothing: the table is asked.
func (s *Signal) destroyed(subject string) {
	if id, err := uuid.Parse(subject); err == nil && s.Keys != nil {
		s.Keys.dropped(id)
	}
}

func (s *Signal) announce(position domain.Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.head = max(s.head, position)
	close(s.changed)
	s.changed = make(chan struct{})
}

// IsOutage tells a server that is away, starting, stopping or out of room from a statement that
// can never work: after the one, trying again helps.
func IsOutage(err error) bool { return isOutage(err) }
