package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/text/encoding/htmlindex"

	"gifty/domain"
	"gifty/domain/catalogue/feed"
)

// openFeeds opens all feeds before any is read: a wrong name among them must not be found out
// half-way. The name - is standard input.
func openFeeds(names []string) (feeds []*os.File, err error) {
	defer func() {
		if err != nil {
			closeFeeds(feeds)
		}
	}()
	for _, name := range names {
		if name == "-" {
			feeds = append(feeds, os.Stdin)
			continue
		}
		f, err := os.Open(name)
		if why := (*fs.PathError)(nil); errors.As(err, &why) {
			return feeds, domain.Invalid("feed_unreadable", "%s cannot be read: %v; nothing was imported", name, why.Err)
		}
		if err != nil {
			return feeds, err
		}
		feeds = append(feeds, f)
		info, err := f.Stat()
		if err != nil {
			return feeds, err
		}
		if info.IsDir() {
			return feeds, domain.Invalid("feed_unreadable", "%s is a folder; name the feeds in it; nothing was imported", name)
		}
	}
	return feeds, nil
}

func closeFeeds(feeds []*os.File) {
	for _, f := range feeds {
		f.Close()
	}
}

// feedSize is a file's length in bytes, -1 for a pipe or terminal.
func feedSize(f *os.File) int64 {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return -1
	}
	return info.Size()
}

// interruptible reads r until ctx ends, also while r gives nothing. release it when done.
func interruptible(ctx context.Context, r io.Reader) (_ io.Reader, release func()) {
	out, in := io.Pipe()
	go func() {
		_, err := io.Copy(in, r)
		in.CloseWithError(err)
	}()
	stop := context.AfterFunc(ctx, func() { out.CloseWithError(ctx.Err()) })
	return out, func() {
		stop()
		_ = out.Close() // it never fails
	}
}

// uncompressed unpacks gzip, known by its first bytes, and refuses a feed with nothing in it.
func uncompressed(r io.Reader) (*bufio.Reader, error) {
	plain := bufio.NewReaderSize(r, 64<<10)
	if head, _ := plain.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(plain)
		if err != nil {
			return nil, domain.Invalid("feed_unreadable", "the compressed feed is damaged; fetch it again").Because(err)
		}
		plain = bufio.NewReaderSize(z, 64<<10)
	}
	if _, err := plain.Peek(1); errors.Is(err, io.EOF) {
		return nil, domain.Invalid("feed_empty", "the file is empty; was it fetched?")
	}
	return plain, nil // another error comes again when the feed is read
}

// formatOf is the format named, or what the feed looks like.
func formatOf(named, file string, r *bufio.Reader) (feed.Format, error) {
	if named != "auto" {
		return feed.ParseFormat(named)
	}
	head, _ := r.Peek(4096) // a short feed is no error
	format, ok := feed.Detect(strings.TrimSuffix(file, ".gz"), head)
	if !ok {
		return "", domain.Invalid("format_unknown", "this looks like none of the feeds known; say --format jsonl, csv, tsv, rss or yml")
	}
	return format, nil
}

// charset reads the encodings that feeds declare.
func charset(label string, r io.Reader) (io.Reader, error) {
	e, err := htmlindex.Get(label)
	if err != nil {
		return nil, fmt.Errorf("encoding %q is not known", label)
	}
	return e.NewDecoder().Reader(r), nil
}
