"""A proxy before the simulator that lies: answers with status 200 that are not what AWS would say, or not an answer at all."""

import contextlib
import http.client
import http.server
import json
import threading
import time
from urllib.parse import urlsplit


class Liar(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, behind, operation, lie):
        self.behind, self.operation, self.lie, self.told = urlsplit(behind).netloc, operation, lie, 0
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, *_):
        """A client that hangs up is not news."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        asked = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = self.headers.get("X-Amz-Target", "").split(".")[-1] or next((part[7:] for part in asked.decode(errors="replace").split("&") if part.startswith("Action=")), self.path.strip("/"))
        behind = http.client.HTTPConnection(self.server.behind, timeout=30)
        behind.request("POST", self.path, asked, {name: value for name, value in self.headers.items() if name.lower() not in ("connection", "content-length")})
        answer = behind.getresponse()
        status, headers, body = answer.status, dict(answer.getheaders()), answer.read()
        behind.close()
        if operation.lower() == self.server.operation.lower() and status == 200:
            self.server.told += 1
            told = self.server.lie(self, asked, body)
            if told is None:
                self.close_connection = True
                return
            body = told
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST


@contextlib.contextmanager
def liar(behind, operation, lie):
    """Yields the server, whose `told` counts the lies."""
    server = Liar(behind, operation, lie)
    server.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


# Lies: each makes, of what was asked and the true body, another body; or answers itself and returns None.

def empty(_, asked, body):
    return b"{}"


def nulls(_, asked, body):
    return json.dumps({name: None for name in json.loads(body)}).encode()


def other_json(_, asked, body):
    return b'{"login":"https://portal.example/","status":"ok"}'


def not_an_object(_, asked, body):
    return b"[]"


def twice(_, asked, body):
    """Every member twice, the second time empty."""
    content = json.loads(body)
    pairs = ",".join(f"{json.dumps(name)}:{json.dumps(value)},{json.dumps(name)}:null" for name, value in content.items())
    return f"{{{pairs}}}".encode()


def wrong_types(_, asked, body):
    def turned(value):
        if isinstance(value, dict):
            return {name: turned(item) for name, item in value.items()}
        if isinstance(value, list):
            return {"0": [turned(item) for item in value]}
        return [value] if isinstance(value, (str, bool)) else str(value)
    return json.dumps(turned(json.loads(body))).encode()


def no_utf8(_, asked, body):
    return body.replace(b":\"", b":\"\xff\xfe", 1)


def deep(_, asked, body):
    return b'{"KeyMetadata":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def huge(handler, asked, body):
    return body[:-1] + b',"Padding":"' + b"x" * (80 << 20) + b'"}'


def cut_off(_, asked, body):
    """More is promised, and no way to it given."""
    content = json.loads(body)
    content.pop("NextMarker", None)
    return json.dumps({**content, "Truncated": True}).encode()


def for_ever(_, asked, body):
    """Each page is the first, and points to the next."""
    return json.dumps({**json.loads(body), "Truncated": True, "NextMarker": str(time.monotonic_ns())}).encode()


def in_a_circle(_, asked, body):
    return json.dumps({**json.loads(body), "Truncated": True, "NextMarker": "again", "NextToken": "again"}).encode()


def drip(handler, asked, body):
    """A byte now and then, for minutes."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: 100000\r\n\r\n")
    try:
        for _ in range(2000):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.5)
    except OSError:
        pass


def elsewhere(handler, asked, body):
    """A redirect to a host that wants the signature."""
    handler.wfile.write(b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:9/steal\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
