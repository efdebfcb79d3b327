// Package breach knows passwords that have leaked: from a service that is asked by the beginning of a hash, or
// from a file of hashes.
package breach

import (
	"errors"
	"net/url"
	"os"
	"regexp"
	"strings"

	"gifty/domain"
	"gifty/domain/account"
)

var errSource = domain.Invalid("breached_invalid",
	"GIFTY_BREACHED must be a service's address up to the hash, such as https://api.pwnedpasswords.com/range/, or a file of SHA-1 hashes in hexadecimal, one a line and sorted")

// New asks the service at an https address (http where it is on this machine), or looks into the file of this name.
func New(source string) (account.Breached, error) {
	if u, err := url.Parse(source); err == nil && u.Host != "" {
		if u.Scheme == "https" || u.Scheme == "http" && isHere(u.Hostname()) {
			return newService(u), nil
		}
		return nil, errSource
	}
	in, err := os.Open(source)
	if err != nil {
		return nil, errSource.Because(err)
	}
	defer in.Close()
	_, line, err := lineFrom(in, 0)
	if hash, _, _ := strings.Cut(line, ":"); err == nil && !hexadecimal.MatchString(hash) {
		err = errors.New("its first line begins with no hash")
	}
	if err != nil {
		return nil, errSource.Because(err)
	}
	return file(source), nil
}

var hexadecimal = regexp.MustCompile(`^[0-9A-Fa-f]{40}$`)

func isHere(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// errAway answers when it can't be told whether a password has leaked: one that has must not get in meanwhile.
var errAway = domain.Unavailable("password_not_checked", "passwords cannot be compared with leaked ones just now; try again later")
