package projections

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"gifty/domain"
)

// Kept is an answer to a standing question that outlives the process that counted it, so that the next one
// has something to show while it counts.
type Kept struct {
	Question string
	Version  int             // of what the answer means; raise it when the same log has another answer, or another shape
	Position domain.Position // the log was counted up to it
	Answer   any             // becomes JSON, sealed by the log's own key
}

const (
	// keepAnswer keeps nothing that an event after the position makes untrue, nor what is older than what
	// there is, unless that is of another version or of a log that has been restored to an earlier state.
	keepAnswer = `INSERT INTO kept_answers AS k (question, version, position, answer)
		SELECT $1, $2, $3, $4 WHERE NOT EXISTS (SELECT FROM events WHERE position > $3 AND type = ANY($5))
		ON CONFLICT (question) DO UPDATE SET version = excluded.version, position = excluded.position, answer = excluded.answer, kept_at = now()
		WHERE k.version <> excluded.version OR k.position <= excluded.position OR k.position > (SELECT position FROM log_head)`
	keptAnswer = `SELECT position, answer FROM kept_answers WHERE question = $1 AND version = $2 AND position <= (SELECT position FROM log_head)`
	// lockAnswers waits for answers that are just being kept, and lets others be read.
	lockAnswers   = `LOCK TABLE kept_answers IN SHARE ROW EXCLUSIVE MODE`
	forgetAnswers = `DELETE FROM kept_answers`
)

// Keep keeps an answer. One up to a position behind which an event of the spoiling types (stored names) has come
// is not: a newer one has to be counted.
func (e *Engine) Keep(ctx context.Context, k Kept, spoiling []string) error {
	text, err := json.Marshal(k.Answer)
	if err == nil {
		text, err = e.types.Keys().SealOwn(text)
	}
	if err == nil {
		_, err = e.pool.Exec(ctx, keepAnswer, k.Question, k.Version, k.Position, string(text), spoiling)
	}
	return err
}

// Kept reads the answer that was kept last into the value that answer points to, and says up to which position
// it is; ok is false when there is none of this version.
func (e *Engine) Kept(ctx context.Context, question string, version int, answer any) (upTo domain.Position, ok bool, err error) {
	var stored string
	err = e.pool.QueryRow(ctx, keptAnswer, question, version).Scan(&upTo, &stored)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	text, err := e.types.Keys().OpenOwn([]byte(stored))
	if err == nil {
		err = json.Unmarshal(text, answer)
	}
	return upTo, err == nil, err
}

// ForgetAnswers removes every kept answer. What was counted before an event that spoils it can't be kept any
// more once that is in the log.
func (e *Engine) ForgetAnswers(ctx context.Context) error {
	return pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, lockAnswers)
		if err == nil {
			_, err = tx.Exec(ctx, forgetAnswers)
		}
		return err
	})
}
