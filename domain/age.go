package domain

// AgeSegment is the stage of life that an age in years is in: infant 0–2, preschool 3–6, child 7–12, teen
// 13–17, young_adult 18–29, adult 30–49, mature from 50. Unlike the age it tells little of who somebody is.
func AgeSegment(years int) string {
	for _, s := range [...]struct {
		name  string
		until int
	}{{"infant", 3}, {"preschool", 7}, {"child", 13}, {"teen", 18}, {"young_adult", 30}, {"adult", 50}} {
		if years < s.until {
			return s.name
		}
	}
	return "mature"
}
