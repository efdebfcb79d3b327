package configuration

import (
	"context"
	"sync"
)

// Parsed reads a module as what it means, and keeps that as long as the version in force is the same:
// versions never change. It is safe for concurrent use.
type Parsed[T any] struct {
	commands Commands
	module   string
	parse    func(config []byte, promptTemplate string) (T, error)

	mu      sync.Mutex
	version int // of value; -1: none yet
	value   T
}

// NewParsed reads a module of c by parse.
func NewParsed[T any](c Commands, module string, parse func(config []byte, promptTemplate string) (T, error)) *Parsed[T] {
	return &Parsed[T]{commands: c, module: module, parse: parse, version: -1}
}

// Current is what is in force, and its version.
func (p *Parsed[T]) Current(ctx context.Context) (T, int, error) {
	r, err := p.commands.Current(ctx, p.module)
	if err != nil {
		var none T
		return none, 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.version != r.Version {
		value, err := p.parse(r.Config, r.PromptTemplate)
		if err != nil {
			return value, r.Version, err
		}
		p.version, p.value = r.Version, value
	}
	return p.value, p.version, nil
}
