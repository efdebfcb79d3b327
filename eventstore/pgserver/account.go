package pgserver

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"gifty/domain"
)

// account is the operating-system user that runs Postgres when this process is root, as whom Postgres
// refuses to run. A nil account is this process's own user.
type account struct {
	name     string
	uid, gid uint32
}

// accountFor returns the user who owns the cluster in dir, or the one to make it as.
func accountFor(dir string) (*account, error) {
	owner, made := ownerOf(filepath.Join(dir, "data"))
	if self := os.Geteuid(); self != 0 {
		if made && int(owner.uid) != self {
			return nil, errOtherUser(dir)
		}
		return nil, nil
	}
	if made && owner.uid != 0 {
		return &owner, nil
	}
	for _, name := range []string{"postgres", "_postgres"} {
		if u, err := user.Lookup(name); err == nil {
			return newAccount(u)
		}
	}
	return nil, domain.Unavailable("postgres_user_missing", "Postgres does not run as root, and this system has no user postgres to run it as: add one (useradd --system postgres), or run this as an ordinary user")
}

func newAccount(u *user.User) (*account, error) {
	uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
	return &account{u.Username, uint32(uid), uint32(gid)}, errors.Join(uidErr, gidErr)
}

func ownerOf(path string) (account, bool) {
	info, err := os.Stat(path)
	if err != nil {
		return account{}, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return account{}, false
	}
	return account{"user " + strconv.Itoa(int(stat.Uid)), stat.Uid, stat.Gid}, true
}

// attributes make a command run as the account, in a session of its own: a Ctrl-C on our terminal is
// not meant for Postgres.
func (a *account) attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setsid: true}
	if a != nil {
		attributes.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return attributes
}

// own hands a file to the account.
func (a *account) own(path string) error {
	if a == nil {
		return nil
	}
	return os.Chown(path, int(a.uid), int(a.gid))
}

// settle makes dir, hands it to the account, and returns where it really is. A folder that the account
// cannot reach, as under /root, becomes a link to one below apart.
func (a *account) settle(dir, apart string, logger *slog.Logger) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		if target, linkErr := os.Readlink(dir); linkErr == nil {
			return "", domain.Unavailable("postgres_dir_gone", "%s links to %s, which is gone: put it back, or remove the link to begin with an empty database", dir, target)
		}
		return "", err
	}
	place, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	if err := a.own(place); err != nil {
		return "", err
	}
	if a.reaches(place) {
		return place, nil
	}
	if err := os.Remove(dir); err != nil {
		return "", domain.Unavailable("postgres_dir_unreachable", "Postgres runs as %s, who cannot reach %s: let others pass through the folders above it (chmod o+x), or move it", a.name, place).Because(err)
	}
	place, err = a.makeApart(apart)
	if err != nil {
		return "", err
	}
	logger.Warn("the user who runs postgres cannot reach the folder; the database is kept elsewhere and linked", "user", a.name, "link", dir, "place", place)
	return place, os.Symlink(place, dir)
}

// makeApart always makes a new folder: a link that was removed must not bring old data back.
func (a *account) makeApart(apart string) (string, error) {
	if err := os.MkdirAll(apart, 0o755); err != nil {
		return "", err
	}
	if err := os.Chmod(apart, 0o755); err != nil { // whatever the umask
		return "", err
	}
	place, err := os.MkdirTemp(apart, "postgres-")
	if err != nil {
		return "", err
	}
	return place, a.own(place)
}

// reaches tries it, for permissions are more than mode bits.
func (a *account) reaches(dir string) bool {
	if a == nil {
		return true
	}
	cmd := exec.Command("/bin/sh", "-c", ":")
	cmd.Dir = dir
	cmd.SysProcAttr = a.attributes()
	return !errors.Is(cmd.Run(), fs.ErrPermission)
}
