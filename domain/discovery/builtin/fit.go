package builtin

import (
	"slices"

	"github.com/shopspring/decimal"

	"gifty/domain"
	"gifty/domain/discovery"
)

// hazard is something that may speak against an idea. Some merely colour it: a "custom" thing must
// be made to order, a "romantic" one suits only lovers.
type hazard string

// The hazards that cards carry in their tags.
const (
	alcohol    hazard = "alcohol"
	allergen   hazard = "allergen"
	animal     hazard = "animal" // leather, wool, meat
	batteries  hazard = "batteries"
	custom     hazard = "custom"
	food       hazard = "food"
	funny      hazard = "funny"
	gadget     hazard = "gadget" // needs patience with technology
	hot        hazard = "hot"    // flame, soldering iron
	intimate   hazard = "intimate"
	loud       hazard = "loud"
	medical    hazard = "medical"
	messy      hazard = "messy"
	personal   hazard = "personal" // clothes, scent on the skin, jewellery
	romantic   hazard = "romantic"
	scent      hazard = "scent"
	sharp      hazard = "sharp"
	smallParts hazard = "small_parts"
	sweets     hazard = "sweets"
	weapon     hazard = "weapon"
)

func hazards() []hazard {
	return []hazard{
		alcohol, allergen, animal, batteries, custom, food, funny, gadget, hot, intimate, loud, medical,
		messy, personal, romantic, scent, sharp, smallParts, sweets, weapon,
	}
}

// forbids is what each constraint rules out.
func forbids(c discovery.Constraint) []hazard {
	switch c {
	case discovery.KidsSafe:
		return []hazard{sharp, weapon, alcohol, intimate, hot}
	case discovery.NoSmallParts:
		return []hazard{smallParts}
	case discovery.NoSharpObjects:
		return []hazard{sharp}
	case discovery.NoBatteries:
		return []hazard{batteries}
	case discovery.OfficeSafe:
		return []hazard{intimate, romantic, weapon, alcohol}
	case discovery.NoAlcohol:
		return []hazard{alcohol}
	case discovery.NoIntimate, discovery.FamilySafe, discovery.NoAdult:
		return []hazard{intimate}
	case discovery.NoMedical:
		return []hazard{medical}
	case discovery.Hypoallergenic:
		return []hazard{allergen, scent}
	case discovery.NoStrongSmell:
		return []hazard{scent}
	case discovery.NoWeaponLike:
		return []hazard{weapon}
	case discovery.NoVeryPersonal:
		return []hazard{personal, intimate}
	case discovery.NoComplexGadgets:
		return []hazard{gadget}
	case discovery.NoRomantic:
		return []hazard{romantic}
	case discovery.NoFunny:
		return []hazard{funny}
	case discovery.NoFood:
		return []hazard{food, sweets}
	case discovery.NoSweets:
		return []hazard{sweets}
	case discovery.Vegan:
		return []hazard{animal}
	case discovery.NoNoise:
		return []hazard{loud}
	case discovery.NoMess:
		return []hazard{messy}
	}
	return nil
}

// ruledOut is what the brief's constraints and what nobody needs to say rule out, at an age.
func ruledOut(b discovery.Brief, age int) (out []hazard) {
	for _, c := range b.Constraints {
		out = append(out, forbids(c)...)
	}
	return append(out, unspokenRules(b, age)...)
}

// unspokenRules is what tact and safety rule out although nobody said so.
func unspokenRules(b discovery.Brief, age int) []hazard {
	out := []hazard{intimate}
	if age < 18 {
		out = append(out, alcohol)
	}
	if age < 10 {
		out = append(out, weapon, hot)
	}
	if age < 3 {
		out = append(out, smallParts, sharp, batteries)
	}
	lovers := b.Relation == discovery.RelationPartner || b.Has(discovery.RomanticOK)
	if !lovers || age < 16 {
		out = append(out, romantic)
	}
	if b.Relation == discovery.RelationColleague || b.Goal == discovery.GoalProtocol {
		out = append(out, personal)
	}
	if b.Person == "boss" || b.Person == "client" || b.Goal == discovery.GoalProtocol || b.Goal == discovery.GoalApology {
		out = append(out, funny)
	}
	if b.Effort == discovery.EffortNone {
		out = append(out, custom)
	}
	return out
}

// assumedAge is used for what depends on age when nobody told it.
func assumedAge(b discovery.Brief) int {
	switch {
	case b.Age != nil:
		return *b.Age
	case b.Relation == discovery.RelationChild:
		return 7
	}
	return 30
}

// roublesPer is roughly what a unit of a currency is worth. It only tells a cheap idea from a dear
// one; no price is ever computed from it.
func roublesPer(currency string) (rate int64, known bool) {
	switch currency {
	case "RUB":
		return 1, true
	case "EUR", "CHF":
		return 95, true
	case "USD":
		return 85, true
	case "GBP":
		return 110, true
	case "BYN":
		return 27, true
	case "CNY", "PLN", "AED", "ILS", "GEL":
		return 20, true
	}
	return 0, false
}

// budgetRUB is the budget in roubles, 0 when there is none or its currency is not known here.
func budgetRUB(m *domain.Money) int {
	if m == nil {
		return 0
	}
	rate, known := roublesPer(m.Currency)
	if !known {
		return 0
	}
	roubles := m.Amount.Mul(decimal.NewFromInt(rate)).IntPart()
	return int(max(0, min(roubles, open)))
}

func overlaps(a, b []hazard) bool {
	return slices.ContainsFunc(a, func(h hazard) bool { return slices.Contains(b, h) })
}
