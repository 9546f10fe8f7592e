"""A small HTTP client that costs little beside the server it measures: one kept connection, written by hand."""

import socket
from typing import Any

import orjson


class Client:
    """One connection to a server of this machine."""

    def __init__(self, port: int, token: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = f"Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\nAccept: application/json\r\n"

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Status and body of the answer."""
        payload = b"" if body is None else orjson.dumps(body)
        extra = f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n" if payload else ""
        self._socket.sendall(f"{method} {path} HTTP/1.1\r\n{self._head}{extra}\r\n".encode() + payload)
        return self._read()

    def json(self, method: str, path: str, body: Any = None) -> Any:
        """The answer as JSON; raises when it is a refusal."""
        status, answer = self.request(method, path, body)
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {answer[:500]!r}")
        return orjson.loads(answer)

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def _read(self) -> tuple[int, bytes]:
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            part = self._socket.recv(65536)
            if not part:
                raise ConnectionError("the server closed the connection")
            received += part
        head, body = received[:end].lower(), received[end + 4 :]
        status = int(head[9:12])
        if b"transfer-encoding: chunked" in head:
            return status, self._chunks(body)
        at = head.find(b"content-length: ")
        length = int(head[at + 16 : head.find(b"\r\n", at) if b"\r\n" in head[at:] else None]) if at >= 0 else 0
        parts, have = [body], len(body)
        while have < length:
            part = self._socket.recv(262_144)
            parts.append(part)
            have += len(part)
        return status, b"".join(parts)

    def _chunks(self, received: bytes) -> bytes:
        parts = []
        while True:
            while (end := received.find(b"\r\n")) < 0:
                received += self._socket.recv(65536)
            size = int(received[:end], 16)
            while len(received) < end + 2 + size + 2:
                received += self._socket.recv(65536)
            parts.append(received[end + 2 : end + 2 + size])
            received = received[end + 2 + size + 2 :]
            if not size:
                return b"".join(parts)
