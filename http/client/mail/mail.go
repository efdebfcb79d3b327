// Package mail sends mail by SMTP, or leaves it in a folder where there is no server to send it by.
package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"gifty/domain"
	"gifty/domain/account"
)

// New sends by the server that the address names: smtp://user:password@host:587 (STARTTLS is required),
// smtps://user:password@host (TLS from the start), or smtp+plain://host:25, which sends in clear and is
// for servers on the same machine.
func New(address, from string) (account.Mailer, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || from == "" {
		return nil, errAddress
	}
	password, _ := u.User.Password()
	s := smtp{host: u.Hostname(), from: from}
	switch u.Scheme {
	case "smtp":
		s.options = append(s.options, gomail.WithTLSPortPolicy(gomail.TLSMandatory))
	case "smtps":
		s.encrypted, s.options = true, append(s.options, gomail.WithSSLPort(false))
	case "smtp+plain":
		s.options = append(s.options, gomail.WithTLSPortPolicy(gomail.NoTLS))
	default:
		return nil, errAddress
	}
	if u.Port() != "" {
		port, err := strconv.Atoi(u.Port())
		if err != nil {
			return nil, errAddress
		}
		s.options = append(s.options, gomail.WithPort(port))
	}
	if u.User.Username() != "" {
		s.options = append(s.options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	s.options = append(s.options, gomail.WithTimeout(patience), gomail.WithTLSConfig(&tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}))
	return s, nil
}

const patience = 15 * time.Second

var errAddress = domain.Invalid("mail_invalid", "GIFTY_MAIL must be such as smtp://user:password@host:587, and GIFTY_MAIL_FROM the sender's address")

type smtp struct {
	host, from string
	encrypted  bool // from the start
	options    []gomail.Option
}

// Send sends a message. An error tells nothing of the message.
func (s smtp) Send(ctx context.Context, m account.Mail) error {
	message, err := compose(s.from, m)
	if err != nil {
		return err
	}
	options, hangUp := s.dialling()
	defer hangUp()
	client, err := gomail.NewClient(s.host, options...)
	if err == nil {
		err = client.DialAndSendWithContext(ctx, message)
	}
	if err != nil {
		return domain.Unavailable("mail_not_sent", "the mail could not be sent; try again later").Because(fmt.Errorf("mail server %s: %w", s.host, err))
	}
	return nil
}

// dialling are the options with which one client is made, and what closes its connection: go-mail leaves one
// open that a server did not take further than hello. By smtps it does the dialling itself, for it must know that
// the connection is encrypted.
func (s smtp) dialling() (options []gomail.Option, hangUp func()) {
	if s.encrypted {
		return s.options, func() {}
	}
	var open net.Conn
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		var err error
		open, err = (&net.Dialer{}).DialContext(ctx, network, address)
		return open, err
	}
	return append(slices.Clone(s.options), gomail.WithDialContextFunc(dial)), func() {
		if open != nil {
			_ = open.Close() // most are closed by now
		}
	}
}

func compose(from string, m account.Mail) (*gomail.Msg, error) {
	message := gomail.NewMsg()
	if err := message.From(from); err != nil {
		return nil, errAddress
	}
	if err := message.To(m.To); err != nil {
		return nil, domain.Invalid("email_invalid", "no mail can be sent to this address").On("email", "is no address")
	}
	message.Subject(m.Subject)
	message.SetBodyString(gomail.TypeTextPlain, m.Text)
	message.SetDate()
	message.SetMessageID()
	return message, nil
}

// Folder leaves each message as a file that its owner alone can read, for whoever works on this machine.
type Folder struct {
	Dir  string
	From string
}

// Send writes the message.
func (f Folder) Send(_ context.Context, m account.Mail) error {
	message, err := compose(f.From, m)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(f.Dir, time.Now().UTC().Format("20060102-150405-*.eml")) // 0600
	if err != nil {
		return err
	}
	_, err = message.WriteTo(file)
	if closing := file.Close(); err == nil {
		err = closing
	}
	return err
}

// Empty removes every message: whoever asks to be forgotten may be in any of them.
func (f Folder) Empty() error {
	letters, err := filepath.Glob(filepath.Join(f.Dir, "*.eml"))
	for _, name := range letters {
		if removing := os.Remove(name); !errors.Is(removing, fs.ErrNotExist) { // by another process
			err = errors.Join(err, removing)
		}
	}
	return err
}
