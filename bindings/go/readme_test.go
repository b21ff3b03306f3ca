package keycask_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What stands around the pieces of the README, which go on where its program ended.
const around = `
	ops.Reason = ""
	issued, _ = store.Issue(ctx, spec, ops)
	token = issued.Token.Expose()
	grant, _ = store.Verify(realm, token, keycask.Request{})
	write, _ := store.ScopesNamed(realm, "projects:write")
`

const imports = `
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
`

// The README's code does what its comments say.
func TestTheReadmeDoesWhatItSays(t *testing.T) {
	page, err := os.ReadFile("README.md")
	ok(t, err)
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	same(t, len(blocks), 4)
	program := blocks[0][1]
	end := "\treturn nil\n}\n"
	same(t, strings.HasSuffix(program, end), true)
	program = strings.TrimSuffix(program, end) + around
	for _, block := range blocks[1:] {
		program += block[1]
	}
	program += end
	program = strings.Replace(program, "\"os\"\n", "\"os\"\n"+imports, 1)

	directory := t.TempDir()
	here, err := filepath.Abs(".")
	ok(t, err)
	ok(t, os.WriteFile(filepath.Join(directory, "main.go"), []byte(program), 0o600))
	ok(t, os.Symlink(filepath.Join(here, top, "profiles"), filepath.Join(directory, "profiles")))
	mod := []byte("module readme\n\ngo 1.25\n")
	ok(t, os.WriteFile(filepath.Join(directory, "go.mod"), mod, 0o600))
	// What the page says to do in a module of one's own, without a network.
	edit := regexp.MustCompile(`(?m)^go mod edit .*$`).FindString(string(page))
	edit = strings.Replace(edit, "PATH", filepath.Join(here, top), 1)
	t.Setenv("GOPROXY", "off")
	edited := exec.Command("sh", "-c", edit)
	edited.Dir = directory
	said, err := edited.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", edit, err, said)
	}
	run := exec.Command("go", "run", ".")
	run.Dir = directory
	said, err = run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	var want []string
	for _, line := range regexp.MustCompile(`Println\(.*\) +// (.*)\n`).FindAllStringSubmatch(
		program, -1) {
		want = append(want, line[1])
	}
	got := strings.Split(strings.TrimSuffix(string(said), "\n"), "\n")
	same(t, strings.Join(got, "\n"), strings.Join(want, "\n"))
}
