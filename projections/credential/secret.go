// Package credential keeps what proves who somebody is: hashes of tokens and passwords, in plain tables.
// They are no read tables: nothing in the log could make them again.
package credential

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"gifty/domain/account"
)

// Prefixes tell secrets apart, for us and for who looks for leaked ones.
const (
	servicePrefix = "gifty_svc_"
	cookiePrefix  = account.CookiePrefix
	accessPrefix  = "gifty_acc_"
	refreshPrefix = "gifty_ref_"
)

// newSecret is 256 random bits behind a prefix.
func newSecret(prefix string) string {
	random := make([]byte, 32)
	rand.Read(random) // never fails
	return prefix + base64.RawURLEncoding.EncodeToString(random)
}

// hashOf is what is kept of a secret. It needs no salt and no stretching: nobody can guess 256 bits.
func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
