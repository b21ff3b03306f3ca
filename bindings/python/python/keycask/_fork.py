"""What a child of this process does with the stores that it inherits: nothing.

The engine is told, and refuses every call with `ForkedError`. The descriptors of their files are
put out of use without being unlocked: a lock is the parent's for as long as the child has the
descriptor, and unlocking would take it from the parent.
"""

from __future__ import annotations

import os
from contextlib import suppress

from ._keycask import inherited


def _in_child() -> None:
    descriptors = inherited()
    if not descriptors:
        return
    try:
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        # Without it the numbers become free.
        for descriptor in descriptors:
            _let_go(descriptor)
        return
    for descriptor in descriptors:
        try:
            os.dup2(null, descriptor, inheritable=False)
        except OSError:
            # A number beyond a limit that was lowered since.
            _let_go(descriptor)
    os.close(null)


def _let_go(descriptor: int) -> None:
    """Closes a descriptor, which is then not ours whatever the system says of it."""
    with suppress(OSError):
        os.close(descriptor)


os.register_at_fork(after_in_child=_in_child)
