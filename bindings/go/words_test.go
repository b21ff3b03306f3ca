package keycask_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"keycask.invalid/go"
)

// The words of a script: references, changes, times. See tests/systems/README.md.

// A known is a key that was issued, under the name that the script gives it.
type known struct {
	id                      keycask.KeyID
	token, prefix, lastFour string
}

// A word is name=value, or value alone.
type word struct {
	name, value string
	named       bool
}

// fail is what a script or a store does wrong.
func fail(format string, args ...any) { panic(scriptError(fmt.Sprintf(format, args...))) }

type scriptError string

func split(line string) (words []word) {
	for line = strings.TrimLeft(line, " "); line != ""; line = strings.TrimLeft(line, " ") {
		end := strings.IndexAny(line, " =")
		if end < 0 || line[end] == ' ' {
			value, rest, _ := strings.Cut(line, " ")
			words = append(words, word{value: value})
			line = rest
			continue
		}
		w := word{name: line[:end], named: true}
		line = line[end+1:]
		if line != "" && strings.ContainsAny(line[:1], `'"`) {
			value, rest, closed := strings.Cut(line[1:], line[:1])
			if !closed || (rest != "" && rest[0] != ' ') {
				fail("%s: a quote is not closed", w.name)
			}
			w.value, line = value, rest
		} else {
			w.value, line, _ = strings.Cut(line, " ")
		}
		words = append(words, w)
	}
	return words
}

var (
	reference = regexp.MustCompile(`\$([a-z0-9_]+)(?:\.([a-z0-9_]+)|((?::[a-z]+@[A-Za-z0-9_-]*)*))`)
	escape    = regexp.MustCompile(`\\(x[0-9A-Fa-f]{2}|.)`)
)

// replaced is the text with its references replaced.
func (r *runner) replaced(text string) string {
	return reference.ReplaceAllStringFunc(text, func(found string) string {
		parts := reference.FindStringSubmatch(found)
		key := r.named(parts[1])
		switch parts[2] {
		case "":
			token := key.token
			for _, change := range strings.Split(parts[3], ":")[1:] {
				token = changed(token, key, change)
			}
			return token
		case "id":
			return key.id.String()
		case "prefix":
			return key.prefix
		case "last_four":
			return key.lastFour
		case "hint":
			return key.prefix + "..." + key.lastFour
		}
		fail("a key has no %s", parts[2])
		return ""
	})
}

// unescaped is the text of a line of a request.
func (r *runner) unescaped(text string) string {
	return escape.ReplaceAllStringFunc(r.replaced(text), func(found string) string {
		switch found[1] {
		case 's':
			return " "
		case 't':
			return "\t"
		case '\\':
			return `\`
		case 'x':
			if len(found) == 4 {
				return string([]byte{byte(must(strconv.ParseUint(found[2:], 16, 8)))})
			}
		}
		fail("no escape is %s", found)
		return ""
	})
}

func changed(token string, key *known, change string) string {
	what, by, _ := strings.Cut(change, "@")
	switch what {
	case "flip", "dash":
		place := must(strconv.Atoi(by))
		if place < 0 {
			place += len(token) + 1
		}
		to := "-"
		if what == "flip" {
			to = "A"
			if token[place-1] == 'A' {
				to = "B"
			}
		}
		return token[:place-1] + to + token[place:]
	case "cut":
		return token[:len(token)-must(strconv.Atoi(by))]
	case "add":
		return token + by
	case "prefix":
		return by + strings.TrimPrefix(token, key.prefix)
	}
	fail("no change is called %s", what)
	return ""
}

func spanOf(text string) time.Duration {
	digits := strings.TrimRight(text, "msd h")
	unit, known := map[string]time.Duration{
		"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour,
		"d": 24 * time.Hour,
	}[text[len(digits):]]
	count, err := strconv.Atoi(digits)
	if !known || err != nil || count < 0 {
		fail("%s: not a span", text)
	}
	return time.Duration(count) * unit
}

// instantOf is zero for never and for none.
func (r *runner) instantOf(text string) time.Time {
	switch {
	case text == "now":
		return r.now
	case text == "never" || text == "none":
		return time.Time{}
	case text[0] == '+':
		return r.now.Add(spanOf(text[1:]))
	case text[0] == '-':
		return r.now.Add(-spanOf(text[1:]))
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		fail("%s: not an instant", text)
	}
	return at
}
