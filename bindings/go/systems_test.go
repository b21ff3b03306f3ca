package keycask_test

import (
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"keycask.invalid/go"
)

// The systems' scripts, as tests/systems/README.md says.
func TestEverySystemBehavesAsItsScriptSays(t *testing.T) {
	files := must(filepath.Glob(filepath.Join(top, "tests/systems/*.txt")))
	if len(files) < 6 {
		t.Fatal("where are the scripts?")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text := read(t, "tests/systems/"+filepath.Base(file))
			if steps, err := runScript(t, text); err != "" {
				t.Fatalf("%s:%s", file, err)
			} else if steps < 50 {
				t.Fatalf("%s has %d steps only", file, steps)
			}
		})
	}
}

// A runner that lets everything pass would be no test.
func TestAScriptThatIsWrongFails(t *testing.T) {
	text := read(t, "tests/systems/cloudgeni.txt")
	for _, planted := range [][2]string{
		{"< 401", "< 403"}, {"state=revoked", "state=active"}, {"? revoked", "? unknown"},
		{"? expired", "? revoked"}, {"\nrevoke ", "\nrevoked "},
	} {
		wrong := strings.Replace(text, planted[0], planted[1], 1)
		if wrong == text {
			t.Fatalf("the script has no %s", planted[0])
		}
		if _, err := runScript(t, wrong); err == "" {
			t.Errorf("%s passes for %s", planted[1], planted[0])
		}
	}
}

type step struct {
	line         int
	command      string
	head, answer []string
	called       string
	rows         []string
	err, reason  string
}

type runner struct {
	t       *testing.T
	path    string
	store   *keycask.Store
	realm   keycask.Realm
	now     time.Time
	keys    map[string]*known
	answers map[string][]string
	args    []word

	rows   []*row
	err    error
	reason string
	reply  keycask.Answer
}

func runScript(t *testing.T, text string) (steps int, err string) {
	r := &runner{
		t: t, path: filepath.Join(t.TempDir(), "store"), keys: map[string]*known{},
		answers: map[string][]string{},
	}
	var current step
	line := 0
	defer func() {
		if r.store != nil {
			_ = r.store.Close()
		}
		if wrong, is := recover().(scriptError); is {
			err = strconv.Itoa(current.line) + ": " + string(wrong)
		}
	}()
	run := func() {
		if current.command != "" {
			r.run(&current)
			steps++
		}
		current = step{line: line}
	}
	for _, l := range strings.Split(text, "\n") {
		line++
		begin, rest, _ := strings.Cut(l, " ")
		switch {
		case l == "" || begin == "#":
		case begin == "##":
			run()
		case l[0] >= 'a' && l[0] <= 'z':
			run()
			current.command = l
		case current.command == "":
			fail("no command stands before this")
		case begin == ">":
			current.head = append(current.head, rest)
		case begin == "<<":
			current.called = rest
		case begin == "<":
			current.answer = append(current.answer, rest)
		case begin == "=":
			current.rows = append(current.rows, rest)
		case begin == "!":
			current.err = rest
		case begin == "?":
			current.reason = rest
		default:
			fail("no line begins so")
		}
	}
	run()
	ok(t, r.store.CheckFile(ctx))
	return steps, ""
}

func (r *runner) run(s *step) {
	r.args, r.rows, r.err, r.reason, r.reply = split(s.command), nil, nil, "", keycask.Answer{}
	verb := r.bare()
	r.err = r.perform(verb, s)
	if r.err == nil && len(r.args) != 0 {
		fail("%s has no meaning", r.args[0].value)
	}
	if s.err != "" {
		kind, quoted, _ := strings.Cut(s.err, " ")
		var failure *keycask.Error
		if !errors.As(r.err, &failure) || failure.Status.String() != kind ||
			!strings.Contains(failure.Message, strings.Trim(quoted, "'")) {
			fail("wanted %s, got %v", s.err, r.err)
		}
		return
	}
	if r.err != nil {
		fail("%v", r.err)
	}
	if r.reason != s.reason {
		fail("wanted ? %s, got ? %s", s.reason, r.reason)
	}
	if verb == "request" {
		answer := s.answer
		if s.called != "" {
			answer = r.answers[s.called]
		}
		r.compareAnswer(answer)
	}
	if verb == "list" && len(r.rows) != len(s.rows) {
		fail("wanted %d keys, got %d", len(s.rows), len(r.rows))
	}
	for i, line := range s.rows {
		wanted := split(line)
		if verb != "list" {
			i = 0
		}
		if i >= len(r.rows) {
			fail("there is no result")
		}
		if verb == "list" {
			if r.named(wanted[0].value).id != r.rows[i].key {
				fail("wanted %s", wanted[0].value)
			}
			wanted = wanted[1:]
		}
		r.compare(r.rows[i], wanted)
	}
}

func (r *runner) compareAnswer(lines []string) {
	if len(lines) == 0 || lines[0] != strconv.Itoa(r.reply.Status) {
		fail("wanted < %v, got < %d", lines, r.reply.Status)
	}
	body, ended := "", false
	for _, line := range lines[1:] {
		switch name, value, _ := strings.Cut(line, ": "); {
		case ended:
			body = line
		case line == "":
			ended = true
		default:
			absent := line[0] == '!'
			var values []string
			for _, field := range r.reply.Fields {
				if strings.EqualFold(field.Name, strings.TrimPrefix(name, "!")) {
					values = append(values, field.Value)
				}
			}
			if absent && values != nil || !absent && !slices.Equal(values, []string{value}) {
				fail("wanted < %s, got %v", line, values)
			}
		}
	}
	if body != string(r.reply.Body) {
		fail("wanted the body\n  %s\ngot\n  %s", body, r.reply.Body)
	}
}

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
	change := keycask.OwnerChange{Plan: r.text("plan", "")}
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
		"": 0, "active": keycask.Active, "suspended": keycask.Suspended, "revoked": keycask.Revoked,
	}
	state, there := states[r.text("state", "")]
	if !there {
		fail("no state is called so")
	}
	filter := keycask.Filter{Realm: r.realm, Owner: r.text("owner", ""), State: state}
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
		request.Kinds, err = r.store.KindsNamed(r.realm, strings.Split(*kinds, ",")...)
	}
	return request, err
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
