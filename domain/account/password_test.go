package account_test

import (
	"testing"

	"gifty/domain/account"
)

func TestPasswordsThatAreGuessed(t *testing.T) {
	t.Parallel()
	for _, password := range []string{
		"short", "aaaaaaaaaaaa", "ababababab", "Password2024!", "P@ssw0rd2023", "iloveyou1234", "пароль123456", "welcome-welcome", // what everybody takes
		"michelle1987", "liverpool123", "Naruto12345!", "сергей1990", "123дракон123", "1234567890123", // one word, or none, and digits
		"qwertyuiop123", "asdf1234asdf", "йцукенгшщз1", "abcdefghij12", "1qaz2wsx3edc", "zaq12wsx3edc", "1q2w3e4r5t6y", "q1w2e3r4t5y6", "1qaz2wsx3edc4rfv", // walks
		"zenobia-zenobia", "zenobia@2024", "(Zenobia77)", // their own
	} {
		if err := account.CheckPassword(password, "Zenobia77", "zenobia@example.org"); err == nil {
			t.Errorf("%q is taken", password)
		}
	}
	for _, password := range []string{
		"four words that rhyme", "четыре слова в рифму", "seventeen ways to tie a knot", "kX9#mQ2$vL7p", "lampshade-otter-42", "Tr4il-m1x-pond", "marmaladeowls", "hydrangeas1234",
	} {
		if err := account.CheckPassword(password, "Zenobia77", "zenobia@example.org"); err != nil {
			t.Errorf("%q: %v", password, err)
		}
	}
}
