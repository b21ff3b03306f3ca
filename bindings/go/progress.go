package keycask

// #include <keycask.h>
//
// void keycaskGoProgress(void *context, uint32_t step, uint64_t done, uint64_t total);
import "C"

import (
	"runtime/cgo"
	"unsafe"
)

// A Step is what something long is at.
type Step uint32

const (
	// StepRead: the bytes of a file are read and their checksums compared, to open it for writing.
	StepRead Step = C.KEYCASK_STEP_READ
	// StepOpen: the rows of a file are read and checked, to open it.
	StepOpen Step = C.KEYCASK_STEP_OPEN
	// StepCopy: rows are written to another file.
	StepCopy Step = C.KEYCASK_STEP_COPY
	// StepCheck: the whole of a file is checked, with the audit trail.
	StepCheck Step = C.KEYCASK_STEP_CHECK
	// StepSweep: keys are swept.
	StepSweep Step = C.KEYCASK_STEP_SWEEP
	// StepImport: keys of another system are imported.
	StepImport Step = C.KEYCASK_STEP_IMPORT
	// StepOther: something that this version has no number for.
	StepOther Step = C.KEYCASK_STEP_OTHER
)

// A progress is a function that C may call for as long as a store is open.
type progress struct {
	tells  func(step Step, done, total uint64)
	itself *C.uint64_t
	handle cgo.Handle
}

func newProgress(tells func(step Step, done, total uint64)) *progress {
	if tells == nil {
		return nil
	}
	p := &progress{tells: tells}
	p.handle = cgo.NewHandle(p.tells)
	p.itself = (*C.uint64_t)(keep(uint64(p.handle)))
	return p
}

func (p *progress) tell(to *C.keycask_options) {
	if p != nil {
		to.progress = C.keycask_progress(C.keycaskGoProgress)
		to.progress_context = unsafe.Pointer(p.itself)
	}
}

func (p *progress) end() {
	if p != nil {
		p.handle.Delete()
		unkeep(unsafe.Pointer(p.itself))
	}
}

//export keycaskGoProgress
func keycaskGoProgress(context unsafe.Pointer, step C.uint32_t, done, total C.uint64_t) {
	tells := cgo.Handle(*(*uint64)(context)).Value().(func(step Step, done, total uint64))
	tells(Step(step), uint64(done), uint64(total))
}
