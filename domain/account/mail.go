package account

import "fmt"

// mailConfirm brings the token with which an account begins.
func mailConfirm(r Registration, token string) Mail {
	if r.Language == "ru" {
		return Mail{r.Email, "Подтвердите адрес", fmt.Sprintf(`Здравствуйте!

Кто-то — надеемся, вы — создаёт учётную запись с этим адресом. Чтобы она началась, введите код:

%s

Он действует сутки. Если это были не вы, ничего не делайте: без кода учётной записи не будет.
`, token)}
	}
	return Mail{r.Email, "Confirm your address", fmt.Sprintf(`Hello!

Somebody, we hope you, asked for an account with this address. It begins when you enter this code:

%s

The code is good for a day. If it was not you, do nothing: without the code there will be no account.
`, token)}
}

// mailThere tells whose address it is that somebody tried to register with it.
func mailThere(r Registration) Mail {
	if r.Language == "ru" {
		return Mail{r.Email, "У вас уже есть учётная запись", `Здравствуйте!

Кто-то — возможно, вы — создаёт учётную запись с этим адресом, но она у вас уже есть. Войдите в неё или
попросите новый пароль. Если это были не вы, ничего не делайте.
`}
	}
	return Mail{r.Email, "You have an account already", `Hello!

Somebody, perhaps you, asked for an account with this address, but you have one already. Sign in, or ask for
a new password. If it was not you, do nothing.
`}
}

// mailMove brings the token by which an address becomes an account's.
func mailMove(email, language, token string) Mail {
	if language == "ru" {
		return Mail{email, "Подтвердите новый адрес", fmt.Sprintf(`Здравствуйте!

Чтобы этот адрес стал адресом вашей учётной записи, введите код там, где вы вошли:

%s

Он действует час. Если вы об этом не просили, ничего не делайте.
`, token)}
	}
	return Mail{email, "Confirm your new address", fmt.Sprintf(`Hello!

To make this address that of your account, enter this code where you are signed in:

%s

It is good for an hour. If you did not ask for it, do nothing.
`, token)}
}

// mailMoving tells whoever reads the former address that there is to be another one.
func mailMoving(email, language string) Mail {
	if language == "ru" {
		return Mail{email, "У вашей учётной записи будет другой адрес", `Здравствуйте!

Кто-то, надеемся, вы, меняет адрес вашей учётной записи на другой. Если это были не вы, смените пароль и
завершите чужие сеансы.
`}
	}
	return Mail{email, "Your account is to have another address", `Hello!

Somebody, we hope you, asked for another address for your account. If it was not you, change your password
and end the sessions that are not yours.
`}
}

// mailReset brings the token with which a new password can be set.
func mailReset(email, language, token string) Mail {
	if language == "ru" {
		return Mail{email, "Новый пароль", fmt.Sprintf(`Здравствуйте!

Чтобы задать новый пароль, введите код:

%s

Он действует час. Если вы об этом не просили, ничего не делайте: пароль останется прежним.
`, token)}
	}
	return Mail{email, "A new password", fmt.Sprintf(`Hello!

To set a new password, enter this code:

%s

It is good for an hour. If you did not ask for it, do nothing: the password stays as it is.
`, token)}
}
