package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gifty/domain/catalogue/feed"
	"gifty/eventstore/pgserver"
)

// smallDisk is a folder with a file system of its own.
func smallDisk(t *testing.T, megabytes int) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root may mount a small disk")
	}
	dir := roomy(t)
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=0755", megabytes))
	if errors.Is(err, syscall.EPERM) {
		t.Skip("this container may not mount a small disk")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill leaves no room on a disk. Removing the file gives it back.
func fill(t *testing.T, dir string) (file string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 1<<20); err == nil; {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return f.Name()
}

// bulky is products with descriptions that do not compress.
func bulky(first, last int) string {
	random := rand.New(rand.NewPCG(uint64(first), 1))
	letters := []rune("абвгдежзиклмнопрстуфхцчшэюя ")
	var b strings.Builder
	for line := range strings.Lines(products(first, last)) {
		text := make([]rune, 2000)
		for i := range text {
			text[i] = letters[random.IntN(len(letters))]
		}
		b.WriteString(strings.TrimSuffix(line, "}\n") + `,"description":"` + string(text) + "\"}\n")
	}
	return b.String()
}

func TestAFullDiskLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, 150)
	server, err := pgserver.Start(t.Context(), pgserver.Options{Dir: filepath.Join(dir, "postgres"),
		Settings: map[string]string{"fsync": "off", "shared_buffers": "16MB", "max_wal_size": "32MB"}})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, server)
	p, d := at(t, server.URL()), look(t, server.URL())
	run, in := p.beginImport(t, "--no-embed")
	give(t, in, bulky(1, 600))
	run.until(t, func() bool { return d.listed(t) == feed.ChunkSize })
	filler := fill(t, dir)
	fed := make(chan error, 1)
	go func() {
		_, err := in.WriteString(bulky(601, bulkyCount))
		fed <- errors.Join(err, in.Close())
	}()
	run.until(t, run.waits)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	switch code, err := run.code(), <-fed; {
	case code == 0 && err != nil:
		t.Error(err)
	case code != 0 && !strings.Contains(run.err.String(), "importing the same again goes on from there"):
		t.Errorf("exit code %d\n%s%s", code, run.out, run.err)
	}
	p.begin(t, strings.NewReader(bulky(1, 600)+bulky(601, bulkyCount)), "import", "--source", "pipe", "-").done(t)
	d.holds(t, bulkyCount)
}

const bulkyCount = 1000 // more than what a server that is told of a full disk can still hold
