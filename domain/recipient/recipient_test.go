package recipient_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"gifty/domain"
	"gifty/domain/domaintest"
	"gifty/domain/recipient"
)

var id, giver = domaintest.ID(100), domain.LocalGiver.Giver

func ann() recipient.Profile {
	return recipient.Profile{
		Name: "Ann", Relation: "friend", Gender: "female", Age: new(30),
		BirthDate: new(time.Date(1996, 5, 17, 0, 0, 0, 0, time.UTC)), Interests: []string{"tea", "chess"},
	}
}

func created() recipient.Created {
	return recipient.Created{RecipientID: id, GiverID: giver, Profile: ann()}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	r := domaintest.Given(t, &recipient.Recipient{})
	domaintest.Then(t, r, r.Create(id, giver, ann()), created())

	r = domaintest.Given(t, &recipient.Recipient{})
	domaintest.Then(t, r, r.Create(id, giver, recipient.Profile{
		Name: " \tAnn\x00 B. ", Interests: []string{"tea", " tea", "", "\n", "chess"},
		BirthDate: new(time.Date(1996, 5, 17, 23, 30, 0, 0, time.FixedZone("", 3600))),
	}), recipient.Created{RecipientID: id, GiverID: giver, Profile: recipient.Profile{
		Name: "Ann  B.", Relation: recipient.Unknown, Interests: []string{"tea", "chess"},
		BirthDate: new(time.Date(1996, 5, 17, 0, 0, 0, 0, time.UTC)),
	}})
}

func TestProfilesThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*recipient.Profile)
		fields []string
	}{
		"age below":          {func(p *recipient.Profile) { p.Age = new(-1) }, []string{"age"}},
		"age above":          {func(p *recipient.Profile) { p.Age = new(131) }, []string{"age"}},
		"relation":           {func(p *recipient.Profile) { p.Relation = "enemy" }, []string{"relation"}},
		"long name":          {func(p *recipient.Profile) { p.Name = strings.Repeat("ж", 201) }, []string{"name"}},
		"name in Latin-1":    {func(p *recipient.Profile) { p.Name = "Ren\xe9" }, []string{"name"}},
		"long gender":        {func(p *recipient.Profile) { p.Gender = strings.Repeat("x", 51) }, []string{"gender"}},
		"long interest":      {func(p *recipient.Profile) { p.Interests = []string{"tea", strings.Repeat("x", 201)} }, []string{"interests"}},
		"many interests":     {func(p *recipient.Profile) { p.Interests = make([]string, 51) }, []string{"interests"}},
		"born too long ago":  {func(p *recipient.Profile) { p.BirthDate = new(time.Date(1879, 12, 31, 0, 0, 0, 0, time.UTC)) }, []string{"birth_date"}},
		"born in year 10000": {func(p *recipient.Profile) { p.BirthDate = new(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)) }, []string{"birth_date"}},
		"everything": {func(p *recipient.Profile) {
			p.Name, p.Gender, p.Relation, p.Age = "\xff", "\xff", "x", new(1000)
		}, []string{"name", "gender", "relation", "age"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := ann()
			c.change(&p)
			r := domaintest.Given(t, &recipient.Recipient{})
			domaintest.Refused(t, r.Create(id, giver, p), "recipient_invalid", c.fields...)
			domaintest.Then(t, r, nil)
			r = domaintest.Given(t, &recipient.Recipient{}, created())
			domaintest.Refused(t, r.Change(p), "recipient_invalid", c.fields...)
			domaintest.Then(t, r, nil)
		})
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*recipient.Profile)
		fields []string
	}{
		"nothing":                {func(*recipient.Profile) {}, nil},
		"spaces only":            {func(p *recipient.Profile) { p.Name = " Ann " }, nil},
		"the same in new memory": {func(p *recipient.Profile) { *p = ann() }, nil},
		"name":                   {func(p *recipient.Profile) { p.Name = "Anna" }, []string{"name"}},
		"age unknown":            {func(p *recipient.Profile) { p.Age = nil }, []string{"age"}},
		"order of interests":     {func(p *recipient.Profile) { p.Interests = []string{"chess", "tea"} }, []string{"interests"}},
		"all": {func(p *recipient.Profile) { *p = recipient.Profile{Interests: []string{}} },
			[]string{"age", "birth_date", "gender", "interests", "name", "relation"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := domaintest.Given(t, &recipient.Recipient{}, created())
			p := r.Profile
			c.change(&p)
			err := r.Change(p)
			if c.fields == nil {
				domaintest.Then(t, r, err)
				return
			}
			if p.Relation == "" {
				p.Relation = recipient.Unknown
			}
			domaintest.Then(t, r, err, recipient.Changed{RecipientID: id, Fields: c.fields, Profile: p})
		})
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	r := domaintest.Given(t, &recipient.Recipient{}, created())
	r.Delete()
	domaintest.Then(t, r, nil, recipient.Deleted{RecipientID: id})
}

func TestWhoMaySee(t *testing.T) {
	t.Parallel()
	mine, other := domain.LocalGiver, domain.Principal{Giver: uuid.New(), Role: domain.RoleGiver}
	for name, c := range map[string]struct {
		history []any
		who     domain.Principal
		want    error
	}{
		"mine":                 {[]any{created()}, mine, nil},
		"the system's":         {[]any{created()}, domain.System, nil},
		"another's":            {[]any{created()}, other, recipient.ErrNotFound},
		"a worker's":           {[]any{created()}, domain.Principal{Role: domain.RoleWorker}, recipient.ErrNotFound},
		"nobody's":             {nil, mine, recipient.ErrNotFound},
		"deleted":              {[]any{created(), recipient.Deleted{RecipientID: id}}, mine, recipient.ErrNotFound},
		"deleted, for another": {[]any{created(), recipient.Deleted{RecipientID: id}}, domain.System, recipient.ErrNotFound},
	} {
		if err := domaintest.Given(t, &recipient.Recipient{}, c.history...).For(c.who); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What was stored is stored again as it is: normalising is done once.
func TestStoredProfilesDoNotChange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := recipient.Profile{
			Name: rapid.StringN(0, 60, -1).Draw(rt, "name"), Gender: rapid.StringN(0, 50, -1).Draw(rt, "gender"),
			Relation:  rapid.SampledFrom(append(recipient.Relations(), "")).Draw(rt, "relation"),
			Interests: rapid.SliceOfN(rapid.StringN(0, 20, -1), 0, 10).Draw(rt, "interests"),
			Age:       rapid.Ptr(rapid.IntRange(0, 130), true).Draw(rt, "age"),
		}
		if days := rapid.IntRange(-1, 40_000).Draw(rt, "days"); days >= 0 {
			p.BirthDate = new(time.Date(1900, 1, 1, days*24, 0, 0, 0, time.UTC))
		}
		r := domaintest.Given(t, &recipient.Recipient{})
		if err := r.Create(id, giver, p); err != nil {
			rt.Fatal(err)
		}
		again := domaintest.Given(t, &recipient.Recipient{}, r.Pending()...)
		if err := again.Change(again.Profile); err != nil || len(again.Pending()) > 0 {
			rt.Fatalf("%+v changed: %+v, %v", r.Pending(), again.Pending(), err)
		}
	})
}
