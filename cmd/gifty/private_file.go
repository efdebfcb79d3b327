package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// writePrivately makes a file that its owner alone may read. What is there stays.
func writePrivately(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	whole, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(whole.Name()) //nolint:errcheck // there is another name for it by then, or it is of no use
	_, err = whole.Write(content)
	if err = errors.Join(err, whole.Close()); err != nil {
		return err
	}
	if err := os.Link(whole.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
