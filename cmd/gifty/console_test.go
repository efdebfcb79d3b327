package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"golang.org/x/sync/errgroup"

	"gifty/domain"
	domainrecipient "gifty/domain/recipient"
	"gifty/eventstore"
	"gifty/http"
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

// begin starts the browser; it has nothing to look at yet.
func begin(t *testing.T, program string) browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.NoFirstRun, chromedp.WindowSize(1440, 900))
	allocated, free := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(free)
	ctx, closeTab := chromedp.NewContext(allocated)
	t.Cleanup(closeTab)
	ctx, stop := context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(stop)
	shots := filepath.Join("..", "..", ".gifty", "screenshots")
	if err := os.MkdirAll(shots, 0o755); err != nil {
		t.Fatal(err)
	}
	return browser{Context: ctx, shots: shots}
}

// serve makes the server that people use.
func (p *past) serve(t *testing.T) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var working sync.WaitGroup
	signal := eventstore.NewSignal(p.pool, p.logger)
	working.Go(func() { signal.Run(ctx) })
	config, err := p.serving(events.NewBrowser(p.pool, p.engine.Types(), signal))
	if err != nil {
		t.Fatal(err)
	}
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
	all := &page.Viewport{Scale: 1}
	for script, side := range map[string]*float64{"scrollWidth": &all.Width, "scrollHeight": &all.Height} {
		*side = b.number(t, `document.documentElement.`+script)
	}
	picture, err := chromedp.Call(b, page.CaptureScreenshot, page.CaptureScreenshotParams{Clip: all, CaptureBeyondViewport: new(true), OptimizeForSpeed: new(true)})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.shots, name+".png"), picture.Data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// run runs a script on the page.
func (b browser) run(t *testing.T, script string) {
	t.Helper()
	if _, err := chromedp.Run(b, chromedp.Evaluate[any](`(() => { `+script+` })(), null`)); err != nil {
		t.Fatalf("%s: %v", script, err)
	}
}

// until waits for something to be so on the page.
func (b browser) until(t *testing.T, so string) {
	t.Helper()
	if _, err := chromedp.Run(b, chromedp.Poll[any](`Boolean(`+so+`)`)); err != nil {
		t.Fatalf("%s: %v", so, err)
	}
}

// text is what an element says.
func (b browser) text(t *testing.T, of string) string {
	t.Helper()
	text, err := chromedp.Run(b, chromedp.Evaluate[string](`document.querySelector(`+strconv.Quote(of)+`).textContent.trim()`))
	if err != nil {
		t.Fatalf("%s: %v", of, err)
	}
	return text
}

// number is what a script comes to.
func (b browser) number(t *testing.T, script string) float64 {
	t.Helper()
	n, err := chromedp.Run(b, chromedp.Evaluate[float64](script))
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return n
}

// see opens a page of the console.
func (b browser) see(t *testing.T, path, visible string) {
	t.Helper()
	b.do(t, chromedp.Navigate(b.url+"/console"+path), chromedp.WaitVisible(visible))
}

// The pages as an analyst goes through them, in one browser, with a picture of each.
func TestConsole(t *testing.T) {
	b := begin(t, findChromium(t))
	var started errgroup.Group
	started.Go(func() error { return chromedp.Do(b) }) // while the past is made
	p := newPast(t, 5, 5)
	b.url = p.serve(t)
	if err := started.Wait(); err != nil {
		t.Fatal(err)
	}
	b.see(t, "/", "form.sign")
	b.shot(t, "sign-in")
	b.do(t, chromedp.SendKeys("input[name=token]", p.token+"\r"), chromedp.WaitVisible(".uplot"))
	b.shot(t, "overview")
	for _, part := range []struct {
		name string
		look func(*testing.T, browser, *past)
	}{
		{"export", exportCharts}, {"behind", lookBehind}, {"pages", lookAround}, {"funnels", askFunnels}, {"rebuild", watchRebuild}, {"follow", followLog},
		{"session", replaySession}, {"keyboard", useKeyboard}, {"phone", usePhone}, {"russian in the dark", useDarkRussian}, {"hostile words", distrustWords},
	} {
		t.Run(part.name, func(t *testing.T) { part.look(t, b, p) })
	}
	t.Logf("screenshots are in %s", b.shots)
}

