package keycask_test

import (
	"strconv"
	"strings"
	"time"

	"keycask.invalid/go"
)

// A row is a step's result: its fields are texts or times.
type row struct {
	key    keycask.KeyID
	fields map[string]any
}

func optional(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

func keyText(key keycask.KeyID) string { return optional(key.String()) }

func listed(names []string) string { return strings.Join(names, ",") }

func rowOfKey(k *keycask.Key) *row {
	return &row{k.ID, map[string]any{
		"name": k.Name, "metadata": k.Metadata, "kind": k.Kind, "environment": k.Environment,
		"owner": k.Owner, "scopes": listed(k.ScopeNames), "state": k.State.String(),
		"cause": k.Cause.String(), "expired": strconv.FormatBool(k.Expired), "reason": k.Reason,
		"issued": k.Issued, "start": k.Start, "end": k.End, "changed": k.Changed,
		"hint": k.Hint(), "prefix": k.Prefix, "last_four": k.LastFour,
		"generation":  strconv.Itoa(int(k.Generation)),
		"predecessor": keyText(k.Predecessor), "successor": keyText(k.Successor),
		"in_grace":  strconv.FormatBool(k.InGrace),
		"last_used": k.LastUsed, "rotation_due": k.RotationDue,
	}}
}

// compare fails if the row has not the fields that are wanted.
func (r *runner) compare(got *row, wanted []word) {
	for _, w := range wanted {
		if !w.named {
			fail("want FIELD=VALUE, not %s", w.value)
		}
		value, there := got.fields[w.name]
		if !there {
			fail("the result has no field %s", w.name)
		}
		want := r.replaced(w.value)
		switch value := value.(type) {
		case string:
			if value != want {
				fail("wanted %s=%s, got %s", w.name, want, value)
			}
		case time.Time:
			if at := r.instantOf(want); !at.Equal(value) {
				fail("wanted %s=%s, which is %s, got %s", w.name, want, at, value)
			}
		}
	}
}
