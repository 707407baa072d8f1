"""Ways in which Django apps lose the bytes that were signed: one route is one way."""

import base64
import json
from wsgiref.simple_server import make_server

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="only for these tests")


def hashed(way, request):
    if way == "loads":
        return json.dumps(json.loads(request.body)).encode()
    if way == "latin1":
        return request.body.decode("latin1").encode()
    if way == "post":
        return request.POST.urlencode().encode()
    if way == "dict":
        return json.dumps(request.POST.dict()).encode()
    if way == "str":
        return str(request.body).encode()
    if way == "strip":
        return request.body.strip()
    return request.body


def handle(request, way):
    body = hashed(way, request)
    return JsonResponse(
        {
            "body": base64.b64encode(body).decode(),
            "headers": dict(request.headers),
            "url": request.build_absolute_uri(),
        }
    )


urlpatterns = [path("<str:way>", handle)]

if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, get_wsgi_application())
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()
