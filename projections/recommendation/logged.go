package recommendation

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"gifty/domain"
	"gifty/domain/erasure"
	"gifty/domain/evaluate"
	"gifty/domain/recipient"
	"gifty/domain/recommend"
	"gifty/domain/recommendation"
	"gifty/eventstore"
)

// Log is what logged pages are read from.
type Log interface {
	Read(ctx context.Context, q eventstore.Query) iter.Seq2[domain.Recorded, error]
	Streams(ctx context.Context, names ...string) (map[string][]domain.Recorded, error)
	recommendation.Blobs
}

// Logged reads the pages that were served as decisions, to tell what another policy would have earned.
// Pages for recipients who have been deleted are left out, and what was learnt from them.
type Logged struct {
	Log    Log
	Target recommend.Policy
	Served []recommend.Policy // that served, beside the target
	// From and To bound when a page was served, To excluded; zero: no bound. What became of a page
	// counts whenever it did.
	From, To time.Time
	First    int // see Versus
	// Fixed takes the target's weights as configured. Else each page is judged by the weights as all
	// the feedback before it would have moved them, as the target would have served it.
	Fixed bool

	left LeftOut
}

// LeftOut counts pages of which nothing can be told.
type LeftOut struct {
	Empty       int // no gift was on them
	Unseen      int // nothing is known to have been seen of them
	OldFeatures int // served by features of another meaning
}

// LeftOut counts what the last walk over Decisions left out.
func (l *Logged) LeftOut() LeftOut { return l.left }

const (
	chunk        = 64 // pages that are read and replayed together
	chunkReaders = 4
)

