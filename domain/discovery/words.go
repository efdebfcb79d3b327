package discovery

import (
	"slices"
	"strings"
)

// Constraint is something that a gift must not be, or may be, as a snake_case tag.
type Constraint string

// The constraints that there are. Ideas and products are both held against each.
const (
	KidsSafe         Constraint = "kids_safe"
	NoSmallParts     Constraint = "no_small_parts"
	NoSharpObjects   Constraint = "no_sharp_objects"
	NoBatteries      Constraint = "no_batteries_required"
	OfficeSafe       Constraint = "office_safe"
	GenderNeutral    Constraint = "gender_neutral"
	NoAlcohol        Constraint = "no_alcohol"
	NoIntimate       Constraint = "no_intimate"
	NoMedical        Constraint = "no_medical"
	Hypoallergenic   Constraint = "hypoallergenic"
	NoStrongSmell    Constraint = "no_strong_smell"
	NoWeaponLike     Constraint = "no_weapon_like"
	FamilySafe       Constraint = "family_safe"
	NoAdult          Constraint = "no_adult_18plus"
	RomanticOK       Constraint = "romantic_ok"
	NoRomantic       Constraint = "no_romantic"
	NoVeryPersonal   Constraint = "avoid_very_personal"
	NoComplexGadgets Constraint = "avoid_complex_gadgets"
	NoFunny          Constraint = "no_funny"
	NoFood           Constraint = "no_food"
	NoSweets         Constraint = "no_sweets"
	Vegan            Constraint = "vegan"
	NoNoise          Constraint = "no_noise"
	NoMess           Constraint = "no_mess"
)

// Constraints lists them; a quiz with another is refused.
func Constraints() []Constraint {
	return []Constraint{
		KidsSafe, NoSmallParts, NoSharpObjects, NoBatteries, OfficeSafe, GenderNeutral, NoAlcohol, NoIntimate,
		NoMedical, Hypoallergenic, NoStrongSmell, NoWeaponLike, FamilySafe, NoAdult, RomanticOK, NoRomantic,
		NoVeryPersonal, NoComplexGadgets, NoFunny, NoFood, NoSweets, Vegan, NoNoise, NoMess,
	}
}

// constraintWords are other ways to say a constraint; no_very_personal is of the older shape of quizzes.
func constraintWords() map[Constraint]string {
	return map[Constraint]string{
		KidsSafe:         "child_safe kid_safe safe_for_kids",
		NoSmallParts:     "no_tiny_parts no_choking_hazard",
		NoSharpObjects:   "no_sharp no_knives no_dangerous",
		NoBatteries:      "no_batteries no_battery",
		OfficeSafe:       "work_safe office_appropriate",
		GenderNeutral:    "unisex",
		NoMedical:        "no_supplements no_medicine",
		Hypoallergenic:   "no_allergens allergy_safe",
		NoStrongSmell:    "no_strong_smells no_smell no_scent no_perfume fragrance_free",
		NoWeaponLike:     "no_weapon no_weapons no_guns",
		NoAdult:          "no_adult no_adult_content no_18plus no_nsfw",
		NoRomantic:       "no_romance not_romantic",
		NoVeryPersonal:   "no_very_personal no_personal not_too_personal not_personal",
		NoComplexGadgets: "no_complex_gadgets no_gadgets no_complex_tech no_electronics",
		NoFunny:          "no_jokes no_joke no_humor no_humour",
		NoFood:           "no_edibles",
		NoSweets:         "no_sugar sugar_free no_candy no_chocolate",
		Vegan:            "no_animal_products",
		NoNoise:          "no_noisy no_loud quiet",
		NoMess:           "no_messy",
	}
}

// constraintsByWord is every way to say a constraint.
func constraintsByWord() map[string]Constraint {
	byWord := map[string]Constraint{}
	for c, words := range constraintWords() {
		for word := range strings.FieldsSeq(words) {
			byWord[word] = c
		}
	}
	for _, c := range Constraints() {
		byWord[string(c)] = c
	}
	return byWord
}

