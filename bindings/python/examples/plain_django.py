"""Django behind keycask, in one file: projects of seogeo.tools, for those whose key may read them.

    SEOGEO_STORE=keys.keycask gunicorn plain_django:application

The store that `SEOGEO_STORE` names has the realm of `profiles/seogeo.toml`.
"""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path
from keycask import Store
from keycask.django import require_key

store = Store.open(os.environ["SEOGEO_STORE"])

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    KEYCASK={"STORE": f"{__name__}.store", "REALM": "seogeo"},
)


@require_key("projects:read")
def projects(request: Any) -> Any:
    """The projects, of which this example has none."""
    return JsonResponse({"owner": request.grant.owner, "data": []})


urlpatterns = [path("api/public/v1/projects", projects)]
application = get_wsgi_application()