// Decisions yields the pages in the order of the log, the giver as the cluster.
func (l *Logged) Decisions(ctx context.Context) evaluate.Log {
	return func(yield func(*evaluate.Decision, error) bool) {
		l.left = LeftOut{}
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		for pages, err := range l.chunks(ctx) {
			var decisions []*evaluate.Decision
			if err == nil {
				decisions, err = l.judge(ctx, pages)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for _, d := range decisions {
				if d != nil && !yield(d, nil) {
					return
				}
			}
		}
	}
}

// servedPage is a page and what its target had learnt by then.
type servedPage struct {
	served  recommendation.Served
	stream  string
	at      time.Time
	learned recommend.Learned
	policy  recommend.Policy
}

// chunks walks the log, learning as it goes, and yields pages some at a time, in the same place in memory.
func (l *Logged) chunks(ctx context.Context) iter.Seq2[[]servedPage, error] {
	return func(yield func([]servedPage, error) bool) {
		deleted, err := l.deleted(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		var pages []servedPage
		lessons := lessons{fixed: l.Fixed, prior: l.Target.Weights, total: Statistics{FeaturesVersion: recommend.FeaturesVersion}}
		for e, err := range l.Log.Read(ctx, eventstore.Query{Types: typeNames(recommendation.Events())}) {
			if err != nil {
				yield(nil, err)
				return
			}
			if who := personOf(e.Event); deleted[who] {
				continue
			}
			served, isPage := e.Event.(recommendation.Served)
			if !isPage {
				lessons.learn(e.Event)
				continue
			}
			page, of, err := l.page(e.Meta, served)
			if err != nil {
				yield(nil, err)
				return
			}
			if !of {
				continue
			}
			page.learned = lessons.learned()
			if pages = append(pages, page); len(pages) == chunk {
				if !yield(pages, nil) {
					return
				}
				pages = pages[:0]
			}
		}
		if len(pages) > 0 {
			yield(pages, nil)
		}
	}
}

// page tells whether a page is one to judge.
func (l *Logged) page(m domain.Meta, served recommendation.Served) (p servedPage, of bool, err error) {
	switch {
	case m.OccurredAt.Before(l.From) || !l.To.IsZero() && !m.OccurredAt.Before(l.To):
		return p, false, nil
	case len(served.Items) == 0:
		l.left.Empty++
		return p, false, nil
	case served.FeaturesVersion != recommend.FeaturesVersion:
		l.left.OldFeatures++
		return p, false, nil
	}
	p = servedPage{served: served, stream: m.Stream, at: m.OccurredAt}
	for _, known := range append(slices.Clone(l.Served), l.Target) {
		if known.Name == served.Policy.Name && known.Version == served.Policy.Version {
			p.policy = known
			return p, true, nil
		}
	}
	return p, false, errPolicyUnknown(served.Policy)
}

// judge makes decisions of pages; nil for those of which nothing was seen.
func (l *Logged) judge(ctx context.Context, pages []servedPage) ([]*evaluate.Decision, error) {
	streams := make([]string, len(pages))
	for i, p := range pages {
		streams[i] = p.stream
	}
	events, err := l.Log.Streams(ctx, streams...)
	if err != nil {
		return nil, err
	}
	decisions := make([]*evaluate.Decision, len(pages))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(chunkReaders)
	for i, p := range pages {
		became := &recommendation.Recommendation{}
		for _, e := range events[p.stream] {
			became.Apply(e.Event)
		}
		if !seen(became) {
			l.left.Unseen++
			continue
		}
		group.Go(func() (err error) {
			decisions[i], err = l.decision(ctx, p, became)
			return err
		})
	}
	return decisions, group.Wait()
}

// seen tells whether anything became of a page.
func seen(r *recommendation.Recommendation) bool {
	for _, item := range r.Served.Items {
		if r.Fate(item.GiftID) != (recommendation.Fate{}) {
			return true
		}
	}
	return false
}

func (l *Logged) decision(ctx context.Context, p servedPage, became *recommendation.Recommendation) (*evaluate.Decision, error) {
	considered, err := considered(ctx, l.Log, p.served.ConsideredSHA256)
	if err != nil {
		return nil, err
	}
	d, err := Decision(scored(considered.Candidates), became.Fate, Versus{Served: p.policy, Target: l.Target, Learned: p.learned, First: l.First})
	if err != nil {
		return nil, fmt.Errorf("page %s: %w", p.served.RecommendationID, err)
	}
	for i := range d.Slots { // what was logged is what was drawn by
		s := &d.Slots[i]
		if logged := p.served.Items[i].Propensity; math.Abs(s.Propensity-logged) > propensityTolerance {
			return nil, errPolicyDiffers(p, logged, s.Propensity)
		}
		s.Propensity = p.served.Items[i].Propensity
	}
	d.Giver, d.At = p.served.GiverID.String(), p.at
	return d, nil
}

// propensityTolerance is far more than arithmetic differs by, and far less than policies do.
const propensityTolerance = 1e-6

// errPolicyDiffers answers for a page that the policy of its name and version, as it is known here,
// would not have drawn with the probabilities that were logged.
func errPolicyDiffers(p servedPage, logged, replayed float64) error {
	return domain.Invalid("policy_differs", "page %s of %s was not served by policy %s as it is now: it logged a propensity of %.4g where that gives %.4g; name the policy's file as it was then, or begin after that page",
		p.served.RecommendationID, p.at.Format(time.RFC3339), PolicyName(p.policy), logged, replayed)
}

// deleted is the recipients who have been deleted, and the givers who have been erased.
func (l *Logged) deleted(ctx context.Context) (map[uuid.UUID]bool, error) {
	gone := map[uuid.UUID]bool{}
	types := append(nameOf[recipient.Deleted](recipient.Events()), nameOf[erasure.GiverErased](erasure.Events())...)
	for e, err := range l.Log.Read(ctx, eventstore.Query{Types: types}) {
		if err != nil {
			return nil, err
		}
		switch e := e.Event.(type) {
		case recipient.Deleted:
			gone[e.RecipientID] = true
		case erasure.GiverErased:
			gone[e.GiverID] = true
		}
	}
	return gone, nil
}
