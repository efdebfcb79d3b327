package breach

import (
	"bufio"
	"context"
	"crypto/sha1" //nolint:gosec // what the protocol names passwords by; it protects nothing
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Of what is asked: how much of the hash leaves this machine, and how long and large an answer may be. Answers
// have about a thousand lines.
const (
	prefixDigits = 5
	patience     = 5 * time.Second
	maxAnswer    = 4 << 20 // bytes
)

// service is one that lists, for the first five digits of a SHA-1, how the hashes of leaked passwords that begin
// so go on, and how often each was seen: "…35 digits…:count". It learns no password, and not which was meant.
type service struct {
	base   string
	client *http.Client
}

func newService(base *url.URL) service {
	return service{base: strings.TrimSuffix(base.String(), "/") + "/", client: &http.Client{Timeout: patience}}
}

// IsBreached asks whether a password has leaked.
func (s service) IsBreached(ctx context.Context, password string) (bool, error) {
	digits := digitsOf(password)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+digits[:prefixDigits], nil)
	if err != nil {
		return false, err
	}
	req.Header.Set("Add-Padding", "true") // so that an answer's length tells nothing; padding was seen 0 times
	res, err := s.client.Do(req)
	if err != nil {
		return false, errAway.Because(fmt.Errorf("ask for leaked passwords: %w", err))
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return false, errAway.Because(fmt.Errorf("ask for leaked passwords: status %d", res.StatusCode))
	}
	lines := bufio.NewScanner(io.LimitReader(res.Body, maxAnswer))
	found := false
	for lines.Scan() {
		rest, count, _ := strings.Cut(lines.Text(), ":")
		found = found || strings.EqualFold(rest, digits[prefixDigits:]) && strings.TrimSpace(count) != "0"
	}
	if err := lines.Err(); err != nil {
		return false, errAway.Because(fmt.Errorf("read leaked passwords: %w", err))
	}
	return found, nil
}

// digitsOf is the SHA-1 of a password in hexadecimal, as it is listed.
func digitsOf(password string) string { return fmt.Sprintf("%X", sha1.Sum([]byte(password))) } //nolint:gosec // as above
