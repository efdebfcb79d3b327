package eventstore

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// rewrapPage is how many keys are wrapped anew in one transaction.
const rewrapPage = 5000

const (
	pageOfKeys = `SELECT subject, wrapped FROM subject_keys WHERE wrapped IS NOT NULL AND subject > $1 ORDER BY subject LIMIT $2`
	rewrapKeys = `UPDATE subject_keys k SET wrapped = t.new FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS t(s, old, new)
		WHERE k.subject = t.s AND k.wrapped = t.old`
)

// Rewrap wraps every key that was wrapped by an older key of the ring by its present one, and returns
// how many there were. What they have sealed stays as it is.
func (k *Keys) Rewrap(ctx context.Context) (count int, err error) {
	err = k.wrapped(ctx, func(page map[uuid.UUID][]byte) error {
		var subjects [][16]byte
		var before, after [][]byte
		for s, wrapped := range page {
			if k.ring.IsPresent(wrapped) {
				continue
			}
			raw, err := k.ring.Unwrap(wrapped, s[:])
			if err != nil {
				return err
			}
			anew, err := k.ring.Wrap(raw, s[:])
			if err != nil {
				return err
			}
			subjects, before, after = append(subjects, s), append(before, wrapped), append(after, anew)
		}
		if len(subjects) == 0 {
			return nil
		}
		changed, err := k.pool.Exec(ctx, rewrapKeys, subjects, before, after)
		count += int(changed.RowsAffected())
		return away(err)
	})
	return count, err
}

// Count is how many keys there are, and how many of them the ring's present key has wrapped.
func (k *Keys) Count(ctx context.Context) (all, present int, err error) {
	err = k.wrapped(ctx, func(page map[uuid.UUID][]byte) error {
		for _, wrapped := range page {
			if all++; k.ring.IsPresent(wrapped) {
				present++
			}
		}
		return nil
	})
	return all, present, err
}

// wrapped goes over the keys as they are stored.
func (k *Keys) wrapped(ctx context.Context, with func(map[uuid.UUID][]byte) error) error {
	for last, full := (uuid.UUID{}), true; full; {
		rows, err := k.pool.Query(ctx, pageOfKeys, [16]byte(last), rewrapPage)
		if err != nil {
			return away(err)
		}
		page := map[uuid.UUID][]byte{}
		var id [16]byte
		var wrapped []byte
		_, err = pgx.ForEachRow(rows, []any{&id, &wrapped}, func() error {
			page[id], last = wrapped, id
			return nil
		})
		if err == nil {
			err = with(page)
		}
		if err != nil {
			return away(err)
		}
		full = len(page) == rewrapPage
	}
	return nil
}
