package pgserver

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

const (
	megabyte = 1 << 20
	gigabyte = 1 << 30

	socketPort = 5432 // only a part of the socket's name
	// maxSocketPath is the shortest limit of the systems we know: macOS 103 bytes, Linux 107.
	maxSocketPath = 103
)

// configuration is postgresql.conf, written anew at each start. ALTER SYSTEM is read after it, so a
// person's own settings win.
func (c *cluster) configuration(memory int64) []byte {
	settings := [][2]string{
		{"max_connections", "100"},
		{"shared_buffers", kilobytes(min(max(memory/4, 128*megabyte), 8*gigabyte))},
		{"effective_cache_size", kilobytes(max(memory/2, 256*megabyte))},
		{"work_mem", kilobytes(min(max(memory/256, 4*megabyte), 32*megabyte))},
		{"maintenance_work_mem", kilobytes(min(max(memory/16, 64*megabyte), gigabyte))},
		{"max_parallel_maintenance_workers", strconv.Itoa(max(1, min(runtime.NumCPU()/2, 4)))},
		{"dynamic_shared_memory_type", sharedMemoryType()},
		// A table that is made and filled in one transaction, as a rebuild does, needs no WAL.
		{"wal_level", "minimal"},
		{"max_wal_senders", "0"},
		{"wal_compression", c.compression("on")},
		{"default_toast_compression", c.compression("pglz")}, // pages as served, raw replies: lz4 takes a fraction of the time
		{"max_wal_size", "'4GB'"},
		{"checkpoint_timeout", "'15min'"},
		{"random_page_cost", "1.1"},
		{"jit", "off"}, // costs more than it saves on queries this short
		{"timezone", "'UTC'"},
		{"log_timezone", "'UTC'"},
		{"log_checkpoints", "off"},
		{"log_line_prefix", "'%m [%p] '"},
	}
	if c.socketFits() {
		settings = append(settings, [][2]string{
			{"listen_addresses", "''"},
			{"unix_socket_directories", "'" + c.dir + "'"},
			{"unix_socket_permissions", "0700"},
			{"port", strconv.Itoa(socketPort)},
		}...)
	} else {
		settings = append(settings, [][2]string{
			{"listen_addresses", "'127.0.0.1'"},
			{"unix_socket_directories", "''"},
			{"port", strconv.Itoa(c.port)},
		}...)
	}
	var b bytes.Buffer
	b.WriteString("# Written by gifty at each start. Put your own settings in with ALTER SYSTEM.\n")
	for _, s := range settings {
		fmt.Fprintf(&b, "%s = %s\n", s[0], s[1])
	}
	for _, name := range slices.Sorted(maps.Keys(c.extra)) {
		fmt.Fprintf(&b, "%s = '%s'\n", name, strings.ReplaceAll(c.extra[name], "'", "''"))
	}
	return b.Bytes()
}

// socketFits tells whether the socket may lie in the cluster's folder, which nobody else can enter.
// The characters left out mean something else in Postgres's list of directories or in a URL's hosts.
func (c *cluster) socketFits() bool {
	path := filepath.Join(c.dir, fmt.Sprintf(".s.PGSQL.%d", socketPort))
	return len(path) <= maxSocketPath && !strings.ContainsAny(path, ",'\"\\\n")
}

// compression is lz4 where the server was built with it.
func (c *cluster) compression(otherwise string) string {
	if c.programs.lz4 {
		return "lz4"
	}
	return otherwise
}

// sharedMemoryType avoids /dev/shm where it is small or closed, as in a container: an index built in
// parallel would find it full.
func sharedMemoryType() string {
	if runtime.GOOS != "linux" {
		return "posix"
	}
	const dir, forEverybody = "/dev/shm", 0o002
	var stat syscall.Statfs_t
	info, err := os.Stat(dir)
	if err != nil || info.Mode()&forEverybody == 0 || syscall.Statfs(dir, &stat) != nil || stat.Blocks*uint64(stat.Bsize) < gigabyte {
		return "mmap"
	}
	return "posix"
}

func kilobytes(n int64) string { return fmt.Sprintf("'%dkB'", n/1024) }

// memory returns the bytes this process may use: the machine's, or its container's if that is less;
// 2 GB where neither can be read.
func memory() int64 {
	var limits []int64
	if info, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kb int64
		if _, err := fmt.Sscanf(string(info), "MemTotal: %d kB", &kb); err == nil {
			limits = append(limits, kb*1024)
		}
	}
	if limit, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if n, err := strconv.ParseInt(strings.TrimSpace(string(limit)), 10, 64); err == nil {
			limits = append(limits, n)
		}
	}
	if len(limits) == 0 {
		return 2 * gigabyte
	}
	return slices.Min(limits)
}
