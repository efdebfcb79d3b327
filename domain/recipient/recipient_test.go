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
	domaintest.Then(t, r, r.Create(id, giver, ann(), domaintest.Day), created())

	r = domaintest.Given(t, &recipient.Recipient{})
	domaintest.Then(t, r, r.Create(id, giver, recipient.Profile{
		Name: " \tAnn\x00 B. ", Interests: []string{"tea", " tea", "chess\n"},
		BirthDate: new(time.Date(1996, 5, 17, 23, 30, 0, 0, time.FixedZone("", 3600))),
	}, domaintest.Day), recipient.Created{RecipientID: id, GiverID: giver, Profile: recipient.Profile{
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
		"long interest":      {func(p *recipient.Profile) { p.Interests = []string{"tea", strings.Repeat("x", 201)} }, []string{"interests[1]"}},
		"blank interests":    {func(p *recipient.Profile) { p.Interests = []string{"", "tea", " \t"} }, []string{"interests[0]", "interests[2]"}},
		"long person":        {func(p *recipient.Profile) { p.Person = strings.Repeat("x", 101) }, []string{"person"}},
		"many interests":     {func(p *recipient.Profile) { p.Interests = make([]string, 51) }, []string{"interests"}},
		"born too long ago":  {func(p *recipient.Profile) { p.Age, p.BirthDate = nil, date(1895, 3, 8) }, []string{"birth_date"}},
		"born in year 10000": {func(p *recipient.Profile) { p.Age, p.BirthDate = nil, date(10000, 1, 1) }, []string{"birth_date"}},
		"not born yet":       {func(p *recipient.Profile) { p.Age, p.BirthDate = nil, date(2026, 3, 10) }, []string{"birth_date"}},
		"born after her age": {func(p *recipient.Profile) { p.Age = new(5) }, []string{"age"}},
		"two years too old":  {func(p *recipient.Profile) { p.Age = new(31) }, []string{"age"}},
		"everything": {func(p *recipient.Profile) {
			p.Name, p.Gender, p.Relation, p.Age = "\xff", "\xff", "x", new(1000)
		}, []string{"name", "gender", "relation", "age"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := ann()
			c.change(&p)
			r := domaintest.Given(t, &recipient.Recipient{})
			domaintest.Refused(t, r.Create(id, giver, p, domaintest.Day), "recipient_invalid", c.fields...)
			domaintest.Then(t, r, nil)
			r = domaintest.Given(t, &recipient.Recipient{}, created())
			domaintest.Refused(t, r.Change(p, domaintest.Day), "recipient_invalid", c.fields...)
			domaintest.Then(t, r, nil)
		})
	}
}

func date(year int, month time.Month, day int) *time.Time {
	return new(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

func TestAges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		told *int
		born *time.Time
		at   time.Time
		want *int
	}{
		"unknown":                           {nil, nil, domaintest.Day, nil},
		"as told":                           {new(7), date(2020, 1, 1), domaintest.Day, new(7)},
		"birthday today":                    {nil, date(2014, 3, 8), domaintest.Day, new(12)},
		"birthday tomorrow":                 {nil, date(2014, 3, 9), domaintest.Day, new(11)},
		"birthday yesterday":                {nil, date(2014, 3, 7), domaintest.Day, new(12)},
		"born today":                        {nil, date(2026, 3, 8), domaintest.Day, new(0)},
		"born tomorrow, where it dawned":    {nil, date(2026, 3, 9), domaintest.Day, new(0)},
		"born on a leap day, on 28 Feb":     {nil, date(2012, 2, 29), *date(2026, 2, 28), new(13)},
		"born on a leap day, on 1 March":    {nil, date(2012, 2, 29), *date(2026, 3, 1), new(14)},
		"another zone's midnight is no day": {nil, date(2014, 3, 8), time.Date(2026, 3, 8, 1, 0, 0, 0, time.FixedZone("", 2*3600)), new(11)},
	} {
		p := recipient.Profile{Age: c.told, BirthDate: c.born}
		if got := p.AgeAt(c.at); (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// An age told years ago is stale beside a birth date; a change of something else is no time to say so.
func TestAnAgeMayGrowStale(t *testing.T) {
	t.Parallel()
	p := ann()
	p.Name = "Anna"
	later := domaintest.Day.AddDate(9, 0, 0)
	r := domaintest.Given(t, &recipient.Recipient{}, created())
	domaintest.Then(t, r, r.Change(p, later), recipient.Changed{RecipientID: id, Fields: []string{"name"}, Profile: p})
	p.Age = new(31)
	domaintest.Refused(t, r.Change(p, later), "recipient_invalid", "age")
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
		"who it is":              {func(p *recipient.Profile) { p.Person = "boss" }, []string{"person"}},
		"all": {func(p *recipient.Profile) { *p = recipient.Profile{Interests: []string{}} },
			[]string{"age", "birth_date", "gender", "interests", "name", "relation"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := domaintest.Given(t, &recipient.Recipient{}, created())
			p := r.Profile
			c.change(&p)
			err := r.Change(p, domaintest.Day)
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
			Interests: rapid.SliceOfN(rapid.Map(rapid.StringN(0, 20, -1), func(s string) string { return "x" + s }), 0, 10).Draw(rt, "interests"),
			Age:       rapid.Ptr(rapid.IntRange(0, 130), true).Draw(rt, "age"),
		}
		if days := rapid.IntRange(-1, 40_000).Draw(rt, "days"); days >= 0 && p.Age == nil {
			p.BirthDate = new(time.Date(1900, 1, 1, days*24, 0, 0, 0, time.UTC))
		}
		r := domaintest.Given(t, &recipient.Recipient{})
		if err := r.Create(id, giver, p, domaintest.Day); err != nil {
			rt.Fatal(err)
		}
		again := domaintest.Given(t, &recipient.Recipient{}, r.Pending()...)
		if err := again.Change(again.Profile, domaintest.Day); err != nil || len(again.Pending()) > 0 {
			rt.Fatalf("%+v changed: %+v, %v", r.Pending(), again.Pending(), err)
		}
	})
}
