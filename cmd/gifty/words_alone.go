package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"gifty/domain"
	domaincatalogue "gifty/domain/catalogue"
)

// Asking an embedding service for a search's words.
const (
	askFor  = 5 * time.Second  // longer a search does not wait for it
	restFor = 10 * time.Second // after it failed, it is left alone
)

// lenient makes searches go on by words alone while the embedding service is away. To whoever asks
// for vectors, all texts have no word that the model knows, which a search takes as it is.
type lenient struct {
	domaincatalogue.Embedder
	logger *slog.Logger
	now    func() time.Time

	mu    sync.Mutex
	until time.Time // the service rests till then
	away  string    // why, in words for people; empty when the last call went well
}

// Embed asks the service, unless it has just failed.
func (l *lenient) Embed(ctx context.Context, texts []string) ([]domaincatalogue.Vector, error) {
	if l.resting() {
		return nil, domaincatalogue.ErrTextWithoutWords
	}
	asking, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	vectors, err := l.Embedder.Embed(asking, texts)
	switch {
	case ctx.Err() != nil: // the search has ended, and says nothing of the service
	case err == nil:
		l.note("")
	case isEmbedding(err) || asking.Err() != nil:
		l.logger.Warn("searching by words alone, for the embedding service gives no vectors", "error", err)
		l.note(reason(err))
		return nil, domaincatalogue.ErrTextWithoutWords.Because(err)
	}
	return vectors, err
}

func (l *lenient) resting() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now().Before(l.until)
}

// note remembers how the last call went: why the service is away, or nothing.
func (l *lenient) note(away string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.away, l.until = away, time.Time{}
	if away != "" {
		l.until = l.now().Add(restFor)
	}
}

// notices tells people that searches are not what they should be.
func (l *lenient) notices() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away == "" {
		return nil
	}
	return []string{"products were found by their words alone: " + l.away}
}

// reason is what an error of the embedding service says to people.
func reason(err error) string {
	var known *domain.Error
	if errors.As(err, &known) {
		return known.Message
	}
	return "the embedding service does not answer in time"
}

// isEmbedding tells an error of the embedding service from one of the database.
func isEmbedding(err error) bool {
	var known *domain.Error
	return errors.As(err, &known) && known.Kind == domain.KindUnavailable && strings.HasPrefix(known.Code, "embedding_")
}
