package uselite

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder writes files into a new folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const twoByTwo = `{"weightsManifest": [{"paths": ["a", "b"], "weights": [{"name": "w", "shape": [2, 2], "dtype": "float32"}]}]}`

func floatBytes(values ...float32) string {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return string(b)
}

func TestTensorsSpanFiles(t *testing.T) {
	dir := folder(t, map[string]string{"model.json": twoByTwo, "a": floatBytes(1, 2)[:7], "b": floatBytes(1, 2, 3, 4)[7:]})
	all, _, err := readTensors(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{tensors: all}
	v := r.floats("w", 2, 2)
	if r.err != nil || v[0] != 1 || v[3] != 4 {
		t.Errorf("got %v, %v", v, r.err)
	}
}

func TestRefusesBrokenWeights(t *testing.T) {
	whole := floatBytes(1, 2, 3, 4)
	cases := []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"nothing there", nil, "model.json"},
		{"not JSON", map[string]string{"model.json": "<html>"}, "model.json"},
		{"a file missing", map[string]string{"model.json": twoByTwo, "a": whole}, "no such file"},
		{"cut off", map[string]string{"model.json": twoByTwo, "a": whole[:9], "b": ""}, "cut off"},
		{"too long", map[string]string{"model.json": twoByTwo, "a": whole, "b": "12345678"}, "more than model.json describes"},
		{"outside", map[string]string{"model.json": strings.Replace(twoByTwo, `"a"`, `"../a"`, 1)}, "outside its folder"},
		{"huge", map[string]string{"model.json": strings.Replace(twoByTwo, "[2, 2]", "[4611686018427387904, 4]", 1), "a": whole, "b": ""}, "impossible"},
		{"negative", map[string]string{"model.json": strings.Replace(twoByTwo, "[2, 2]", "[-2, -2]", 1), "a": whole, "b": ""}, "impossible"},
		{"type", map[string]string{"model.json": strings.Replace(twoByTwo, "float32", "float16", 1), "a": whole, "b": ""}, "float16"},
		{"no vocabulary", map[string]string{"model.json": twoByTwo, "a": whole, "b": ""}, "vocab.json"},
		{"another model", map[string]string{"model.json": twoByTwo, "a": whole, "b": "", "vocab.json": "[]"}, "Embeddings_en: missing"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(folder(t, c.files))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestRefusesWrongTensors(t *testing.T) {
	all := tensors{
		"w":   {[]int{2, 2}, []byte(floatBytes(1, 2, 3, 4))},
		"nan": {[]int{2}, []byte(floatBytes(1, float32(math.NaN())))},
		"inf": {[]int{2}, []byte(floatBytes(1, float32(math.Inf(-1))))},
	}
	cases := []struct {
		name  string
		shape []int
		want  string
	}{
		{"v", []int{2}, "missing"}, {"w", []int{4}, "shape [2 2], want [4]"},
		{"nan", []int{2}, "not a number at place 1"}, {"inf", []int{2}, "not a number at place 1"},
	}
	for _, c := range cases {
		r := &reader{tensors: all}
		r.floats(c.name, c.shape...)
		if r.err == nil || !strings.Contains(r.err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.name, r.err, c.want)
		}
	}
}

func TestRefusesBrokenVocabulary(t *testing.T) {
	pair := `["a", -1]`
	six := strings.Repeat(pair+",", reserved)
	for name, vocab := range map[string]string{
		"not JSON": `[[`, "not pairs": `[` + six + `["a"]]`, "wrong types": `[` + six + `[1, "a"]]`, "a null": `[` + six + `null]`,
		"too few": `[` + pair + `]`, "too many": `[` + six + pair + `,` + pair + `,` + pair + `]`,
	} {
		if _, err := newTokenizer([]byte(vocab), reserved+2); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := newTokenizer([]byte(`[`+six+pair+`]`), reserved+2); err != nil {
		t.Error(err)
	}
}
