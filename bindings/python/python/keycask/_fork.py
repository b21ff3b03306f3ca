"""What a child of this process does with the stores that it inherits: nothing.

The engine is told, and refuses every call with `ForkedError`. The descriptors of their files are
put out of use without being unlocked: a lock is the parent's for as long as the child has the
descriptor, and unlocking would take it from the parent.
"""

from __future__ import annotations

import os

from ._keycask import inherited


def _in_child() -> None:
    descriptors = inherited()
    if not descriptors:
        return
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    try:
        for descriptor in descriptors:
            os.dup2(null, descriptor, inheritable=False)
    finally:
        os.close(null)


os.register_at_fork(after_in_child=_in_child)