// lookAround opens the pages that nothing else here opens.
func lookAround(t *testing.T, b browser, _ *past) {
	for _, page := range []struct{ name, path, visible string }{
		{"configuration", "/configuration", "article"}, {"module", "/configuration/dialogue", ".diff"},
		{"no-such-page", "/nowhere", ".blank"}, {"events-none", "/events?type=recipient.deleted.v1", ".none"}, {"people", "/people", "tbody tr"},
	} {
		b.see(t, page.path, page.visible)
		b.shot(t, page.name)
	}
	b.do(t, chromedp.Click("tbody tr:last-child td:nth-child(2) a"), chromedp.WaitVisible(".timeline"))
	b.shot(t, "timeline")
}

// askFunnels chooses a funnel, breaks it down, moves the slider back, and writes another.
func askFunnels(t *testing.T, b browser, _ *past) {
	b.see(t, "/funnels", ".steps")
	b.do(t, chromedp.Click(`a[href$="funnel=pages"]`), chromedp.WaitVisible(`a[href$="funnel=pages"][aria-current]`), chromedp.WaitVisible(".steps"))
	before := b.text(t, ".steps tbody tr:first-child td")
	b.shot(t, "funnels")
	b.run(t, `const by = document.getElementById("by"); by.value = "relation"; by.dispatchEvent(new Event("change", {bubbles: true}))`)
	b.do(t, chromedp.WaitVisible(`//h2[.="By relation"]`))
	b.run(t, `const s = document.getElementById("as-of"); s.value = Math.round(s.max * 0.93); s.dispatchEvent(new Event("input")); s.dispatchEvent(new Event("change", {bubbles: true}))`)
	// While it is counted anew there is neither a table nor a definition.
	b.until(t, `(td => td !== null && td.textContent !== `+strconv.Quote(before)+`)(document.querySelector(".steps tbody td"))`)
	if said := b.text(t, "#as-of-said"); !strings.Contains(said, "position") {
		t.Errorf("the slider says %q", said)
	}
	b.shot(t, "funnels-as-of")
	b.do(t, chromedp.WaitVisible("#define"))
	b.run(t, `document.getElementById("define").value = "name: mine\nentity: giver\nwindow: 7d\nsteps:\n- {name: seen, events: [{type: recommendation.shown.v2}]}"; document.querySelector(".define button").click()`)
	b.do(t, chromedp.WaitVisible(`[role=alert]`))
	if said := b.text(t, "[role=alert]"); !strings.Contains(said, "steps[0].events[0].type") {
		t.Errorf("of an event that there is not is said %q", said)
	}
	b.run(t, `const d = document.getElementById("define"); d.value = d.value.replace(".v2", ".v1"); document.querySelector(".define button").click()`)
	b.do(t, chromedp.WaitVisible(".steps"))
	if step := b.text(t, ".steps tbody th"); step != "seen" {
		t.Errorf("the first step is called %q", step)
	}
}

// watchRebuild begins a rebuild and sees its bar finish.
func watchRebuild(t *testing.T, b browser, _ *past) {
	b.see(t, "/projections", "#states tbody tr")
	b.run(t, `window.most = 0; new MutationObserver(() => {
		for (const bar of document.querySelectorAll("progress")) window.most = Math.max(window.most, bar.value);
	}).observe(document.body, {subtree: true, childList: true})`)
	b.do(t, chromedp.Click("#rebuild-products"))
	b.until(t, `window.most > 0 && !document.querySelector("[data-job]")`)
	if most := b.number(t, "window.most"); most < 100 {
		t.Errorf("the bar came to %v of 100", most)
	}
	b.do(t, chromedp.WaitVisible(`//td[.="Rebuild"]/following-sibling::td//span[.="done"]`))
	b.shot(t, "projections")
}

