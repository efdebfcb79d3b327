package simulate

import "strings"

// topic is something that people love, and how titles show it.
type topic struct {
	name  string   // as a giver tells it
	signs []string // beginnings of words, or words, in Russian and English
}

var topics = []topic{
	{"кофе", []string{"кофе", "турк", "coffee"}},
	{"чай", []string{"чай", "чая", "заварочн", "tea "}},
	{"книги", []string{"книг", "закладк", "book"}},
	{"кулинария", []string{"кухон", "кулинар", "сковород", "разделочн", "специ", "cook", "kitchen"}},
	{"сладости", []string{"шоколад", "конфет", "печень", "chocolate", "sweet"}},
	{"растения", []string{"растен", "кашпо", "суккулент", "флорариум", "plant"}},
	{"рисование", []string{"краск", "акварел", "карандаш", "мольберт", "скетч", "paint", "draw"}},
	{"рукоделие", []string{"вышив", "вязан", "творчеств", "рукодел", "craft", "knit"}},
	{"музыка", []string{"музык", "колонка", "наушник", "винил", "гитар", "music", "speaker"}},
	{"настольные игры", []string{"настольн", "пазл", "игра ", "головолом", "game", "puzzle"}},
	{"спорт", []string{"спорт", "фитнес", "йог", "трениров", "sport", "yoga"}},
	{"рыбалка", []string{"рыбал", "рыболов", "спиннинг", "термос", "fish"}},
	{"путешествия", []string{"путешеств", "дорожн", "чемодан", "карта мира", "travel"}},
	{"гаджеты", []string{"беспроводн", "умн", "зарядн", "bluetooth", "usb", "smart"}},
	{"уход за собой", []string{"крем", "спа", "аромат", "свеч", "маска", "candle", "spa "}},
	{"уют", []string{"плед", "подушк", "ночник", "халат", "тапоч", "blanket", "lamp"}},
}

// in tells whether a text in lower case shows the topic.
func (t topic) in(text string) bool {
	for _, sign := range t.signs {
		if strings.Contains(" "+text, " "+sign) {
			return true
		}
	}
	return false
}
