package subject

import (
	"context"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"gifty/domain"
)

// Proof is what VerifyErased has looked at, and found.
type Proof struct {
	Subjects []uuid.UUID `json:"subjects" doc:"Whom it is of: recipients, and the giver's ids."`
	Events   int         `json:"events" doc:"that name them, and tell nothing"`
	Tables   int         `json:"tables" doc:"looked through"`
	Jobs     int         `json:"jobs" doc:"whose answers were looked through"`
	Findings []Finding   `json:"findings" doc:"empty when nothing is left that could be read"`
}

// Finding is something that is left of a person; of each kind, and of each table, the first.
type Finding struct {
	Check   string `json:"check" enum:"keys,log,blobs,tables,jobs"`
	Message string `json:"message"`
}

func (p *Proof) find(check, format string, args ...any) {
	p.Findings = append(p.Findings, Finding{check, fmt.Sprintf(format, args...)})
}

// ErrNobody answers for an id that is nobody's.
var ErrNobody = domain.NotFound("person_not_found", "nobody in the log has this id; give that of a recipient or of a giver")

// VerifyErased proves that nothing of somebody can be read any more by who has the database and the key: of a
// recipient, or of a giver with all of their identities and everybody they described. It looks through the
// whole log and every table.
func (p Privacy) VerifyErased(ctx context.Context, id uuid.UUID) (Proof, error) {
	proof := Proof{Findings: []Finding{}}
	identities, err := p.people().Identities(ctx, id)
	if err != nil {
		return proof, err
	}
	described, err := p.people().Recipients(ctx, identities)
	if err != nil {
		return proof, err
	}
	proof.Subjects = append(identities, described...)
	for _, check := range []func(context.Context, *Proof) error{p.checkKeys, p.checkLog, p.checkTables, p.checkJobs} {
		if err := check(ctx, &proof); err != nil {
			return proof, err
		}
	}
	if proof.Events == 0 {
		return proof, ErrNobody
	}
	return proof, nil
}

const (
	keysLeft  = `SELECT s, k.subject IS NOT NULL FROM unnest($1::text[]::uuid[]) AS s LEFT JOIN subject_keys k ON k.subject = s WHERE k.destroyed_at IS NULL`
	blobsLeft = `SELECT encode(sha256, 'hex') FROM blobs WHERE sha256 = ANY($2) UNION ALL SELECT encode(sha256, 'hex') FROM sealed_blobs WHERE subject = ANY($1::text[]::uuid[]) LIMIT 1`
)

func (p Privacy) checkKeys(ctx context.Context, proof *Proof) error {
	rows, err := p.Pool.Query(ctx, keysLeft, texts(proof.Subjects))
	if err != nil {
		return err
	}
	var id uuid.UUID
	var there bool
	_, err = pgx.ForEachRow(rows, []any{&id, &there}, func() error {
		if there {
			proof.find("keys", "the key of %s is there", id)
		} else {
			proof.find("keys", "%s has not been erased", id)
		}
		return nil
	})
	return err
}

// reference is how events name blobs: by a SHA-256 as base64.
var reference = regexp.MustCompile(`"([A-Za-z0-9+/]{43}=)"`)

// checkLog opens every event that names them. Where one that may hold personal fields refers to a blob, that
// must have been theirs, and gone.
func (p Privacy) checkLog(ctx context.Context, proof *Proof) error {
	rows, err := p.Pool.Query(ctx, eventsOf, texts(proof.Subjects))
	if err != nil {
		return err
	}
	events, err := pgx.CollectRows(rows, scanEvent)
	if err != nil {
		return err
	}
	types := p.Engine.Types()
	var blobs [][]byte
	told := false
	for _, e := range events {
		proof.Events++
		values, err := types.Personal(e.Type, e.Payload)
		if err != nil {
			return fmt.Errorf("event %d: %w", e.Position, err)
		}
		if len(values) > 0 && !told {
			told = true
			proof.find("log", "event %d, %s, can be read", e.Position, e.Type)
		}
		if !types.IsPersonal(e.Type) {
			continue
		}
		for _, m := range reference.FindAllSubmatch(e.Payload, -1) {
			if sum, err := base64.StdEncoding.DecodeString(string(m[1])); err == nil {
				blobs = append(blobs, sum)
			}
		}
	}
	rows, err = p.Pool.Query(ctx, blobsLeft, texts(proof.Subjects), blobs)
	if err != nil {
		return err
	}
	left, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, sum := range left {
		proof.find("blobs", "blob %s is there", sum)
	}
	return err
}

func (p Privacy) checkTables(ctx context.Context, proof *Proof) error {
	found, tables, err := p.Engine.RemainsOf(ctx, proof.Subjects...)
	for _, r := range found {
		proof.find("tables", "%s, %s", r.Table, r.Message)
	}
	proof.Tables = tables
	return err
}

// checkJobs reads what jobs have answered: whoever was let may have asked for ids. Answers that are kept
// besides may quote anybody who was not erased when they were counted.
func (p Privacy) checkJobs(ctx context.Context, proof *Proof) error {
	rows, err := p.Pool.Query(ctx, `SELECT id FROM rebuilds WHERE result IS NOT NULL ORDER BY id`)
	if err != nil {
		return err
	}
	jobs, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	for _, job := range jobs {
		proof.Jobs++
		answer, err := p.Engine.JobResult(ctx, job)
		if err != nil {
			return err
		}
		for _, id := range proof.Subjects {
			if strings.Contains(string(answer), id.String()) {
				proof.find("jobs", "the answer of job %d names %s", job, id)
			}
		}
	}
	var counted []string
	if err := p.Pool.QueryRow(ctx, countedBefore, texts(proof.Subjects)).Scan(&counted); err != nil {
		return err
	}
	for _, question := range counted {
		proof.find("jobs", "the answer that is kept to %q was counted before", question)
	}
	var orphans int
	if err := p.Pool.QueryRow(ctx, triesLeft).Scan(&orphans); err != nil || orphans == 0 {
		return err
	}
	proof.find("jobs", "what %d tries at steps that are no more have said is there", orphans)
	return nil
}

// countedBefore are the questions whose kept answers are older than the end of a key.
const countedBefore = `SELECT coalesce(array_agg(question), '{}') FROM kept_answers
	WHERE kept_at < (SELECT max(destroyed_at) FROM subject_keys WHERE subject = ANY($1::text[]::uuid[]))`

// triesLeft counts tries at steps of which, as of those of whoever was erased, there is nothing else.
const triesLeft = `SELECT count(*) FROM reactions r WHERE NOT EXISTS (SELECT FROM discovery_steps s WHERE s.id = r.item)`
