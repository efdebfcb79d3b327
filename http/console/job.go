package console

import (
	"net/http"
	"strconv"
	"strings"

	"gifty/projections"
)

// share is how much of a job is done, in percent.
func share(j projections.Job) int64 {
	switch {
	case j.State == "done":
		return 100
	case j.Total == 0:
		return 0
	}
	return min(99, 100*j.Events/j.Total)
}

// listed is the first of some names and how many more there are.
func listed(names []string) string {
	const enough = 3
	if len(names) <= enough {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:enough], ", ") + " +" + strconv.Itoa(len(names)-enough)
}

func jobID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, errNoJob
	}
	return id, nil
}
