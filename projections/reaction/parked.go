package reaction

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gifty/domain"
	"gifty/eventstore"
	"gifty/projections"
)

// OpenItem is one that is to be done, and what became of it until now.
type OpenItem struct {
	Table     string     `json:"read_table"`
	ID        uuid.UUID  `json:"id"`
	Subject   uuid.UUID  `json:"subject" doc:"what it is for, such as a session"`
	State     string     `json:"state" enum:"waiting,working,parked"`
	Attempts  int        `json:"attempts"`
	DueAt     *time.Time `json:"due_at" doc:"not before"`
	Error     *string    `json:"error" doc:"of the last try that failed"`
	ParkedAt  *time.Time `json:"parked_at" doc:"when it was given up"`
	Requested time.Time  `json:"requested_at"`
	Place     int64      `json:"place"`
}

const readOpen = `SELECT $1::text AS read_table, t.id, t.subject, t.created_at AS requested_at, t.place,
		coalesce(r.attempts, 0) AS attempts, r.due_at, r.error, r.parked_at,
		CASE WHEN r.parked_at IS NOT NULL THEN 'parked' WHEN r.due_at > now() AND r.error IS NULL THEN 'working' ELSE 'waiting' END AS state
	FROM {table} t LEFT JOIN reactions r ON r.read_table = $1 AND r.item = t.id
	WHERE r.done_at IS NULL AND ($2 = false OR r.parked_at IS NOT NULL)`

// Book looks at what is to be done by the reactions of these read tables.
type Book struct {
	DB     *pgxpool.Pool
	Tables []string
	Keys   *eventstore.Keys // as Options has them
}

// List reads what a table says is to be done, the oldest first; with parked only what was given up.
func (b Book) List(ctx context.Context, table string, parked bool, page projections.PageRequest) (projections.Page[OpenItem], error) {
	if err := b.check(table); err != nil {
		return projections.Page[OpenItem]{}, err
	}
	list, err := projections.SelectPage[OpenItem](ctx, b.DB, projections.List{
		SQL: in(readOpen, table), Args: []any{table, parked}, By: []string{"place", "id"},
	}, page)
	for i, item := range list.Items {
		if item.Error != nil && err == nil {
			var said []byte
			said, err = b.Keys.OpenOwn([]byte(*item.Error))
			list.Items[i].Error = new(string(said))
		}
	}
	return list, err
}

func (b Book) check(table string) error {
	if slices.Contains(b.Tables, table) {
		return nil
	}
	return domain.NotFound("reaction_not_found", "nothing is done by a table of this name; there are %s", strings.Join(b.Tables, ", "))
}

// ErrNotParked answers for an item that does not wait for a replay.
var ErrNotParked = domain.NotFound("reaction_not_parked", "no reaction of this id was given up; list-reactions has those that were")

const unpark = `UPDATE reactions SET parked_at = NULL, attempts = 0, due_at = now() WHERE read_table = $1 AND parked_at IS NOT NULL`

// Replay lets a parked item be tried again, as if for the first time; the nil id stands for all of the
// table. It tells how many.
func (b Book) Replay(ctx context.Context, table string, item uuid.UUID) (int, error) {
	if err := b.check(table); err != nil {
		return 0, err
	}
	sql, args := unpark, []any{table}
	if item != uuid.Nil {
		sql, args = sql+` AND item = $2`, append(args, item)
	}
	tag, err := b.DB.Exec(ctx, sql, args...)
	if err == nil && tag.RowsAffected() == 0 && item != uuid.Nil {
		err = ErrNotParked
	}
	return int(tag.RowsAffected()), err
}

// forget drops the notes on items that are done and gone.
const forget = `DELETE FROM reactions r WHERE r.read_table = $1 AND r.done_at < now() - interval '1 hour'
	AND NOT EXISTS (SELECT FROM {table} t WHERE t.id = r.item)`

func (w *Worker) tidy(ctx context.Context) error {
	var all []error
	for _, r := range w.reactions {
		_, err := w.db.Exec(ctx, in(forget, r.Table), r.Table)
		all = append(all, err)
	}
	return errors.Join(all...)
}

// in is a statement about a read table.
func in(sql, table string) string {
	return strings.ReplaceAll(sql, "{table}", pgx.Identifier{table}.Sanitize())
}

// hopeless tells an error that trying again won't mend.
func hopeless(err error) bool {
	var known *domain.Error
	if !errors.As(err, &known) {
		return false
	}
	switch known.Kind {
	case domain.KindUnavailable, domain.KindLimited, domain.KindPrecondition:
		return false
	}
	return true
}

// guarded makes a panic an error.
func guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return do()
}
