package keycask_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// source is the package's code without comments, but for the C in it.
func source(t *testing.T) string {
	var code strings.Builder
	for _, file := range must(filepath.Glob("*.go")) {
		if strings.HasSuffix(file, "_test.go") || file == "floor.go" {
			continue
		}
		text, err := os.ReadFile(file)
		ok(t, err)
		for _, line := range strings.Split(string(text), "\n") {
			line, comment, _ := strings.Cut(line, "// ")
			code.WriteString(line + "\n")
			if strings.HasPrefix(comment, "    ") {
				code.WriteString(comment + "\n")
			}
		}
	}
	return code.String()
}

// missing is what the header has by this pattern and the package does not use.
func missing(header, code string, what *regexp.Regexp, least int, t *testing.T) (names []string) {
	found := what.FindAllStringSubmatch(header, -1)
	if len(found) < least {
		t.Fatalf("the header has %d of %s only", len(found), what)
	}
	for _, name := range found {
		if !regexp.MustCompile(`\b` + name[1] + `\b`).MatchString(code) {
			names = append(names, name[1])
		}
	}
	return names
}

var (
	functions = regexp.MustCompile(`(?m)^(?:KEYCASK_MUST_USE )?[a-z0-9_]+ (?:const )?\*?` +
		`(?:char \*)?(keycask_[a-z_]+)\(`)
	statuses  = regexp.MustCompile(`(?m)^    (KEYCASK_(?:DENY|ERR)_[A-Z_]+) = -?\d+,`)
	constants = regexp.MustCompile(`(?m)^#define (KEYCASK_[A-Z_]+) [0-9]+`)
	fields    = regexp.MustCompile(`(?m)^    [a-z0-9_ ]+[ *]([a-z_]+)(?:\[[A-Z_0-9]+\])?;$`)
	structs   = regexp.MustCompile(`(?s)typedef struct \{\n(.*?)\n\} (keycask_[a-z_]+);`)
)

// Everything that the header offers is offered in Go.
func TestNothingOfTheHeaderIsLeftOut(t *testing.T) {
	header, code := read(t, "include/keycask.h"), source(t)
	for _, pattern := range []struct {
		what  *regexp.Regexp
		least int
	}{{functions, 80}, {statuses, 40}, {constants, 80}} {
		for _, name := range missing(header, code, pattern.what, pattern.least, t) {
			if !elsewhere[name] {
				t.Errorf("%s is not used", name)
			}
		}
	}
	seen := 0
	for _, of := range structs.FindAllStringSubmatch(header, -1) {
		for _, field := range fields.FindAllStringSubmatch(of[1], -1) {
			seen++
			name := field[1]
			used := regexp.MustCompile(`\.` + name + `\b|\b` + name + `:`).MatchString(code)
			if !used && !strings.HasPrefix(name, "zero") {
				t.Errorf("%s of %s is not used", name, of[2])
			}
		}
	}
	if seen < 250 {
		t.Fatalf("the header has %d fields only", seen)
	}
	planted := strings.ReplaceAll(code, "keycask_rehash", "keycask_other")
	same(t, strings.Join(missing(header, planted, functions, 80, t), " "), "keycask_rehash")
}

// Constants that a program in Go has no use for.
var elsewhere = map[string]bool{
	// Names of the package's own have no place for them: texts grow.
	"KEYCASK_MESSAGE_MAX": true, "KEYCASK_ANCHOR_MAX": true, "KEYCASK_WINDOWS_MAX": true,
	// Limits that the library tells of in its messages.
	"KEYCASK_IMPORT_SECRET_MAX": true, "KEYCASK_IMPORT_SECRETS_MAX": true,
	"KEYCASK_NETWORKS_MAX": true,
}
