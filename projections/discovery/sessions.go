package discovery

import (
	"context"

	"github.com/google/uuid"

	"gifty/domain"
	"gifty/domain/discovery"
	"gifty/domain/erasure"
	"gifty/domain/recipient"
	"gifty/projections"
)

// Session is a dialogue as it stands: what decides in it is what is shown.
type Session struct {
	ID uuid.UUID `json:"id" db:"pk"`
	discovery.Dialogue
	Place   int64 `json:"place" doc:"order among everything that began"`
	Version int   `json:"version"`
	// Position is where in the log its last event is: what it names is there in tables that are as far.
	Position int64 `json:"position"`
	projections.Stamps
}

// Sessions is every dialogue but those for deleted recipients.
var Sessions = projections.Table[Session]{
	Name: "session_view", Version: 2,
	Doc: "A dialogue between a giver and the product, as it stands.",
	Fold: projections.Fold(
		projections.On(
			func(e discovery.SessionStarted, _ domain.Meta) Session { return Session{ID: e.SessionID} },
			func(s *Session, e discovery.SessionStarted, m domain.Meta) {
				s.Dialogue.Apply(e)
				s.Place, s.Version, s.Position = int64(m.Position), m.Version, int64(m.Position)
			}),
		goesOn[discovery.SessionClaimed](), goesOn[discovery.StepRequested](), goesOn[discovery.StepTaken](), goesOn[discovery.StepFailed](),
		goesOn[discovery.TopicsNormalised](), goesOn[discovery.TrackOpened](), goesOn[discovery.TrackBranched](), goesOn[discovery.TrackRefined](),
		goesOn[discovery.TrackFilled](), goesOn[discovery.TrackQuestioned](), goesOn[discovery.TrackSelected](), goesOn[discovery.ProbeAsked](),
		goesOn[discovery.ProbeAnswered](), goesOn[discovery.ProbeSkipped](), goesOn[discovery.TopicHintsSuggested](), goesOn[discovery.ReactionNoted](),
		goesOn[discovery.GiftShortlisted](), goesOn[discovery.GiftUnshortlisted](), goesOn[discovery.GiftSelected](), goesOn[discovery.DeadEndDetected](),
		goesOn[discovery.PivotOffered](), goesOn[discovery.PivotTaken](), goesOn[discovery.IdeaViewed](), goesOn[discovery.GiftClicked](),
		projections.RemoveEach[Session]("recipient_id", func(e recipient.Deleted, _ domain.Meta) uuid.UUID { return e.RecipientID }),
		projections.RemoveEach[Session]("giver_id", func(e erasure.GiverErased, _ domain.Meta) uuid.UUID { return e.GiverID }),
	),
	Indexes: []string{
		`CREATE INDEX ON {table} (giver_id, place DESC)`,
		`CREATE INDEX ON {table} (recipient_id)`,
	},
}

// goesOn applies an event of a session to its row.
func goesOn[E interface{ Of() uuid.UUID }]() projections.Rule[Session] {
	return projections.Change(
		func(e E, _ domain.Meta) Session { return Session{ID: e.Of()} },
		func(s *Session, e E, m domain.Meta) {
			s.Dialogue.Apply(e)
			s.Version, s.Position = m.Version, int64(m.Position)
		})
}

// GetSession reads one session of a giver, or discovery.ErrSessionNotFound.
func GetSession(ctx context.Context, db projections.Querier, giver, id uuid.UUID) (Session, error) {
	s, ok, err := projections.First[Session](ctx, db, `SELECT * FROM session_view WHERE giver_id = $1 AND id = $2`, giver, id)
	if err == nil && !ok {
		err = discovery.ErrSessionNotFound
	}
	return s, err
}

// SessionVersion is the version of a giver's session and whether it waits for nothing; or
// discovery.ErrSessionNotFound. It is GetSession for who only wants to know whether to read again.
func SessionVersion(ctx context.Context, db projections.Querier, giver, id uuid.UUID) (version int, idle bool, err error) {
	type state struct {
		Version int  `json:"version"`
		Idle    bool `json:"idle"`
	}
	s, ok, err := projections.First[state](ctx, db, `SELECT version, NOT jsonb_path_exists(steps, '$[*] ? (!exists(@.failed))') AS idle
		FROM session_view WHERE giver_id = $1 AND id = $2`, giver, id)
	if err == nil && !ok {
		err = discovery.ErrSessionNotFound
	}
	return s.Version, s.Idle, err
}

// SessionVersions are the versions of sessions, of those that there are, whoever's they are.
func SessionVersions(ctx context.Context, db projections.Querier, ids []uuid.UUID) (map[uuid.UUID]int, error) {
	type state struct {
		ID      uuid.UUID `json:"id"`
		Version int       `json:"version"`
	}
	rows, err := projections.Select[state](ctx, db, `SELECT id, version FROM session_view WHERE id = ANY($1)`, ids)
	versions := make(map[uuid.UUID]int, len(rows))
	for _, s := range rows {
		versions[s.ID] = s.Version
	}
	return versions, err
}

// ListSessions reads a giver's sessions, those that began last first. w's SessionID is not heeded.
func ListSessions(ctx context.Context, db projections.Querier, w Which, page projections.PageRequest) (projections.Page[Session], error) {
	return projections.SelectPage[Session](ctx, db, projections.List{
		SQL: `SELECT * FROM session_view WHERE giver_id = $1 AND ($2::uuid IS NULL OR recipient_id = $2)`, Args: []any{w.Giver, w.RecipientID},
		By: []string{"place"}, Desc: true,
	}, page)
}
