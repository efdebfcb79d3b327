package recommend

import "testing"

func TestAGiftVectorIsReadWholeOrNotAtAll(t *testing.T) {
	const whole = `"wow": 0.1, "warmth": 0.9, "romance": 0, "practicality": 0.4, "usage_frequency": 0.5, "occasion_versatility": 0.6,
		"aesthetics": 0.7, "social_risk": 0.2, "age_suitability": 1`
	want := Axes{0.1, 0.9, 0, 0.4, 0.5, 0.6, 0.7, 0.2, 1, 0.3}
	if got := ParseAxes([]byte(`{` + whole + `, "gender_bias": 0.3, "why": "a comment"}`)); got == nil || *got != want {
		t.Errorf("got %+v", got)
	}
	for name, vector := range map[string]string{
		"nothing": "", "null": "null", "no object": "[0.1, 0.2]", "no JSON": "{", "an axis missing": `{` + whole + `}`,
		"another scale": `{` + whole + `, "gender_bias": 7}`, "an axis null": `{` + whole + `, "gender_bias": null}`,
	} {
		if got := ParseAxes([]byte(vector)); got != nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
