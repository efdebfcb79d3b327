package console

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"testing"
)

// Text can be read on every ground that it stands on, in light and dark: WCAG 2.2 AA asks for 4.5, and
// for 3 of what is drawn.
func TestContrast(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("web/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile(`(?s):root[^{]*\{(.*?)\}`).FindAllSubmatch(text, -1)
	if len(blocks) != 3 {
		t.Fatalf("%d palettes, want light, dark, and dark by the system's wish", len(blocks))
	}
	for i, block := range blocks {
		colours := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{6});`).FindAllSubmatch(block[1], -1) {
			colours[string(m[1])] = string(m[2])
		}
		check := func(least float64, front string, grounds ...string) {
			for _, ground := range grounds {
				if got := contrast(t, colours[front], colours[ground]); got < least {
					t.Errorf("palette %d: %s on %s has %.2f, want %.1f", i, front, ground, got, least)
				}
			}
		}
		check(4.5, "ink", "ground", "surface", "raised", "accent-ground")
		check(4.5, "quiet", "ground", "surface", "raised", "accent-ground")
		check(4.5, "accent", "surface", "ground", "raised", "accent-ground")
		check(4.5, "on-accent", "accent")
		for _, name := range []string{"good", "warn", "bad"} {
			check(4.5, name, name+"-ground", "surface")
		}
		for n := 1; n <= 4; n++ {
			check(3, fmt.Sprint("series-", n), "surface", "raised")
		}
		check(3, "strong-line", "surface")
	}
	if string(blocks[1][1]) == "" || len(blocks[1][1]) > len(blocks[2][1]) {
		t.Error("the two dark palettes differ")
	}
}

// contrast is that of WCAG 2.2, 1 to 21.
func contrast(t *testing.T, a, b string) float64 {
	light, dark := luminance(t, a), luminance(t, b)
	if light < dark {
		light, dark = dark, light
	}
	return (light + 0.05) / (dark + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	var r, g, b uint8
	if _, err := fmt.Sscanf(colour, "#%02x%02x%02x", &r, &g, &b); err != nil {
		t.Fatalf("%q: %v", colour, err)
	}
	linear := func(v uint8) float64 {
		c := float64(v) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}