// constraintOf reads a tag: a constraint, one of its other names, or either with avoid_ for no_.
func constraintOf(tag string, byWord map[string]Constraint) (c Constraint, known bool) {
	tag = snake(tag)
	if c, known = byWord[tag]; known {
		return c, true
	}
	rest, avoids := strings.CutPrefix(tag, "avoid_")
	if avoids {
		c, known = byWord["no_"+rest]
	}
	return c, known
}

func constraintsOf(list []string) []Constraint {
	byWord := constraintsByWord()
	var out []Constraint
	for _, tag := range list {
		if c, known := constraintOf(tag, byWord); known && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

func genderOf(s string) Gender {
	switch snake(s) {
	case "female", "f", "woman", "girl", "ж", "жен", "женский", "женщина", "девушка", "девочка":
		return Female
	case "male", "m", "man", "boy", "м", "муж", "мужской", "мужчина", "парень", "мальчик":
		return Male
	case "nonbinary", "non_binary", "neutral", "unisex", "other", "небинарный", "другой", "унисекс":
		return NonBinary
	}
	return GenderUnknown
}

// occasions are the occasions that have a word of their own here, each with other ways to say it.
func occasions() map[string]string {
	return map[string]string{
		"birthday":     "birth_day bday день_рождения днюха др юбилей jubilee",
		"new_year":     "newyear new_years new_year_s_eve новый_год нг christmas xmas рождество",
		"valentines":   "valentine valentine_s_day valentines_day feb_14 february_14 14_февраля день_святого_валентина день_влюбленных",
		"march_8":      "8_march womens_day women_s_day international_womens_day 8_марта",
		"feb_23":       "february_23 23_february defender_day 23_февраля",
		"wedding":      "marriage свадьба",
		"anniversary":  "wedding_anniversary годовщина годовщина_свадьбы",
		"graduation":   "graduate prom выпускной окончание_университета диплом",
		"housewarming": "house_warming new_home новоселье",
		"baby_shower":  "babyshower newborn birth christening рождение_ребенка рождение_малыша выписка крестины крещение",
		"mothers_day":  "mother_s_day день_матери",
		"fathers_day":  "father_s_day день_отца",
		"teachers_day": "teacher_s_day день_учителя",
		"retirement":   "пенсия выход_на_пенсию",
		"farewell":     "leaving goodbye прощание увольнение переезд",
		"thank_you":    "thanks gratitude благодарность спасибо",
		"just_because": "no_occasion no_reason without_reason просто_так без_повода",
	}
}

func occasionOf(s string) string { return oneWord(cut(snake(s), maxWordChars), occasions()) }

// oneWord is the table's key for a word that is the key or one of its other forms, else the word.
func oneWord(word string, table map[string]string) string {
	for key, others := range table {
		if slices.Contains(strings.Fields(others), word) {
			return key
		}
	}
	return word
}

// relationOf reads the relationship word. Where it says only "family" or nothing, the description may
// name the person ("Мама любит чай").
func relationOf(word, description string, age *int) (Relation, string) {
	word = cut(snake(word), maxWordChars)
	byForm := peopleByForm()
	if p, ok := byForm[word]; ok {
		return p.relation, p.name
	}
	relation, vague := generalRelation(word)
	if !vague {
		return relation, ""
	}
	for _, token := range Tokens(description) {
		if p, ok := byForm[token]; ok && (age == nil || *age >= p.minAge) {
			return p.relation, p.name
		}
	}
	if relation == RelationUnknown {
		return relation, word
	}
	return relation, ""
}

// generalRelation reads a word for a whole kind of people; vague when a person named elsewhere may
// say more.
func generalRelation(word string) (relation Relation, vague bool) {
	switch word {
	case "partner", "spouse", "significant_other", "lover", "партнер", "супруг", "супруга", "девушка", "парень", "любимый", "любимая", "вторая_половинка":
		return RelationPartner, false
	case "friend", "pal", "buddy", "roommate", "neighbour", "neighbor", "друг", "подруга", "приятель", "приятельница", "сосед", "соседка":
		return RelationFriend, false
	case "best_friend", "bestie", "close_friend", "лучший_друг", "лучшая_подруга", "близкий_друг", "близкая_подруга":
		return RelationBestFriend, false
	case "colleague", "coworker", "co_worker", "employee", "коллега", "сотрудник", "сотрудница", "подчиненный":
		return RelationColleague, false
	case "child", "kid", "baby", "toddler", "ребенок", "малыш", "дети":
		return RelationChild, true
	case "family", "relative", "family_member", "parent", "parents", "семья", "родственник", "родственница", "родные", "родители", "родитель":
		return RelationRelative, true
	}
	return RelationUnknown, true
}

// person is a finer word for a relation, with the forms that it takes in a quiz or a sentence.
type person struct {
	name     string
	relation Relation
	minAge   int // younger than this, the word in a description means somebody else
	forms    string
}

// People lists the words for a person that are finer than a relation.
func People() []string {
	var names []string
	for _, p := range people() {
		names = append(names, p.name)
	}
	return names
}

// RelationOf is the relation that a word of People stands for, and RelationUnknown for any other.
func RelationOf(person string) Relation {
	for _, p := range people() {
		if p.name == person {
			return p.relation
		}
	}
	return RelationUnknown
}

func peopleByForm() map[string]person {
	out := map[string]person{}
	for _, p := range people() {
		out[p.name] = p
		for form := range strings.FieldsSeq(p.forms) {
			out[form] = p
		}
	}
	return out
}

func people() []person {
	return []person{
		{"mother", RelationRelative, 18, "mom mum mommy mummy mama мама маме маму мамы мамой мамочка мамочке мамочку мать матери матушка"},
		{"father", RelationRelative, 18, "dad daddy papa папа папе папу папы отец отцу отца отцом"},
		{"grandmother", RelationRelative, 40, "grandma granny nana бабушка бабушке бабушку бабушки бабуля бабуле бабулю"},
		{"grandfather", RelationRelative, 40, "grandpa grandad granddad дедушка дедушке дедушку дедушки дед деду деда дедуля"},
		{"brother", RelationRelative, 0, "брат брату брата братишка братик"},
		{"sister", RelationRelative, 0, "сестра сестре сестру сестры сестренка сестренке"},
		{"aunt", RelationRelative, 14, "auntie тетя тете тетю тетушка"},
		{"uncle", RelationRelative, 14, "дядя дяде дядю"},
		{"mother_in_law", RelationRelative, 30, "теща теще тещу свекровь свекрови"},
		{"father_in_law", RelationRelative, 30, "тесть тестю тестя свекор свекру"},
		{"wife", RelationPartner, 16, "жена жене жену жены женой"},
		{"husband", RelationPartner, 16, "hubby муж мужу мужа мужем"},
		{"girlfriend", RelationPartner, 14, "fiancee bride невеста невесте невесту"},
		{"boyfriend", RelationPartner, 14, "fiance groom жених жениху"},
		{"son", RelationChild, 0, "сын сыну сына сынок сынишка сыночек"},
		{"daughter", RelationChild, 0, "дочь дочери дочка дочке дочку доченька"},
		{"grandson", RelationChild, 0, "внук внуку внука внучок"},
		{"granddaughter", RelationChild, 0, "grandchild внучка внучке внучку"},
		{"nephew", RelationChild, 0, "племянник племяннику племянника"},
		{"niece", RelationChild, 0, "племянница племяннице племянницу"},
		{"godchild", RelationChild, 0, "godson goddaughter крестник крестница"},
		{"boss", RelationColleague, 18, "manager chief director ceo начальник начальнику начальника начальница начальнице руководитель руководителю руководителя шеф шефу босс боссу директор директору"},
		{"teacher", RelationColleague, 18, "tutor coach mentor professor учитель учителю учителя учительница учительнице воспитатель воспитательница воспитательнице преподаватель преподавателю тренер тренеру наставник наставнику"},
		{"client", RelationColleague, 18, "customer business_partner клиент клиенту партнер_по_бизнесу"},
		{"doctor", RelationColleague, 18, "врач врачу доктор доктору"},
	}
}