// followLog sees an event appear as it is appended.
func followLog(t *testing.T, b browser, p *past) {
	b.see(t, "/events?follow=1", `tbody[data-following]`)
	ctx := domain.WithPrincipal(t.Context(), domain.LocalGiver)
	if _, err := p.recipients.Create(ctx, domainrecipient.CreateRecipient{Profile: domainrecipient.Profile{Name: "Nobody's business"}}); err != nil {
		t.Fatal(err)
	}
	b.do(t, chromedp.WaitVisible("tr.fresh"))
	if text := b.text(t, "tr.fresh"); !strings.Contains(text, "created") || strings.Contains(text, "business") {
		t.Errorf("what appeared is %q", text)
	}
	b.shot(t, "events-follow")
}

// replaySession goes to the page that was served in a session, with the arrow keys.
func replaySession(t *testing.T, b browser, _ *past) {
	b.see(t, "/sessions", "tbody tr")
	b.shot(t, "sessions")
	b.do(t, chromedp.Click(`//td[.="quiz"]/preceding-sibling::td//a`), chromedp.WaitVisible(".steps-list"))
	step := b.number(t, `[...document.querySelectorAll(".steps-list .kind")].findIndex((k) => k.textContent === "served")`)
	b.do(t, chromedp.KeyEvent(kb.ArrowRight), chromedp.WaitVisible(".steps-list li:nth-child(2) [aria-current]"))
	b.do(t, chromedp.Click(fmt.Sprintf(".steps-list li:nth-child(%d) a", int(step)+1)), chromedp.WaitVisible(".gift .features"))
	b.shot(t, "session")
}

// useKeyboard goes from the top of a page into its content and to another page without a mouse.
func useKeyboard(t *testing.T, b browser, _ *past) {
	b.see(t, "/catalogue", "#gaps table")
	b.shot(t, "catalogue")
	b.do(t, chromedp.KeyEvent(kb.Tab))
	if on := b.text(t, ":focus"); on != "Skip to the content" {
		t.Errorf("the first stop is %q", on)
	}
	b.do(t, chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent(kb.Tab))
	if inside := b.number(t, `Number(document.querySelector("main").contains(document.activeElement))`); inside != 1 {
		t.Error("skipping did not lead into the content")
	}
	b.run(t, `document.querySelector(".menu a[href$='/events']").focus()`)
	b.do(t, chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(".log tbody tr"))
	b.run(t, `document.querySelector(".log summary").focus()`)
	b.do(t, chromedp.KeyEvent(" "), chromedp.WaitVisible(".log details[open] pre"))
	b.shot(t, "keyboard")
}

// usePhone looks at every page in the width of a phone: nothing may stick out.
func usePhone(t *testing.T, b browser, _ *past) {
	b.do(t, chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2)))
	defer b.do(t, chromedp.EmulateViewport(1440, 900))
	for _, page := range []struct{ name, path, visible string }{
		{"overview", "/", ".uplot"}, {"funnels", "/funnels?funnel=pages", ".steps"}, {"events", "/events", ".log tbody tr"},
		{"", "/projections", "#states tbody tr"}, {"", "/sessions", "tbody tr"}, {"", "/configuration/dialogue", ".diff"},
	} {
		b.see(t, page.path, page.visible)
		if over := b.number(t, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s sticks out by %v pixels", page.path, over)
		}
		if page.name != "" {
			b.shot(t, "phone-"+page.name)
		}
	}
}

