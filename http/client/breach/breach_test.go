package breach_test

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gifty/domain"
	"gifty/http/client/breach"
)

func hashOf(password string) string { return fmt.Sprintf("%X", sha1.Sum([]byte(password))) }

func isUnavailable(err error) bool {
	var known *domain.Error
	return errors.As(err, &known) && known.Kind == domain.KindUnavailable
}

// service speaks the protocol of range queries: it is sent five digits, and never more.
func service(t *testing.T, leaked ...string) (address string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		prefix := strings.TrimPrefix(r.URL.Path, "/range/")
		if len(prefix) != 5 || r.URL.RawQuery != "" || r.Header.Get("Add-Padding") != "true" {
			t.Errorf("it was asked %s", r.URL)
		}
		fmt.Fprintf(w, "%035d:3\r\n", 1)
		for _, password := range leaked {
			if rest, ok := strings.CutPrefix(hashOf(password), prefix); ok {
				fmt.Fprintf(w, "%s:12\r\n", rest)
			}
		}
		if rest, ok := strings.CutPrefix(hashOf("padding is no leak"), prefix); ok {
			fmt.Fprintf(w, "%s:0\r\n", rest)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL + "/range/"
}

// hashes is a file of them, with so many others around.
func hashes(t *testing.T, others int, end string, leaked ...string) string {
	t.Helper()
	var lines []string
	for i := range others {
		lines = append(lines, hashOf(fmt.Sprint("other ", i))+":"+fmt.Sprint(1+i*i))
	}
	for _, password := range leaked {
		lines = append(lines, hashOf(password)+":1")
	}
	slices.Sort(lines)
	name := filepath.Join(t.TempDir(), "hashes.txt")
	if err := os.WriteFile(name, []byte(strings.Join(lines, end)), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestLeakedPasswordsAreKnown(t *testing.T) {
	t.Parallel()
	leaked := []string{"correct horse battery staple", "пароль которого нет"}
	for name, source := range map[string]string{
		"a service":        service(t, leaked...),
		"a file":           hashes(t, 500, "\n", leaked...),
		"of Windows":       hashes(t, 501, "\r\n", leaked...),
		"of these alone":   hashes(t, 0, "\n", leaked...),
		"its last is open": hashes(t, 1, "\n", leaked...),
	} {
		known, err := breach.New(source)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, password := range leaked {
			if found, err := known.IsBreached(t.Context(), password); !found || err != nil {
				t.Errorf("%s does not know %q: %v", name, password, err)
			}
		}
		for _, password := range []string{"nobody has this one", "padding is no leak", ""} {
			if found, err := known.IsBreached(t.Context(), password); found || err != nil {
				t.Errorf("%s knows %q: %v", name, password, err)
			}
		}
	}
}

// Every line of a file is found, wherever halving comes down.
func TestEveryLineIsFound(t *testing.T) {
	t.Parallel()
	known, err := breach.New(hashes(t, 300, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		if found, err := known.IsBreached(t.Context(), fmt.Sprint("other ", i)); !found || err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestWhatCannotBeTold(t *testing.T) {
	t.Parallel()
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }))
	defer busy.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	removed := hashes(t, 3, "\n")
	known := map[string]string{"busy": busy.URL, "gone": gone.URL, "removed": removed}
	for name, source := range known {
		checks, err := breach.New(source)
		if err != nil {
			t.Fatal(err)
		}
		if name == "removed" {
			if err := os.Remove(removed); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := checks.IsBreached(t.Context(), "x"); !isUnavailable(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSourcesThatAreNone(t *testing.T) {
	t.Parallel()
	words := filepath.Join(t.TempDir(), "words.txt")
	if err := os.WriteFile(words, []byte("password\nqwerty\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{words, t.TempDir(), "nothing/there.txt", "http://leaked.example/range/", "ftp://leaked.example/"} {
		if _, err := breach.New(source); err == nil {
			t.Errorf("%s is taken", source)
		}
	}
}
