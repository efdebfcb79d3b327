package uselite

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// manifest is what we need of a TensorFlow.js graph model's model.json.
type manifest struct {
	WeightsManifest []group `json:"weightsManifest"`
}

// group is a run of tensors that lie one after another in the concatenation of its files.
type group struct {
	Paths   []string     `json:"paths"`
	Weights []tensorMeta `json:"weights"`
}

type tensorMeta struct {
	Name  string `json:"name"`
	Shape []int  `json:"shape"`
	DType string `json:"dtype"`
}

// tensors are the model's weights by name, still as the little-endian bytes of the files.
type tensors map[string]tensor

type tensor struct {
	shape []int
	raw   []byte
}

// readTensors reads model.json and the files it lists from dir; read is all that was read, in order.
func readTensors(dir string) (all tensors, read [][]byte, err error) {
	b, err := os.ReadFile(filepath.Join(dir, "model.json"))
	if err != nil {
		return nil, nil, err
	}
	var m manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, nil, fmt.Errorf("model.json: %w", err)
	}
	all, read = tensors{}, [][]byte{b}
	for _, g := range m.WeightsManifest {
		data, err := g.read(dir)
		if err != nil {
			return nil, nil, err
		}
		if err := all.slice(g.Weights, data); err != nil {
			return nil, nil, err
		}
		read = append(read, data)
	}
	return all, read, nil
}

// digest takes the SHA-256 of the parts, one after another, while the caller goes on: it takes as
// long as building the model.
func digest(parts [][]byte) <-chan []byte {
	done := make(chan []byte, 1)
	go func() {
		sum := sha256.New()
		for _, p := range parts {
			sum.Write(p)
		}
		done <- sum.Sum(nil)
	}()
	return done
}

// read returns the group's files, one after another.
func (g group) read(dir string) ([]byte, error) {
	var total int64
	for _, p := range g.Paths {
		if !filepath.IsLocal(p) {
			return nil, fmt.Errorf("model.json names a file outside its folder: %q", p)
		}
		info, err := os.Stat(filepath.Join(dir, p))
		if err != nil {
			return nil, err
		}
		total += info.Size()
	}
	data := bytes.NewBuffer(make([]byte, 0, total+bytes.MinRead))
	for _, p := range g.Paths {
		f, err := os.Open(filepath.Join(dir, p))
		if err != nil {
			return nil, err
		}
		_, err = data.ReadFrom(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
	}
	return data.Bytes(), nil
}

// slice cuts data into the tensors that metas describe. All types in use take four bytes a number.
func (t tensors) slice(metas []tensorMeta, data []byte) error {
	for _, meta := range metas {
		size := 4
		for _, s := range meta.Shape {
			if s < 0 || s > len(data) {
				return fmt.Errorf("weights %s: impossible or cut off: shape %v, %d bytes left", meta.Name, meta.Shape, len(data))
			}
			size *= s
		}
		if meta.DType != "float32" && meta.DType != "int32" {
			return fmt.Errorf("weights %s: type %s is not supported", meta.Name, meta.DType)
		}
		if size < 0 || size > len(data) {
			return fmt.Errorf("weights %s: cut off: %d bytes wanted, %d left", meta.Name, size, len(data))
		}
		t[meta.Name] = tensor{meta.Shape, data[:size]}
		data = data[size:]
	}
	if len(data) != 0 {
		return fmt.Errorf("weights: %d bytes more than model.json describes", len(data))
	}
	return nil
}

// reader hands out tensors and keeps what was wrong with any of them, so that a whole model is
// read without a check after each step.
type reader struct {
	tensors tensors
	err     error
}

// exponent is all ones in an infinity and in what is not a number.
const exponent = 0x7f800000

// floats returns a tensor's numbers; its shape must be the one given.
func (r *reader) floats(name string, shape ...int) []float32 {
	t, ok := r.tensors[name]
	switch {
	case !ok:
		r.fail(fmt.Errorf("weights %s: missing", name))
	case !slices.Equal(t.shape, shape):
		r.fail(fmt.Errorf("weights %s: shape %v, want %v", name, t.shape, shape))
	default:
		v := make([]float32, len(t.raw)/4)
		for i := range v {
			bits := binary.LittleEndian.Uint32(t.raw[4*i:])
			if bits&exponent == exponent {
				r.fail(fmt.Errorf("weights %s: not a number at place %d", name, i))
				break
			}
			v[i] = math.Float32frombits(bits)
		}
		return v
	}
	n := 1
	for _, s := range shape {
		n *= s
	}
	return make([]float32, n)
}

func (r *reader) fail(err error) { r.err = errors.Join(r.err, err) }

// linear reads a kernel (stored in × out) and its bias.
func (r *reader) linear(kernel, bias string, in, out int, kernelShape ...int) linear {
	l := linear{in: in, out: out, w: make([]float32, in*out), b: r.floats(bias, out)}
	k := r.floats(kernel, kernelShape...)
	// Eight rows at a time, so that a cache line that is fetched is also used.
	for i := 0; i < in; i += 8 {
		for o := range out {
			for j := i; j < i+8; j++ {
				l.w[o*in+j] = k[j*out+o]
			}
		}
	}
	return l
}
