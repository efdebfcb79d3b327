package account

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"gifty/domain"
)

// User is a person with an account: one identity, whatever the ways to sign in.
type User struct {
	domain.Root
	ID          uuid.UUID
	Username    string
	Email       string
	IsVerified  bool
	Name        string
	AvatarURL   string
	Profile     Profile
	Scopes      []Scope
	Identities  []Identified
	HasPassword bool
	Accounts    []OAuthAccountLinked      // of providers, in the order of linking
	Sessions    map[uuid.UUID]SessionKind // open ones; some may have run out
	Erased      bool
}

func userStream(id uuid.UUID) string { return "user-" + id.String() }

// Apply folds one event of the stream.
func (u *User) Apply(event any) {
	switch e := event.(type) {
	case UserRegistered:
		u.ID, u.Username, u.Email, u.IsVerified, u.Name, u.AvatarURL = e.UserID, e.Username, e.Email, e.IsVerified, e.Name, e.AvatarURL
		u.Identities, u.Sessions, u.Profile = e.Identities, map[uuid.UUID]SessionKind{}, Profile{Gender: GenderUndefined, Interests: []string{}}
	case UserRefreshed:
		for to, from := range map[*string]string{&u.Email: e.Email, &u.Name: e.Name, &u.AvatarURL: e.AvatarURL} {
			if from != "" {
				*to = from
			}
		}
	case EmailChanged:
		u.Email, u.IsVerified = e.Email, true
		u.Identities = append(slices.DeleteFunc(u.Identities, func(i Identified) bool { return i.Kind == ByEmail }), e.Identity)
	case OAuthAccountLinked:
		u.Accounts = append(u.Accounts, e)
	case OAuthAccountUnlinked:
		u.Accounts = slices.DeleteFunc(u.Accounts, func(a OAuthAccountLinked) bool { return a.AccountID == e.AccountID })
	case PasswordSet:
		u.HasPassword = true
	case ScopesGranted:
		u.Scopes = e.Scopes
	case ProfileChanged:
		u.Profile = e.Profile
	case LoginSessionOpened:
		u.Sessions[e.SessionID] = e.Kind
	case LoginSessionClosed:
		delete(u.Sessions, e.SessionID)
	case UserErased:
		u.Erased = true
	}
}

// Limits of names and addresses.
const (
	minUsername = 3   // characters
	maxUsername = 50  // characters
	maxEmail    = 254 // bytes, RFC 5321
)

// checkUsername refuses what could be taken for an address or for another's name.
func checkUsername(name string) error {
	bad := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-", r)
	}
	if n := utf8.RuneCountInString(name); !utf8.ValidString(name) || n < minUsername || n > maxUsername || strings.ContainsFunc(name, bad) {
		return domain.Invalid("username_invalid", "a username has %d to %d letters, digits, dots, dashes and underscores", minUsername, maxUsername).
			On("username", "is none")
	}
	return nil
}

// checkEmail refuses what is no address. Whether it is somebody's only a mail to it tells.
func checkEmail(address string) error {
	local, host, ok := strings.Cut(address, "@")
	bad := func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune(`<>()[],;:\"@`, r) || unicode.IsControl(r) || unicode.IsSpace(r)
	}
	if !ok || !utf8.ValidString(address) || len(address) > maxEmail || local == "" || len(local) > 64 || strings.ContainsFunc(local, bad) || strings.ContainsFunc(host, bad) ||
		!strings.Contains(host, ".") || slices.Contains(strings.Split(host, "."), "") {
		return domain.Invalid("email_invalid", "give an e-mail address such as ann@example.org").On("email", "is no address")
	}
	return nil
}

// Exposed identity hashes never hold the name itself: fold makes of it what two spellings share.
func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
