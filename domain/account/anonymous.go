package account

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"github.com/google/uuid"
)

// AnonymousLifetime is how long an anonymous identity lasts.
const AnonymousLifetime = 365 * 24 * time.Hour

// anonymousPrefix tells these tokens from others, for us and for who looks for leaked secrets.
const anonymousPrefix = "gifty_anon_"

// Signer makes tokens that prove an anonymous giver's identity. Nothing of them is kept: the
// signature is all. Key is 32 random bytes.
type Signer struct {
	Key []byte
}

// Sign is the token of an anonymous giver, made at this moment.
func (s Signer) Sign(giver uuid.UUID, at time.Time) string {
	claim := binary.BigEndian.AppendUint64(giver[:], uint64(at.Unix()))
	return anonymousPrefix + base64.RawURLEncoding.EncodeToString(append(claim, s.mac(claim)...))
}

// mac is HMAC-SHA256 of the claim, and of what it is for: the key may sign other things, too.
func (s Signer) mac(claim []byte) []byte {
	h := hmac.New(sha256.New, s.Key)
	h.Write([]byte("gifty anonymous giver\x00"))
	h.Write(claim)
	return h.Sum(nil)
}

// IsAnonymous tells whether a token claims to be one of an anonymous giver.
func IsAnonymous(token string) bool { return strings.HasPrefix(token, anonymousPrefix) }

// AnonymousToken is what an anonymous giver proves to be the same with.
type AnonymousToken struct {
	GiverID   uuid.UUID
	Token     string
	ExpiresAt time.Time
}

// claimLen is a UUID and a moment in seconds.
const claimLen = 16 + 8

// Verify is who the token is of, or ErrCredential.
func (s Signer) Verify(token string, now time.Time) (Identity, error) {
	encoded, ours := strings.CutPrefix(token, anonymousPrefix)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if !ours || err != nil || len(raw) != claimLen+sha256.Size || len(s.Key) == 0 || !hmac.Equal(raw[claimLen:], s.mac(raw[:claimLen])) {
		return Identity{}, ErrCredential
	}
	made := time.Unix(int64(binary.BigEndian.Uint64(raw[16:])), 0)
	if age := now.Sub(made); age < -time.Minute || age > AnonymousLifetime {
		return Identity{}, ErrCredential
	}
	return Identity{Giver: uuid.UUID(raw[:16]), Anonymous: true}, nil
}
