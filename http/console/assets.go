package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"time"
)

// bundle is console.js, console.css, the fonts and their licences, which `make console` puts there.
// Without them the console says so.
//
//go:embed all:assets
var bundle embed.FS

// assets are the bundle's files.
type assets struct {
	files   map[string][]byte
	version string // of all of them: part of their addresses, so that browsers may keep them
}

func readAssets() (assets, error) {
	a := assets{files: map[string][]byte{}}
	sum := sha256.New()
	err := fs.WalkDir(bundle, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Base(name) == ".keep" {
			return err
		}
		content, err := bundle.ReadFile(name)
		a.files[path.Base(name)] = content
		sum.Write(content)
		return err
	})
	a.version = base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:9])
	return a, err
}

// bundled tells whether the pages have their scripts.
func (a assets) bundled() bool { return a.files["console.js"] != nil && a.files["console.css"] != nil }

// url is a file's address.
func (a assets) url(name string) string { return Path + "/assets/" + name + "?v=" + a.version }

// ServeHTTP answers with a file.
func (a assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	content, ok := a.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	media := mime.TypeByExtension(path.Ext(name))
	if path.Ext(name) == ".woff2" {
		media = "font/woff2"
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable") // another build is another address
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}
