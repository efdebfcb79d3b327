package main

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"gifty/eventstore"
	"gifty/http"
	readanalytics "gifty/projections/analytics"
	"gifty/projections/events"
)

// browser is one headless Chromium for all that is looked at.
type browser struct {
	context.Context
	url   string // of the server
	shots string // folder of the screenshots
}

// programs are the names that Chromium goes by.
func programs() []string {
	return []string{"chromium", "chromium-browser", "google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"}
}

func findChromium(t *testing.T) string {
	t.Helper()
	for _, name := range programs() {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("Chromium is missing; `make browser` installs it")
	}
	t.Skip("Chromium is missing; `make browser` installs it")
	return ""
}

// open starts the browser on the server.
func (p *past) open(t *testing.T) browser {
	t.Helper()
	program := findChromium(t)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.NoFirstRun, chromedp.WindowSize(1440, 900))
	allocated, free := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(free)
	ctx, closeTab := chromedp.NewContext(allocated)
	t.Cleanup(closeTab)
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(stop)
	shots := filepath.Join("..", "..", ".gifty", "screenshots")
	if err := os.MkdirAll(shots, 0o755); err != nil {
		t.Fatal(err)
	}
	return browser{ctx, p.serve(t), shots}
}

// serve makes the server that people use.
func (p *past) serve(t *testing.T) string {
	t.Helper()
	analyst, err := readanalytics.NewAnalyst(p.engine, p.pool)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var working sync.WaitGroup
	signal := eventstore.NewSignal(p.pool, p.logger)
	working.Go(func() { signal.Run(ctx) })
	config := p.serving(analyst, events.NewBrowser(p.pool, p.engine.Types(), signal))
	config.Stopping, config.Start = ctx.Done(), func(do func(context.Context)) { working.Go(func() { do(ctx) }) }
	handler, err := http.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		stop()
		server.CloseClientConnections()
		server.Close()
		working.Wait()
	})
	return server.URL
}

// do does something in the browser.
func (b browser) do(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b, actions...); err != nil {
		t.Fatal(err)
	}
}

// shot keeps a picture of the whole page.
func (b browser) shot(t *testing.T, name string) {
	t.Helper()
	picture, err := chromedp.Run(b, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.shots, name+".png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}

// see opens a page of the console.
func (b browser) see(t *testing.T, path, visible string) {
	t.Helper()
	b.do(t, chromedp.Navigate(b.url+"/console"+path), chromedp.WaitVisible(visible))
}

func TestConsole(t *testing.T) {
	p := newPast(t, 13, 10)
	b := p.open(t)
	b.see(t, "/", "form.sign")
	b.shot(t, "sign-in")
	b.do(t, chromedp.SendKeys("input[name=token]", p.token+"\r"), chromedp.WaitVisible(".uplot"))
	b.shot(t, "overview")
	for _, page := range []struct{ name, path, visible string }{
		{"events", "/events", ".log tbody tr"}, {"projections", "/projections", "#states tbody tr"},
		{"funnels", "/funnels?funnel=pages", ".steps"}, {"funnels-as-of", "/funnels?funnel=ideas&as_of=6500&by=relation", ".steps"},
		{"catalogue", "/catalogue", ".uplot"}, {"people", "/people", "tbody tr"}, {"sessions", "/sessions", "tbody tr"},
		{"configuration", "/configuration", "article"}, {"module", "/configuration/dialogue", ".diff"},
	} {
		b.see(t, page.path, page.visible)
		b.shot(t, page.name)
	}
	b.see(t, "/people", "tbody tr")
	b.do(t, chromedp.Click("tbody tr:last-child td:nth-child(2) a"), chromedp.WaitVisible(".timeline"))
	b.shot(t, "timeline")
	b.see(t, "/sessions", "tbody tr")
	b.do(t, chromedp.Click("tbody tr:nth-child(3) td:nth-child(2) a"), chromedp.WaitVisible(".steps-list"))
	b.shot(t, "session")
}
