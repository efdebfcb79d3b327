// Package giver talks to Gifty's own API as a giver's browser does: it starts dialogues, acts in them
// and follows them by server-sent events.
package giver

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
)

// Client is one giver, as whom it speaks to a server.
type Client struct {
	base  string
	http  *http.Client
	token string // who it is
}

// New becomes an anonymous giver of the server at base, such as "http://127.0.0.1:8080".
func New(ctx context.Context, base string) (*Client, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: connections}
	c := &Client{base: base, http: &http.Client{Transport: transport}}
	var made struct {
		Token string `json:"token"`
	}
	err := c.post(ctx, "/v1/givers/anonymous", map[string]any{}, 0, &made)
	c.token = made.Token
	return c, err
}

// At is the same giver before another server of the same product.
func (c *Client) At(base string) *Client {
	moved := *c
	moved.base = base
	return &moved
}

// connections that are kept open: a browser's stream and its actions.
const connections = 2

// View is a dialogue as the API shows it; of it, what a giver needs to go on.
type View struct {
	ID           uuid.UUID          `json:"id"`
	State        string             `json:"state"` // working, waiting, ended
	Version      int                `json:"version"`
	Tracks       []Track            `json:"tracks"`
	CurrentProbe *discovery.Probe   `json:"current_probe"`
	TopicHints   []discovery.Hint   `json:"topic_hints"`
	Pivot        *discovery.Pivot   `json:"pivot"`
	Chosen       *discovery.GiftRef `json:"chosen"`
}

// Track is a line of ideas about a topic.
type Track struct {
	TopicID    uuid.UUID           `json:"topic_id"`
	Topic      string              `json:"topic"`
	Status     string              `json:"status"`
	Question   *discovery.Question `json:"question"`
	Hypotheses []Hypothesis        `json:"hypotheses"`
}

// Hypothesis is an idea with its products.
type Hypothesis struct {
	ID       uuid.UUID `json:"id"`
	Title    string    `json:"title"`
	Products []struct {
		GiftID string `json:"gift_id"`
	} `json:"products"`
}

// Ideas is how many ideas there are that have products.
func (v View) Ideas() (n int) {
	for _, t := range v.Tracks {
		for _, h := range t.Hypotheses {
			if len(h.Products) > 0 {
				n++
			}
		}
	}
	return n
}

// Reached is what a command answers.
type Reached struct {
	SessionID uuid.UUID       `json:"session_id"`
	Position  domain.Position `json:"position"`
	Discovery *View           `json:"discovery"` // nil unless it was waited for, and came in time
}

// Start begins a dialogue, and returns as soon as the server has accepted it.
func (c *Client) Start(ctx context.Context, quiz discovery.Quiz) (out Reached, err error) {
	return out, c.post(ctx, "/v1/discoveries", map[string]any{"quiz": quiz}, 0, &out)
}

// Act does what a path such as "/pivot" stands for in a dialogue. With a wait it waits up to so long until
// all that follows is done.
func (c *Client) Act(ctx context.Context, session uuid.UUID, path string, body any, wait time.Duration) (out Reached, err error) {
	return out, c.post(ctx, "/v1/discoveries/"+session.String()+path, body, wait, &out)
}

func (c *Client) post(ctx context.Context, path string, body any, wait time.Duration, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	c.identify(req)
	if wait > 0 {
		req.Header.Set("Prefer", fmt.Sprintf("wait=%d", max(1, int(wait.Seconds()))))
	}
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= 400 {
		err = fmt.Errorf("POST %s: %s: %s", path, res.Status, answer)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, into)
}

func (c *Client) identify(req *http.Request) {
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
}

// Follow yields the dialogue as it stands, at first and whenever it has moved, until it ends or ctx does.
// The first has what the answer told of.
func (c *Client) Follow(ctx context.Context, since Reached) iter.Seq2[View, error] {
	return func(yield func(View, error) bool) {
		if err := c.follow(ctx, since, yield); err != nil {
			yield(View{}, err)
		}
	}
}

// longestEvent bounds a line of a stream, in bytes.
const longestEvent = 16 << 20

func (c *Client) follow(ctx context.Context, since Reached, yield func(View, error) bool) error {
	url := fmt.Sprintf("%s/v1/discoveries/%s/events?min_position=%d", c.base, since.SessionID, since.Position)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	c.identify(req)
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(io.LimitReader(res.Body, 1000)) // what came of it will do
		return fmt.Errorf("follow a dialogue: %s: %s", res.Status, why)
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, longestEvent)
	for failed := false; lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch {
		case name == "event":
			failed = value == "error"
		case name == "data" && failed:
			return fmt.Errorf("follow a dialogue: %s", value)
		case name == "data":
			var v View
			if err := json.Unmarshal([]byte(value), &v); err != nil {
				return err
			}
			if !yield(v, nil) {
				return nil
			}
		}
	}
	return lines.Err()
}
