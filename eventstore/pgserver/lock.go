package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"gifty/domain"
)

// fileLock is an advisory lock that the kernel takes back when its process dies, however it dies.
// It belongs to the open file, so two locks in one process exclude each other too.
type fileLock struct{ file *os.File }

// lockExclusive waits for the lock until ctx ends.
func lockExclusive(ctx context.Context, path string) (*fileLock, error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		l, err := tryExclusive(path)
		if err != nil || l != nil {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for another process that holds %s: %w", path, ctx.Err())
		case <-tick.C:
		}
	}
}

// tryExclusive returns nil without an error when somebody else holds the lock.
func tryExclusive(path string) (*fileLock, error) {
	l, err := lock(path, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, nil
	}
	return l, err
}

// lockShared is never kept waiting here: users are locked out only under the serial lock.
func lockShared(path string) (*fileLock, error) { return lock(path, syscall.LOCK_SH) }

func lock(path string, how int) (*fileLock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrPermission) {
		return nil, errOtherUser(path).Because(err)
	}
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), how)
		if err == nil {
			return &fileLock{file}, nil
		}
		if !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(err, file.Close())
		}
	}
}

// unlock gives the lock back before it closes the file: a child that is just being forked has the same
// file open until its exec, and would hold the lock that long.
func (l *fileLock) unlock() {
	_ = syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN) // cannot fail on a lock we hold
	_ = l.file.Close()
}

func errOtherUser(path string) *domain.Error {
	return domain.Unavailable("postgres_other_user", "%s belongs to another user: run this as that user, or from a folder of your own", path)
}
