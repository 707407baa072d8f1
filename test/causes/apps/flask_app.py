"""Ways in which Flask apps lose the bytes that were signed: one route is one way."""

import base64
import json
from urllib.parse import urlencode

from flask import Flask, jsonify, request
from werkzeug.serving import make_server

app = Flask(__name__)


def hashed(way):
    if way == "get_json":
        return json.dumps(request.get_json()).encode()
    if way == "compact":
        return json.dumps(request.get_json(), separators=(",", ":")).encode()
    if way == "readable":
        return json.dumps(request.get_json(), ensure_ascii=False).encode()
    if way == "jsonify":
        return jsonify(request.get_json()).get_data()
    if way == "str":
        return str(request.get_json()).encode()
    if way == "str-of-bytes":
        return str(request.get_data()).encode()
    if way == "ascii":
        return request.get_data().decode("ascii", "ignore").encode()
    if way == "form":
        return urlencode(request.form).encode()
    if way == "form-json":
        return json.dumps(request.form).encode()
    if way == "data-after-form":
        return (request.form and request.data) or b""
    return request.get_data()


@app.post("/<way>")
def handle(way):
    body = hashed(way)
    return {"body": base64.b64encode(body).decode(), "headers": list(request.headers), "url": request.url}


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, app)
    print(f"listening on {server.port}", flush=True)
    server.serve_forever()
