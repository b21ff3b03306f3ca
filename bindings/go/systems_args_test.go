package keycask_test

import (
	"slices"
	"strings"

	"keycask.invalid/go"
)

func (r *runner) named(name string) *known {
	key := r.keys[name]
	if key == nil {
		fail("no key was issued as %s", name)
	}
	return key
}

// bare takes the first word without a name.
func (r *runner) bare() string {
	if len(r.args) == 0 || r.args[0].named {
		fail("want one word more")
	}
	value := r.args[0].value
	r.args = r.args[1:]
	return r.replaced(value)
}

// take takes the word of this name.
func (r *runner) take(name string) *string {
	for i, w := range r.args {
		if w.named && w.name == name {
			r.args = slices.Delete(slices.Clone(r.args), i, i+1)
			value := r.replaced(w.value)
			return &value
		}
	}
	return nil
}

func (r *runner) text(name, otherwise string) string {
	if value := r.take(name); value != nil {
		return *value
	}
	return otherwise
}

func (r *runner) actor() keycask.Actor {
	return keycask.Actor{Name: r.text("by", "script"), Reason: r.text("because", "")}
}

// scopes has what the list of this name says; nil if there is none.
func (r *runner) scopes(name string) (*keycask.Scopes, error) {
	list := r.take(name)
	if list == nil {
		return nil, nil
	}
	scopes, err := r.store.ScopesNamed(r.realm, strings.Split(*list, ",")...)
	return &scopes, err
}

func (r *runner) end() keycask.End {
	end, life := r.take("end"), r.take("life")
	switch {
	case life != nil:
		return keycask.After(spanOf(*life))
	case end == nil:
		return keycask.End{}
	case *end == "never":
		return keycask.Never
	}
	return keycask.At(r.instantOf(*end))
}
