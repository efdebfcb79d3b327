package discovery_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/domaintest"
)

// A step is taken once, however often and by however many it is tried; what the giver did meanwhile
// stands.
func TestStepsAreTakenOnce(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	k.start("tea")
	step := k.state().Steps[0].StepID
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			c := k.Commands
			c.Adviser = &sage{}
			if err := c.TakeStep(context.Background(), k.id, step); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if s := k.state(); len(s.Tracks) != 1 || len(s.Tracks[0].Ideas) != 2 || !s.Idle() {
		t.Errorf("%+v", s.Dialogue)
	}
	at := k.log.Now(t)
	if err := k.TakeStep(context.Background(), k.id, step); err != nil {
		t.Error(err)
	}
	k.log.Unchanged(t, at)

	topic := k.trackOf("tea").TopicID
	if _, err := k.RefineTopic(k.ctx, discovery.RefineTopic{SessionID: k.id, TopicID: topic, Refinement: "black"}); err != nil {
		t.Fatal(err)
	}
	k.sage.meanwhile = func() {
		if _, err := k.RefineTopic(k.ctx, discovery.RefineTopic{SessionID: k.id, TopicID: topic, Refinement: "green"}); err != nil {
			t.Error(err)
		}
	}
	k.work()
	if s := k.state(); s.Tracks[0].Status != discovery.TrackLoading || len(s.Steps) != 1 {
		t.Errorf("the first is dropped: %+v", s.Dialogue)
	}
	k.work()
	if tea := k.trackOf("tea"); len(tea.Ideas) != 2 || !strings.Contains(tea.Ideas[0].Title, "green") {
		t.Errorf("%+v", tea)
	}
}

func TestStepsThatFail(t *testing.T) {
	t.Parallel()
	k := newTalk(t, "tea")
	topic := k.trackOf("tea").TopicID
	if _, err := k.RefineTopic(k.ctx, discovery.RefineTopic{SessionID: k.id, TopicID: topic, Refinement: "black"}); err != nil {
		t.Fatal(err)
	}
	step := k.state().Steps[0].StepID
	k.sage.err = errBroken
	at := k.log.Now(t)
	if err := k.TakeStep(context.Background(), k.id, step); !errors.Is(err, errBroken) {
		t.Errorf("%v", err)
	}
	k.log.Unchanged(t, at)
	for range 2 {
		if err := k.FailStep(context.Background(), k.id, step, "the sage\nis silent"); err != nil {
			t.Error(err)
		}
	}
	if s := k.state(); s.Tracks[0].Status != discovery.TrackError || !s.Idle() || len(s.Steps) != 1 || k.log.Now(t) != at+1 {
		t.Errorf("%+v", s.Dialogue)
	}
	k.sage.err = nil
	k.work()
	if s := k.state(); s.Tracks[0].Status != discovery.TrackReady || len(s.Steps) > 0 {
		t.Errorf("%+v", s.Dialogue)
	}
	if err := k.FailStep(context.Background(), k.id, step, "too late"); err != nil {
		t.Error(err)
	}
	k.start("tea")
	k.person(t, ann, domaintest.PersonWent{})
	at = k.log.Now(t)
	k.work()
	k.log.Unchanged(t, at) // what hung on a deleted recipient is gone
}

// However many click at once, everything that was accepted is there, and the story tells the state.
func TestConcurrentClicks(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		k := newTalk(t, "tea", "chess", "wide")
		ideas := slices.Concat(k.trackOf("tea").Ideas, k.trackOf("chess").Ideas)
		liked := map[uuid.UUID]bool{}
		var all sync.WaitGroup
		for i, idea := range ideas {
			liked[idea.HypothesisID] = true
			all.Go(func() {
				ctx := domain.WithCommand(k.ctx, uuid.New())
				for range 2 { // a retry of the same
					if _, err := k.ReactInSession(ctx, discovery.ReactInSession{SessionID: k.id, HypothesisID: idea.HypothesisID, Reaction: discovery.Like}); err != nil {
						t.Error(err)
					}
				}
				if _, err := k.KeepGift(k.ctx, discovery.KeepGift{SessionID: k.id, Gift: discovery.GiftRef{HypothesisID: idea.HypothesisID, GiftID: "a"}, Keep: true}); err != nil {
					t.Error(err)
				}
			})
			all.Go(func() {
				topic := fmt.Sprint("topic ", i)
				if _, err := k.Pivot(k.ctx, discovery.TakePivot{SessionID: k.id, Topic: topic}); err != nil {
					t.Error(err)
				}
			})
		}
		r := rand.New(rand.NewPCG(seed, 0))
		for range 6 {
			topic := k.state().Tracks[r.IntN(2)].TopicID
			all.Go(func() {
				if _, err := k.LoadMore(k.ctx, discovery.LoadMore{SessionID: k.id, TopicID: &topic}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		k.work()
		s := k.state()
		if len(s.Reactions) != len(ideas) || len(s.Shortlist) != len(ideas) || len(s.Tracks) != 3+len(ideas) || !s.Idle() {
			t.Fatalf("%+v", s.Dialogue)
		}
		for _, n := range s.Reactions {
			if !liked[n.HypothesisID] {
				t.Errorf("%+v", n)
			}
		}
		for _, track := range s.Tracks {
			if track.Status != discovery.TrackReady && track.Topic.Name != "wide" || len(track.Ideas) > 4 {
				t.Errorf("%+v", track)
			}
		}
	}
}
