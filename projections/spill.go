package projections

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
)

// spill is the files of slices that don't fit into memory: the rows as they were when the slice was
// given up, then the events that concern it, in the log's order. This is the hybrid hash join's way
// of the log meeting its rows (DeWitt et al., SIGMOD 1984): the log is read and decoded once,
// whatever its size, and what is spilled once more.
type spill struct {
	dir    string
	slices [sliceCount]*spillFile // each used by one goroutine at a time
	before int64                  // events that were there when it was taken over
	kept   bool                   // for another job to go on with
}

type spillFile struct {
	file   *os.File
	out    *bufio.Writer
	size   int64 // bytes
	events int64
}

// What a spilled record is: its kind, then for rows the table's index, their length, and for each
// its length and itself, frozen; for an event a bit for each table it concerns, its length and itself.
const (
	rowsRecord  = 'r'
	eventRecord = 'e'
)

// spillFormat goes up when what a record holds changes: another program may go on with the files.
const spillFormat = 2

// spillBuffer is the memory for writing, of each slice.
const spillBuffer = 32 << 10

// spillPrefix begins the name of a folder; the log's and the job's id follow.
const spillPrefix = "gifty-spill-"

// newSpill makes the job's folder, and removes those that dead jobs on the same log have left.
func (b *build) newSpill(ctx context.Context) error {
	if err := os.MkdirAll(b.spillIn, 0o700); err != nil {
		return err
	}
	log, err := sweepSpills(ctx, b.job.pool, b.spillIn)
	if err != nil {
		return err
	}
	b.spill = &spill{dir: spillDir(b.spillIn, log, b.job.id)}
	return os.Mkdir(b.spill.dir, 0o700)
}

// spillDir is a job's folder.
func spillDir(parent, log string, job int64) string {
	return filepath.Join(parent, spillsOf(log)+strconv.FormatInt(job, 10))
}

func spillsOf(log string) string { return spillPrefix + log + "-" }

// sweepSpills removes from a folder what dead jobs on this log have left in it, and returns which log
// that is.
func sweepSpills(ctx context.Context, pool *pgxpool.Pool, parent string) (log string, err error) {
	var living []string // folders that are in use or kept
	if err := pool.QueryRow(ctx, livingSpills, keptNote).Scan(&log, &living); err != nil {
		return log, err
	}
	entries, err := os.ReadDir(parent)
	if err != nil {
		return log, err
	}
	for _, e := range entries {
		id, ours := strings.CutPrefix(e.Name(), spillsOf(log))
		if ours && !slices.Contains(living, id) && !slices.Contains(living, filepath.Join(parent, e.Name())) {
			err = errors.Join(err, removeSpill(filepath.Join(parent, e.Name())))
		}
	}
	return log, err
}

const livingSpills = `SELECT (` + logName + `),
	ARRAY(SELECT l.objid::text FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = ` + aliveLock + `::oid
			AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
		|| ARRAY(SELECT substr(obj_description(oid, 'pg_namespace'), length($1) + 1)::json ->> 'spill' FROM pg_namespace
			WHERE nspname LIKE 'gifty\_build\_%' AND obj_description(oid, 'pg_namespace') LIKE $1 || '%')`

// openSpill takes over a folder that another job has kept, with so many events.
func openSpill(dir string, events int64) (*spill, error) {
	s := &spill{dir: dir, before: events}
	for slice := range s.slices {
		info, err := os.Stat(s.path(slice))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		f, err := s.file(slice)
		if err != nil {
			return nil, err
		}
		f.size = info.Size()
	}
	return s, nil
}

func removeSpill(dir string) error {
	if !strings.HasPrefix(filepath.Base(dir), spillPrefix) {
		return fmt.Errorf("%s is no folder of spilled rows", dir)
	}
	return os.RemoveAll(dir)
}

// close deletes the files, unless they are kept.
func (s *spill) close() error {
	var errs []error
	for _, f := range s.slices {
		if f != nil {
			errs = append(errs, f.file.Close())
		}
	}
	if !s.kept {
		errs = append(errs, removeSpill(s.dir))
	}
	return errors.Join(errs...)
}

// flush makes the files hold everything, and counts the events in them.
func (s *spill) flush() (events int64, err error) {
	for _, f := range s.slices {
		if f != nil {
			err = errors.Join(err, f.out.Flush(), f.file.Sync())
		}
	}
	return s.events(), err
}

// drop deletes a slice's file.
func (s *spill) drop(slice int) error {
	f := s.slices[slice]
	s.slices[slice] = nil
	return errors.Join(f.file.Close(), os.Remove(s.path(slice)))
}

func (s *spill) path(slice int) string { return filepath.Join(s.dir, fmt.Sprintf("slice-%02d", slice)) }

func (s *spill) file(slice int) (*spillFile, error) {
	if s.slices[slice] == nil {
		file, err := os.OpenFile(s.path(slice), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
		if err != nil {
			return nil, err
		}
		s.slices[slice] = &spillFile{file: file, out: bufio.NewWriterSize(file, spillBuffer)}
	}
	return s.slices[slice], nil
}

// add appends spilled events.
func (s *spill) add(slice int, records []byte, events int64) error {
	f, err := s.file(slice)
	if err != nil {
		return err
	}
	f.events += events
	return f.write(records)
}

func (f *spillFile) write(records ...[]byte) error {
	for _, r := range records {
		n, err := f.out.Write(r)
		f.size += int64(n)
		if err != nil {
			return fmt.Errorf("rows that don't fit into memory need room on the disk: %w", err)
		}
	}
	return nil
}

// addRows appends the rows that a slice has so far.
func (s *spill) addRows(slice, table int, rows *sliceReader) error {
	f, err := s.file(slice)
	if err != nil {
		return err
	}
	var portionRows []byte
	for rows.next < rows.size {
		portionRows = portionRows[:0]
		for row := range rows.upTo(portion) {
			portionRows = append(binary.AppendUvarint(portionRows, uint64(len(row))), row...)
		}
		head := binary.AppendUvarint(binary.AppendUvarint([]byte{rowsRecord}, uint64(table)), uint64(len(portionRows)))
		if err := f.write(head, portionRows); err != nil {
			return err
		}
	}
	return nil
}

// maxTables is how many tables a spilled event can concern: it has a bit for each.
const maxTables = 64

// appendEvent appends an event's record.
func appendEvent(dst []byte, tables uint64, e []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(append(dst, eventRecord), tables)
	return append(binary.AppendUvarint(dst, uint64(len(e))), e...)
}

// events counts what is in all files.
func (s *spill) events() int64 {
	events := s.before
	for _, f := range s.slices {
		if f != nil {
			events += f.events
		}
	}
	return events
}
