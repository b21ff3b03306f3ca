package keycask_test

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"keycask.invalid/go"
)

func (r *runner) show(id keycask.KeyID) error {
	key, err := r.store.Key(ctx, id)
	r.rows = []*row{rowOfKey(&key)}
	return err
}

func (r *runner) issued(name string, made keycask.Issued, err error) error {
	if err != nil {
		return err
	}
	if err := r.show(made.Key); err != nil {
		return err
	}
	fields, token := r.rows[0].fields, made.Token.Expose()
	fields["length"] = strconv.Itoa(len(token))
	r.keys[name] = &known{
		made.Key, token, fields["prefix"].(string), fields["last_four"].(string),
	}
	return nil
}

func (r *runner) open(
	how func(path string, options *keycask.Options) (*keycask.Store, error),
) (err error) {
	with := options()
	with.Clock = r.now
	r.store, err = how(r.path, with)
	return err
}

func (r *runner) setClock(to time.Time) {
	r.now = to
	if r.store != nil {
		if err := r.store.SetClock(to); err != nil {
			fail("%v", err)
		}
	}
}

func (r *runner) perform(verb string, s *step) error {
	switch verb {
	case "clock":
		r.setClock(r.instantOf(r.bare()))
	case "system":
		r.text("title", "")
		return r.open(func(path string, options *keycask.Options) (*keycask.Store, error) {
			return keycask.Create(ctx, path, options)
		})
	case "reopen":
		if err := r.store.Close(); err != nil {
			return err
		}
		return r.open(func(path string, options *keycask.Options) (*keycask.Store, error) {
			return keycask.Open(ctx, path, options)
		})
	case "profile":
		file := r.bare()
		realm, err := r.store.ApplyRealm(ctx, file, read(r.t, file), r.actor())
		if err == nil {
			r.realm = realm
		}
		return err
	case "scope":
		info, err := r.store.Scope(r.realm, r.bare())
		r.rows = []*row{{fields: map[string]any{
			"title": optional(info.Title), "tier": optional(info.Tier),
			"implies": listed(info.Implies),
		}}}
		return err
	case "owner":
		return r.owner()
	case "issue":
		return r.issue()
	case "rotate", "regenerate":
		return r.rotate(verb == "regenerate")
	case "suspend", "resume", "revoke":
		key := r.named(r.bare()).id
		change := map[string]func(keycask.KeyID, keycask.Actor) error{
			"suspend": func(k keycask.KeyID, by keycask.Actor) error {
				return r.store.Suspend(ctx, k, by)
			},
			"resume": func(k keycask.KeyID, by keycask.Actor) error {
				return r.store.Resume(ctx, k, by)
			},
			"revoke": func(k keycask.KeyID, by keycask.Actor) error {
				return r.store.Revoke(ctx, k, by)
			},
		}[verb]
		if err := change(key, r.actor()); err != nil {
			return err
		}
		return r.show(key)
	case "update":
		key := r.named(r.bare()).id
		change := keycask.KeyChange{
			Name: r.take("name"), Metadata: r.take("metadata"), End: r.end(),
		}
		var err error
		if change.Scopes, err = r.scopes("scopes"); err != nil {
			return err
		}
		if err := r.store.Update(ctx, key, change, r.actor()); err != nil {
			return err
		}
		return r.show(key)
	case "show":
		return r.show(r.named(r.bare()).id)
	case "list":
		return r.list()
	case "reveal":
		token, err := r.store.Reveal(ctx, r.named(r.bare()).id, r.actor())
		r.rows = []*row{{fields: map[string]any{"token": token.Expose()}}}
		return err
	case "explain":
		return r.explain()
	case "request":
		return r.request(s)
	case "answer":
		r.answers[r.bare()] = s.answer
	default:
		fail("no verb is called %s", verb)
	}
	return nil
}

func (r *runner) owner() (err error) {
	id := r.bare()
	change := keycask.OwnerChange{Plan: r.take("plan")}
	if change.Direct, err = r.scopes("direct"); err != nil {
		return err
	}
	if change.Group, err = r.scopes("group"); err != nil {
		return err
	}
	if suspended := r.take("suspended"); suspended != nil {
		is := *suspended == "true"
		change.Suspended = &is
	}
	if err := r.store.SetOwner(ctx, r.realm, id, change, r.actor()); err != nil {
		return err
	}
	owner, err := r.store.Owner(ctx, r.realm, id)
	if err != nil {
		return err
	}
	r.rows = []*row{{fields: map[string]any{
		"plan":      optional(owner.Plan),
		"direct":    listed(must(r.store.NamesOf(r.realm, owner.Direct))),
		"group":     listed(must(r.store.NamesOf(r.realm, owner.Group))),
		"suspended": strconv.FormatBool(owner.Suspended),
	}}}
	return nil
}

