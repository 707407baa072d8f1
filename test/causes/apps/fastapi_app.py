"""Ways in which FastAPI apps lose the bytes that were signed: one route is one way."""

import base64
import json

from fastapi import FastAPI, Request
from pydantic import BaseModel

app = FastAPI()


class Event(BaseModel):
    id: int
    type: str
    amount: float


def answer(body, request):
    return {
        "body": base64.b64encode(body).decode(),
        "headers": dict(request.headers),
        "url": str(request.url),
    }


@app.post("/dict")
def parsed(payload: dict, request: Request):
    return answer(json.dumps(payload).encode(), request)


@app.post("/model")
def model(event: Event, request: Request):
    return answer(event.json().encode(), request)
