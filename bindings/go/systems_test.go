package keycask_test

import (
	"errors"
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
