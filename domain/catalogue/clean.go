package catalogue

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
)

// trackingParams say where a visitor came from, not which product is shown.
const trackingParams = "utm_source utm_medium utm_campaign utm_term utm_content yclid gclid fbclid asid _openstat"

// CleanURL gives the address by which a product is known: without the fragment, tracking
// parameters and blank parameters; the others keep their order and spelling. Names are compared
// without regard to case. strip, unless nil, replaces the usual set of tracking parameters (an
// empty slice strips none). What is no URL comes back as it is.
func CleanURL(raw string, strip ...string) string {
	if _, err := url.Parse(raw); err != nil {
		return raw
	}
	if strip == nil {
		strip = strings.Fields(trackingParams)
	}
	address, _, _ := strings.Cut(raw, "#")
	address, query, _ := strings.Cut(address, "?")
	var kept []string
	for param := range strings.SplitSeq(query, "&") {
		if keepParam(param, strip) {
			kept = append(kept, param)
		}
	}
	if len(kept) == 0 {
		return address
	}
	return address + "?" + strings.Join(kept, "&")
}

func keepParam(param string, strip []string) bool {
	name, value, _ := strings.Cut(param, "=")
	if value == "" {
		return false
	}
	if decoded, err := url.QueryUnescape(name); err == nil {
		name = decoded
	}
	return !slices.ContainsFunc(strip, func(s string) bool { return strings.EqualFold(s, name) })
}

// GiftID is the key of a source's product: "<source>:<id>" when the feed has ids, and otherwise
// "<source>:<clean url>". strip is as for CleanURL.
func GiftID(source string, it Item, strip ...string) string {
	if it.ID != "" {
		return source + ":" + it.ID
	}
	return source + ":" + CleanURL(it.ProductURL, strip...)
}

// maxContent bounds the text that is embedded, in characters.
const maxContent = 4000

// ContentText is what a product's vector is made from: the trimmed parts that are not empty,
// joined by one space and cut to 4,000 characters.
func ContentText(title, category, description, merchant string) string {
	parts := make([]string, 0, 4)
	for _, p := range []string{title, category, description, merchant} {
		if p = strings.TrimSpace(p); p != "" {
			parts = append(parts, p)
		}
	}
	return cut(strings.Join(parts, " "), maxContent)
}

// ContentHash tells whether a product's vector and score are still good: SHA-256, in hex, of the
// content text, "|" and the image's URL. The price is left out: it changes nothing about the meaning.
func ContentHash(text, imageURL string) string {
	sum := sha256.Sum256([]byte(text + "|" + imageURL))
	return hex.EncodeToString(sum[:])
}

// cut keeps the first n characters of valid UTF-8.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// cleanLink mends what feeds often do to a URL: surrounding space, escaping twice, bare spaces.
func cleanLink(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 2*maxURL { // refused anyway
		return s
	}
	for strings.Contains(s, "&amp;") {
		s = strings.ReplaceAll(s, "&amp;", "&")
	}
	return strings.ReplaceAll(s, " ", "%20")
}

// cleanImage gives an http(s) URL or nothing: a product without a picture is still a product.
func cleanImage(s string) string {
	s = cleanLink(s)
	if strings.HasPrefix(s, "//") {
		s = "https:" + s
	}
	if !isWebURL(s) {
		return ""
	}
	return s
}
