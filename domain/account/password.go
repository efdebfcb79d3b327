package account

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"gifty/domain"
)

// Lengths of a password. What is longer costs more to hash than it protects.
const (
	MinPassword = 10  // characters
	MaxPassword = 200 // bytes
)

// CheckPassword refuses a password that guessers try first: too short, of few different characters, a
// walk over the keyboard, one word with digits around it, words that everybody takes, or the person's own name.
func CheckPassword(password string, own ...string) error {
	weak := func(why string) error {
		return domain.Invalid("password_weak", "choose another password: %s", why).On("password", "%s", why)
	}
	switch {
	case !utf8.ValidString(password) || len(password) > MaxPassword:
		return domain.Invalid("password_invalid", "a password is text of at most %d bytes", MaxPassword).On("password", "is too long, or no text")
	case utf8.RuneCountInString(password) < MinPassword:
		return domain.Invalid("password_short", "a password needs at least %d characters; several words are easier to remember", MinPassword).
			On("password", "is too short")
	}
	plain := plainOf(password)
	switch {
	case different(plain) < 5:
		return weak("this one is of too few different characters")
	case isWalk(strings.ToLower(password)):
		return weak("this one is a walk over the keyboard")
	}
	core := coreOf(password)
	if utf8.RuneCountInString(core) < MinPassword && !strings.ContainsFunc(core, isNoLetter) {
		return weak("this one is a word with digits around it; take several words")
	}
	core = plainOf(core)
	for _, word := range append(own, commonWords()...) {
		word, _, _ = strings.Cut(word, "@")
		if word = plainOf(coreOf(word)); utf8.RuneCountInString(word) < 3 {
			continue
		}
		if rest := strings.ReplaceAll(core, word, ""); strings.Contains(core, word) && utf8.RuneCountInString(rest) < 5 {
			return weak("this one is among the first that are guessed")
		}
	}
	return nil
}

// coreOf is what digits and signs around it hide.
func coreOf(s string) string { return strings.TrimFunc(s, isNoLetter) }

func isNoLetter(r rune) bool { return !unicode.IsLetter(r) }

// commonWords are what people put into passwords, whatever list of leaked ones is looked at.
func commonWords() []string {
	return strings.Fields(`password passwort parol passw0rd qwerty qwertz azerty admin administrator welcome letmein login master
		monkey dragon iloveyou princess sunshine football baseball superman batman starwars shadow trustno secret whatever
		computer internet samsung google summer winter spring autumn gifty default changeme access hello freedom michael
		jennifer jordan пароль йцукен привет люблю солнце наташа марина андрей максим зенит спартак россия любовь`)
}

// plainOf undoes what people do to a word to make it seem another.
func plainOf(s string) string {
	return strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i").Replace(strings.ToLower(s))
}

func different(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// isWalk tells whether at least three of four characters are neighbours of the one before them: on the
// keyboard, along a row, a column or two rows at once, in the alphabet, or among digits.
func isWalk(s string) bool {
	rows := strings.Fields(`qwertyuiop[] asdfghjkl;' zxcvbnm,./ 1234567890-= йцукенгшщзхъ фывапролджэ ячсмитьбю.
		1qaz 2wsx 3edc 4rfv 5tgb 6yhn 7ujm 8ik, 9ol. 0p;/ 1q2w3e4r5t6y7u8i9o0p q1w2e3r4t5y6u7i8o9p0 qawsedrftgyhujikolp
		abcdefghijklmnopqrstuvwxyz абвгдежзийклмнопрстуфхцчшщъыьэюя`)
	steps, walked := 0, 0
	var last rune
	for i, r := range s {
		if i > 0 {
			steps++
			for _, row := range rows {
				at, before := strings.IndexRune(row, r), strings.IndexRune(row, last)
				if near := at - before; at >= 0 && before >= 0 && near >= -2 && near <= 2 { // letters that are not ASCII have two bytes
					walked++
					break
				}
			}
		}
		last = r
	}
	return 4*walked >= 3*steps
}