// useDarkRussian changes how the pages look and what they speak, and back.
func useDarkRussian(t *testing.T, b browser, _ *past) {
	b.see(t, "/", ".uplot")
	b.do(t, chromedp.Click(`button[value=ru]`), chromedp.WaitVisible(`//h1[.="Обзор"]`), chromedp.WaitVisible(".uplot"))
	b.shot(t, "russian-overview")
	b.do(t, chromedp.Click(`button[value=dark]`), chromedp.WaitVisible(`html[data-theme=dark] .uplot`))
	b.see(t, "/funnels?funnel=quiz", ".steps")
	b.shot(t, "russian-dark-funnels")
	if text := b.text(t, "body"); strings.Contains(text, "Read tables") {
		t.Error("some of it is English")
	}
	b.do(t, chromedp.Click(`button[value=en]`), chromedp.WaitVisible(`html[lang=en]`))
	b.do(t, chromedp.Click(`button[value=light]`), chromedp.WaitVisible(`html[data-theme=light]`))
}

// exportCharts has a chart of the page at hand, the overview, handed out in every form.
func exportCharts(t *testing.T, b browser, _ *past) {
	b.run(t, `window.saved = {};
		let last;
		const address = URL.createObjectURL;
		URL.createObjectURL = (blob) => { last = blob; return address(blob); };
		HTMLAnchorElement.prototype.click = async function () { window.saved[this.download] = last.type + " " + (await last.slice(0, 400).text()); };`)
	for _, form := range []string{"csv", "svg", "png"} {
		b.run(t, fmt.Sprintf(`document.querySelector("#gifts [data-export=%s]").click()`, form))
		b.until(t, fmt.Sprintf(`window.saved["gifts.%s"]`, form))
	}
	for file, begins := range map[string]string{"gifts.csv": "text/csv", "gifts.svg": "image/svg+xml <svg", "gifts.png": "image/png"} {
		if said, err := chromedp.Run(b, chromedp.Evaluate[string](`window.saved[`+strconv.Quote(file)+`]`)); err != nil || !strings.HasPrefix(said, begins) {
			t.Errorf("%s: %.80q, %v", file, said, err)
		}
	}
}

// lookBehind follows figures to their events, which must be as many as they say. The first of each kind is followed in
// the browser, from the page at hand, which is the overview; the others by what it would fetch.
func lookBehind(t *testing.T, b browser, _ *past) {
	b.do(t, chromedp.Click(".cards a.card:nth-of-type(2)"), chromedp.WaitVisible("#counted"))
	b.shot(t, "behind")
	for _, path := range []string{"/?days=7", "/catalogue?days=7", "/funnels?funnel=pages&by=merchant"} {
		b.see(t, path, `a[href*="/behind?"]`)
		wrong, err := chromedp.Run(b, chromedp.Evaluate[[]string](agreeing, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range wrong {
			t.Errorf("%s: %s", path, line)
		}
	}
}

// agreeing is a script that fetches the events behind the first figures of a page and some of the others, and lists
// what does not agree.
const agreeing = `(async () => {
	const wrong = [], seen = new Map();
	for (const link of document.querySelectorAll('a[href*="/behind?"]')) {
		const count = link.dataset.count ?? link.closest("td")?.textContent.match(/^[\d,\s]+(?![\d.]*\s*%)/)?.[0].replaceAll(/\D/g, "");
		if (count) seen.set(link.href, Number(count));
	}
	if (seen.size < 5) wrong.push("only " + seen.size + " figures lead to events");
	const some = [...seen].filter(([address], i) => i < 6 || i % 9 === 0 || address.includes("cohort="));
	await Promise.all(some.map(async ([address, count]) => {
		let counted = null, text = "";
		while (!counted && !text.includes('class="blank"')) {
			text = await (await fetch(address)).text();
			counted = text.match(/data-entities="(\d+)" data-events="(\d+)"/);
			if (!counted && !text.includes("data-job") && !text.includes('class="blank"')) break;
		}
		const rows = (text.match(/id="event-/g) ?? []).length;
		const found = counted ? [Number(counted[1]), Number(counted[2])] : [0, 0];
		if (found[0] !== count || found[1] > count || rows !== Math.min(found[1], 50)) wrong.push(count + " has " + found + " in " + rows + " rows: " + address);
	}));
	return wrong;
})()`
