package mail_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gifty/domain"
	"gifty/domain/account"
	"gifty/http/client/mail"
)

// server takes mail by SMTP in clear, and gives what each client has said.
func server(t *testing.T) (address string, said chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	said = make(chan string, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			said <- converse(c)
		}
	}()
	return l.Addr().String(), said
}

// converse speaks RFC 5321 as far as a client needs.
func converse(c net.Conn) string {
	defer func() { _ = c.Close() }() // what was said is what matters
	var all strings.Builder
	in := bufio.NewScanner(io.TeeReader(c, &all))
	fmt.Fprint(c, "220 here\r\n")
	for text := false; in.Scan(); {
		switch verb, _, _ := strings.Cut(strings.ToUpper(in.Text()), " "); {
		case text && in.Text() == ".":
			text = false
			fmt.Fprint(c, "250 taken\r\n")
		case text:
		case verb == "EHLO":
			fmt.Fprint(c, "250-here\r\n250 8BITMIME\r\n")
		case verb == "DATA":
			text = true
			fmt.Fprint(c, "354 go on\r\n")
		case verb == "QUIT":
			fmt.Fprint(c, "221 bye\r\n")
			return all.String()
		default:
			fmt.Fprint(c, "250 ok\r\n")
		}
	}
	return all.String()
}

func code(err error) string {
	var known *domain.Error
	if errors.As(err, &known) {
		return known.Code
	}
	return ""
}

func TestMailIsSent(t *testing.T) {
	t.Parallel()
	address, said := server(t)
	by, err := mail.New("smtp+plain://"+address, "gifty@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if err := by.Send(t.Context(), account.Mail{To: "ann@example.org", Subject: "Подтвердите адрес", Text: "code-1\n.\nend"}); err != nil {
		t.Fatal(err)
	}
	got := <-said
	for _, want := range []string{"MAIL FROM:<gifty@example.org>", "RCPT TO:<ann@example.org>", "code-1", "\r\n..\r\n", "end"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

// Whatever stands in an address or a subject, a message has one reader and no headers but ours.
func TestHeadersAreNotInjected(t *testing.T) {
	t.Parallel()
	address, said := server(t)
	by, err := mail.New("smtp+plain://"+address, "gifty@example.org")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, by := range []account.Mailer{by, mail.Folder{Dir: dir, From: "gifty@example.org"}} {
		for _, to := range []string{
			"ann@example.org\r\nBcc: eve@example.org", "ann@example.org\nRCPT TO:<eve@example.org>", "ann@example.org>\r\nRCPT TO:<eve@example.org", "ann@example.org, eve@example.org", "",
		} {
			if err := by.Send(t.Context(), account.Mail{To: to, Subject: "s", Text: "t"}); code(err) != "email_invalid" {
				t.Errorf("%q: %v", to, err)
			}
		}
		if err := by.Send(t.Context(), account.Mail{To: "ann@example.org", Subject: "s\r\nBcc: eve@example.org\r\n\r\nother", Text: "t"}); err != nil {
			t.Error(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	kept, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{<-said, string(kept)} {
		if strings.Contains(got, "\nBcc:") || strings.Contains(got, "<eve@") {
			t.Errorf("a header was injected:\n%s", got)
		}
	}
}

// Of whoever is forgotten no letter stays, nor does anything else go.
func TestAFolderIsEmptied(t *testing.T) {
	t.Parallel()
	folder := mail.Folder{Dir: filepath.Join(t.TempDir(), "mail"), From: "gifty@example.org"}
	if err := folder.Empty(); err != nil {
		t.Error(err) // there was never a letter
	}
	for range 2 {
		if err := folder.Send(t.Context(), account.Mail{To: "ann@example.org", Subject: "s", Text: "t"}); err != nil {
			t.Fatal(err)
		}
	}
	other := filepath.Join(folder.Dir, "notes.txt")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := folder.Empty(); err != nil {
		t.Error(err)
	}
	if left, err := filepath.Glob(filepath.Join(folder.Dir, "*")); err != nil || len(left) != 1 || left[0] != other {
		t.Errorf("left %v, %v", left, err)
	}
}

// By smtp:// nothing goes to a server that does not speak TLS.
func TestMailIsNotSentInClear(t *testing.T) {
	t.Parallel()
	address, said := server(t)
	by, err := mail.New("smtp://ann:secret@"+address, "gifty@example.org")
	if err != nil {
		t.Fatal(err)
	}
	err = by.Send(t.Context(), account.Mail{To: "ann@example.org", Subject: "s", Text: "code-1"})
	if code(err) != "mail_not_sent" || strings.Contains(err.Error(), "ann") || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
	if got := <-said; strings.Contains(got, "code-1") || strings.Contains(got, "AUTH") || strings.Contains(got, "ann@") {
		t.Errorf("it was said in clear:\n%s", got)
	}
}

func TestAddressesOfServers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ address, from string }{
		{"", "a@b.c"}, {"host:25", "a@b.c"}, {"http://host", "a@b.c"}, {"smtp://", "a@b.c"}, {"smtp://host", ""}, {"smtp://host:x", "a@b.c"}, {"smtp://a:secret@%", "a@b.c"},
	} {
		if _, err := mail.New(c.address, c.from); code(err) != "mail_invalid" || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", c.address, err)
		}
	}
}
