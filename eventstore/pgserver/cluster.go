package pgserver

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"gifty/domain"
)

const (
	superuser = "gifty"
	database  = "gifty"
	// apart is where clusters go whose folder the postgres user cannot reach.
	apart = "/var/lib/gifty"
)

// cluster is the folder's files: data/ (Postgres's own), password, log and, where its path is short
// enough, the socket.
type cluster struct {
	dir      string // resolved: no link in it
	account  *account
	programs programs
	extra    map[string]string
	logger   *slog.Logger
	port     int // on loopback, kept over restarts; 0 is not chosen yet
}

func open(dir string, o Options) (*cluster, error) {
	c := &cluster{extra: o.Settings, logger: o.Logger}
	var err error
	if c.account, err = accountFor(dir); err != nil {
		return nil, err
	}
	if c.dir, err = c.account.settle(dir, apart, o.Logger); err != nil {
		return nil, err
	}
	made, err := c.madeBy()
	if err != nil {
		return nil, err
	}
	c.programs, err = findPrograms(o.Bin, made)
	return c, err
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

// madeBy returns the major version that made the cluster, 0 when there is none.
func (c *cluster) madeBy() (int, error) {
	version, err := os.ReadFile(filepath.Join(c.data(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(version)))
}

// create makes the cluster under another name first, so that one killed half-way leaves none.
func (c *cluster) create(ctx context.Context) error {
	fresh := filepath.Join(c.dir, "data.new")
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := c.write("password", []byte(rand.Text())); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, c.programs.path("initdb"),
		"--pgdata="+fresh,
		"--username="+superuser, "--pwfile="+filepath.Join(c.dir, "password"),
		"--auth=scram-sha-256",
		// Sorting by code point is the fastest and never changes under an index; letters' case must
		// be known beyond ASCII.
		"--encoding=UTF8", "--locale=C", "--lc-ctype="+ctype(),
		"--data-checksums", "--no-instructions")
	c.prepare(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return c.failure("initdb failed", string(out), err)
	}
	c.logger.Info("made a database cluster", "dir", c.dir, "postgres", c.programs.major)
	return os.Rename(fresh, c.data())
}

func ctype() string {
	if runtime.GOOS == "darwin" {
		return "en_US.UTF-8" // macOS has no C.UTF-8
	}
	return "C.UTF-8"
}

// prepare makes a command run as the account, in a folder it can reach, free of our PG… variables.
func (c *cluster) prepare(cmd *exec.Cmd) {
	cmd.Dir = c.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	cmd.SysProcAttr = c.account.attributes()
}

// write replaces a file of the cluster's, readable by its account alone.
func (c *cluster) write(name string, content []byte) error {
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return c.failure("cannot write "+path, err.Error(), err)
	}
	if err := c.account.own(path + ".new"); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// url is the connection string of one database on the server that place describes.
func (c *cluster) url(p place, database string) (string, error) {
	password, err := os.ReadFile(filepath.Join(c.dir, "password"))
	if err != nil {
		return "", domain.Unavailable("postgres_password_missing", "the password of the database in %s cannot be read: put the file password back from a backup, or move the folder away to begin anew", c.dir).Because(err)
	}
	u := url.URL{
		Scheme: "postgres",
		User:   url.UserPassword(superuser, string(bytes.TrimSpace(password))),
		Path:   "/" + database,
	}
	query := url.Values{"sslmode": {"disable"}}
	if p.socketDir != "" {
		query.Set("host", p.socketDir)
		query.Set("port", strconv.Itoa(p.port))
	} else {
		u.Host = net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port))
	}
	u.RawQuery = query.Encode()
	return u.String(), nil
}

// failure turns what Postgres printed into an error that says what to do.
func (c *cluster) failure(what, printed string, cause error) error {
	if strings.Contains(strings.ToLower(printed), "no space left on device") {
		return domain.Unavailable("disk_full", "the disk that holds %s is full: free some space and start again", c.dir).Because(cause)
	}
	return domain.Unavailable("postgres_failed", "%s; it said: %s", what, lastLines(printed, 5)).Because(cause)
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// freePort asks the kernel; somebody may still take it before Postgres does.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
