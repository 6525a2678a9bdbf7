"""A small Django project, in one module."""

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="for tests",
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse, StreamingHttpResponse  # noqa: E402
from django.urls import path, reverse  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402


def hello(request):
    return HttpResponse("Hello, Django!")


@csrf_exempt
def echo(request):
    return HttpResponse(request.body, content_type=request.content_type)


def where(request):
    return HttpResponse(" ".join([request.path, request.path_info, reverse("where")]))


def stream(request):
    return StreamingHttpResponse(iter([b"one ", b"two"]))


urlpatterns = [
    path("", hello),
    path("echo", echo),
    path("where", where, name="where"),
    path("stream", stream),
]

app = get_wsgi_application()