func (r *runner) issue() error {
	name := r.bare()
	spec := keycask.Spec{
		Realm: r.realm, Kind: r.text("kind", ""), Owner: r.text("owner", ""),
		Name: r.text("name", ""), Metadata: r.text("metadata", ""), End: r.end(),
	}
	scopes, err := r.scopes("scopes")
	if err != nil {
		return err
	}
	if scopes != nil {
		spec.Scopes = *scopes
	}
	if set := r.take("set"); set != nil {
		info, err := r.store.Set(r.realm, *set)
		if err != nil {
			return err
		}
		spec.Scopes = spec.Scopes.Union(info.Scopes)
	}
	if start := r.take("start"); start != nil {
		spec.Start = r.instantOf(*start)
	}
	by := r.actor()
	for range must(strconv.Atoi(r.text("times", "1"))) {
		made, err := r.store.Issue(ctx, spec, by)
		if err := r.issued(name, made, err); err != nil {
			return err
		}
	}
	return nil
}

func (r *runner) rotate(regenerate bool) error {
	key, as := r.named(r.bare()).id, r.text("as", "")
	rotation := keycask.Rotation{End: r.end()}
	if grace := r.take("grace"); grace != nil {
		rotation.Grace = spanOf(*grace)
		regenerate = regenerate || rotation.Grace == 0
	}
	if regenerate {
		rotation.Grace = keycask.AtOnce
	}
	made, err := r.store.Rotate(ctx, key, rotation, r.actor())
	return r.issued(as, made, err)
}

func (r *runner) list() error {
	states := map[string]keycask.State{
		"active": keycask.Active, "suspended": keycask.Suspended, "revoked": keycask.Revoked,
	}
	filter := keycask.Filter{Realm: &r.realm, Owner: r.take("owner")}
	if named := r.take("state"); named != nil {
		state, there := states[*named]
		if !there {
			fail("no state is called so")
		}
		filter.State = &state
	}
	for from := keycask.Cursor(""); ; {
		page, next, err := r.store.ListPage(ctx, filter, from, 3)
		if err != nil {
			return err
		}
		for i := range page {
			r.rows = append(r.rows, rowOfKey(&page[i]))
		}
		if next == "" {
			return nil
		}
		from = next
	}
}

// asked is what a request needs and which kinds are accepted.
func (r *runner) asked() (request keycask.Request, err error) {
	needs, err := r.scopes("needs")
	if err != nil {
		return request, err
	}
	if needs != nil {
		request.Scopes = *needs
	}
	if kinds := r.take("kinds"); kinds != nil {
		accepted, err := r.store.KindsNamed(r.realm, strings.Split(*kinds, ",")...)
		if err != nil {
			return request, err
		}
		request.Kinds = &accepted
	}
	return request, nil
}

func (r *runner) explain() error {
	token := r.bare()
	request, err := r.asked()
	if err != nil {
		return err
	}
	is, err := r.store.Explain(ctx, r.realm, token, "", request)
	if err != nil {
		return err
	}
	names := func(scopes keycask.Scopes) string {
		return listed(must(r.store.NamesOf(r.realm, scopes)))
	}
	fields := map[string]any{
		"refused_by": "none", "key": keyText(is.Key), "required": names(is.Required),
		"present": names(is.Present), "missing": names(is.Missing),
	}
	if is.RefusedAt < len(is.Checks) {
		fields["refused_by"] = is.Checks[is.RefusedAt].Name
	}
	for _, check := range is.Checks {
		fields[check.Name] = [...]string{"refused", "passed", "unreached"}[check.Passed]
	}
	r.rows = []*row{{fields: fields}}
	return nil
}

func (r *runner) request(s *step) error {
	request, err := r.asked()
	if err != nil {
		return err
	}
	id, every := r.text("id", "req_0"), r.text("every", "")
	method, _, _ := strings.Cut(r.unescaped(s.head[0]), " ")
	header := http.Header{}
	for _, line := range s.head[1:] {
		name, value, there := strings.Cut(r.unescaped(line), ":")
		if !there {
			fail("a header has no colon")
		}
		header[name] = append(header[name], value)
	}
	for round := range must(strconv.Atoi(r.text("times", "1"))) {
		if round != 0 && every != "" {
			r.setClock(r.now.Add(spanOf(every)))
		}
		before := r.reason
		var verdict keycask.Verdict
		r.reply, verdict = r.store.Present(r.realm, keycask.Head{method, header, id}, request)
		if verdict.Status < 0 {
			return verdict.Err()
		}
		r.reason = ""
		if verdict.Granted() {
			if err := r.granted(&verdict.Grant); err != nil {
				return err
			}
		} else {
			r.reason = verdict.Status.String() + [...]string{
				"", " prefix", " length", " character", " checksum",
			}[verdict.Denial.Malformed]
		}
		if round != 0 && r.reason != before {
			fail("round %d: %q after %q", round+1, r.reason, before)
		}
	}
	return nil
}

func (r *runner) granted(grant *keycask.Grant) error {
	is, err := r.store.Describe(*grant)
	fields := map[string]any{
		"key": grant.Key.String(), "owner": is.Owner, "plan": optional(is.Plan), "kind": is.Kind,
		"environment": is.Environment, "prefix": is.Prefix, "scopes": listed(is.Scopes),
		"end": grant.End(), "in_grace": strconv.FormatBool(grant.InGrace()),
	}
	if rate, there := grant.Rate(); there {
		fields["limit"] = strconv.Itoa(int(rate.Limit))
		fields["remaining"] = strconv.Itoa(int(rate.Remaining))
		fields["reset"] = rate.Reset()
	}
	r.rows = []*row{{grant.Key, fields}}
	return err
}
