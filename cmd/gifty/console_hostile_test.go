package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// hostile is what somebody says who wants the console to run it, within text and within an attribute.
const hostile = `" onmouseover="hostile()"><script>hostile()</script><img src=x onerror=hostile()>'`

// samePages is how many pages are looked at that differ in nothing but ids and what is asked.
const samePages = 1

// crawl is a walk through the console's pages, from one to all that it leads to.
type crawl struct {
	browser
	token    string
	seen     map[string]bool
	kinds    map[string]int // pages looked at, by path without ids and what is asked
	shown    map[string]bool
	upcoming []string
}

// distrustWords says hostile things wherever something can be said, and looks whether a page takes them for its own.
func distrustWords(t *testing.T, b browser, p *past) {
	c := &crawl{browser: b, token: p.token, seen: map[string]bool{}, kinds: map[string]int{}, shown: map[string]bool{}}
	c.upcoming = append(c.sayEverywhere(t), "/console/", "/console/nowhere/"+url.PathEscape(hostile))
	if err := p.engine.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	for len(c.upcoming) > 0 {
		next := c.upcoming[0]
		c.upcoming = c.upcoming[1:]
		c.look(t, next)
	}
	t.Logf("%d pages were looked at", len(c.seen))
	// Others mask what is personal.
	for _, kind := range []string{"/console/people/:id", "/console/events"} {
		if !c.shown[kind] {
			t.Errorf("%s shows nothing of what was said", kind)
		}
	}
}

// sayEverywhere returns the pages that show what it said, but for the lists of them.
func (c *crawl) sayEverywhere(t *testing.T) (pages []string) {
	t.Helper()
	said, err := json.Marshal(hostile)
	if err != nil {
		t.Fatal(err)
	}
	words := strings.NewReplacer("WORDS", string(said))
	who := c.post(t, "/v1/recipients", words.Replace(`{"name":WORDS,"interests":["coffee",WORDS]}`))["recipient_id"]
	c.post(t, "/v1/products/import", words.Replace(`{"source":"hostile","items":[{"id":"1","title":WORDS,"merchant":WORDS,"category":WORDS,"description":WORDS,"price":5,"currency":"EUR","product_url":"https://shop.example/1"}]}`))
	quiz := words.Replace(`{"interests":["coffee",WORDS],"language":"en"}`)
	talk := c.post(t, "/v1/discoveries", `{"quiz":`+quiz+`}`)["session_id"]
	c.post(t, "/v1/hypotheses/generate", words.Replace(fmt.Sprintf(`{"recipient_id":%q,"session_id":WORDS,"quiz":%s}`, who, quiz)))
	served := c.post(t, "/v1/recommendations", words.Replace(fmt.Sprintf(`{"recipient_id":%q,"session_id":WORDS,"quiz":{"language":"en"},"ideas":[{"title":WORDS,"queries":["coffee",WORDS]}]}`, who)))["recommendation_id"]
	c.post(t, "/v1/interactions", words.Replace(fmt.Sprintf(`{"recipient_id":%q,"session_id":WORDS,"action":"comment","target_type":"navigation","target_id":WORDS,"value":WORDS,"metadata":{"x":WORDS}}`, who)))
	return []string{fmt.Sprint("/console/people/", who), fmt.Sprint("/console/sessions/", talk), fmt.Sprint("/console/pages/", served)}
}

func (c *crawl) ask(t *testing.T, method, path, body string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Prefer", "wait=10")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return res.StatusCode, answer
}

func (c *crawl) post(t *testing.T, path, body string) map[string]any {
	t.Helper()
	status, answer := c.ask(t, "POST", path, body)
	var said map[string]any
	if err := json.Unmarshal(answer, &said); err != nil || status >= 300 {
		t.Fatalf("%s with %s: %d %s", path, body, status, answer)
	}
	return said
}

// kindOf is a path with the ids in it alike.
func kindOf(path string) string {
	parts := strings.Split(path, "/")
	if len(parts) > 3 {
		parts[3] = ":id"
	}
	return strings.Join(parts, "/")
}

// look reads a page and goes on to where it leads, and to the same with hostile words in the address.
func (c *crawl) look(t *testing.T, address string) {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Errorf("%q is no address: %v", address, err)
		return
	}
	kind, q := kindOf(at.Path), at.Query()
	asked := kind + "?" + strings.Join(slices.Sorted(maps.Keys(q)), "&")
	turned := strings.Contains(at.RawQuery, "hostile")
	if c.seen[address] || !turned && c.kinds[asked] >= samePages || streamed(at.Path) {
		return
	}
	c.seen[address] = true
	c.kinds[asked]++
	status, page := c.ask(t, "GET", at.RequestURI(), "")
	if status >= 500 {
		t.Errorf("%s: %d\n%s", address, status, page)
	}
	c.shown[kind] = c.shown[kind] || strings.Contains(string(page), "hostile()")
	links := c.distrust(t, address, string(page))
	if turned {
		return
	}
	c.upcoming = append(c.upcoming, links...)
	for name := range q {
		turned, q := *at, at.Query()
		q.Set(name, hostile)
		turned.RawQuery = q.Encode()
		if key := kind + "?" + name + "="; c.kinds[key] == 0 {
			c.kinds[key]++
			c.upcoming = append(c.upcoming, turned.String())
		}
	}
}

// streamed are addresses whose answers go on, or are files.
func streamed(path string) bool {
	return strings.HasSuffix(path, "/follow") || strings.HasSuffix(path, "/export") || strings.HasSuffix(path, ".csv") || strings.HasPrefix(path, "/console/jobs/") || strings.HasPrefix(path, "/console/assets/")
}

// distrust fails the test when a page has what no page of ours has: a script in it, a handler, an
// image. It returns where the page leads.
func (c *crawl) distrust(t *testing.T, address, page string) (links []string) {
	t.Helper()
	words := html.NewTokenizer(strings.NewReader(page))
	for kind := words.Next(); kind != html.ErrorToken; kind = words.Next() {
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		tag := words.Token()
		has := map[string]string{}
		for _, a := range tag.Attr {
			has[a.Key] = a.Val
			if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
				t.Errorf("%s has <%s %s=%q>", address, tag.Data, a.Key, a.Val)
			}
		}
		if tag.Data == "script" && has["src"] == "" && has["type"] != "application/json" || tag.Data == "img" {
			t.Errorf("%s has %s", address, tag)
		}
		if to := has["href"]; tag.Data == "a" && strings.HasPrefix(to, "/console") {
			links = append(links, to)
		}
	}
	return links
}
