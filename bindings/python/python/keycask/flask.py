"""Flask views that ask for a key.

```python
keys = Keys(store, "shop")

@app.get("/orders")
@keys.required("orders:read")
def orders():
    return {"owner": g.grant.owner}
```
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

from flask import Request, Response, after_this_request, current_app, g, make_response, request

from ._gate import Gate, StoreSource, peer

__all__ = ["Keys"]

View = TypeVar("View", bound=Callable[..., Any])


class Keys:
    """The keys of `realm`, of one of `kinds` if they are given. `request_id`: gives your id of a
    request, for answers that quote it.
    """

    def __init__(
        self,
        store: StoreSource,
        realm: str,
        *,
        kinds: Iterable[str] | None = None,
        request_id: Callable[[Request], str] | None = None,
    ) -> None:
        self._gate, self._request_id = Gate(store, realm, kinds=kinds), request_id

    def required(self, *scopes: str) -> Callable[[View], View]:
        """A decorator: the view runs if the request presents a key with all of `scopes`, and
        `g.grant` is its grant. Else the profile's answer is given.
        """

        def decorate(view: View) -> View:
            @wraps(view)
            def gated(*args: Any, **more: Any) -> Any:
                outcome = self._gate.present(
                    request.method,
                    iter(request.headers),
                    scopes,
                    address=peer(request.remote_addr),
                    request_id=self._request_id(request) if self._request_id else "",
                )
                answer, grant = outcome.answer, outcome.verdict.grant
                if grant is None:
                    refused = make_response(answer.body, answer.status)
                    # Flask gives every body a type of its own.
                    refused.headers.pop("Content-Type", None)
                    refused.headers.extend(answer.headers)
                    return refused
                g.grant = grant

                @after_this_request
                def add(response: Response) -> Response:
                    for name, value in answer.headers:
                        response.headers.setdefault(name, value)
                    return response

                return current_app.ensure_sync(view)(*args, **more)

            return gated  # type: ignore[return-value]

        return decorate
