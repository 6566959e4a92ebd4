# SPDX-License-Identifier: MIT
"""Keep-alive connections in lock-step: each sends its next webhook when the one before is answered. One thread."""
import selectors
import socket
import time

import harness


class Connection:
    def __init__(self, address, todo):
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.todo = todo
        self.body = None
        self.buffer = b""

    def send_next(self, path):
        """False when there is nothing more to send."""
        self.body = next(self.todo, None)
        if self.body is None:
            return False
        self.socket.sendall(b"POST %s HTTP/1.1\r\nHost: bridge\r\nContent-Type: application/json\r\n"
                            b"Content-Length: %d\r\n\r\n%s" % (path, len(self.body), self.body))
        return True

    def receive(self):
        """An answer's status when it is complete, else None."""
        chunk = self.socket.recv(65536)
        if not chunk:
            raise ConnectionError("closed before the answer")
        self.buffer += chunk
        head, mark, rest = self.buffer.partition(b"\r\n\r\n")
        if not mark:
            return None
        lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        length = int(lengths[0].split(b":")[1]) if lengths else 0
        if len(rest) < length:
            return None
        self.buffer = rest[length:]
        return int(head.split(b" ", 2)[1])


def lock_step(address, bodies_of_connections, path=f"/webhooks/{harness.APP}/{harness.TOKEN}", seconds=60, until=None):
    """Sends one list of bodies a connection. Answers [(body, status)] in the order of the answers; a connection that
    breaks ends, and what it was waiting for has the status None. `until(answers)` true ends all."""
    selector = selectors.DefaultSelector()
    answers = []
    path = path.encode()
    for bodies in bodies_of_connections:
        connection = Connection(address, iter(bodies))
        if connection.send_next(path):
            selector.register(connection.socket, selectors.EVENT_READ, connection)
    deadline = time.monotonic() + seconds * harness.SLOW
    while selector.get_map():
        if until is not None and until(answers):
            break
        ready = selector.select(1)
        if time.monotonic() > deadline:
            raise AssertionError(f"{len(answers)} answers after {seconds * harness.SLOW:g} s, then they stopped coming")
        for key, _ in ready:
            connection = key.data
            try:
                status = connection.receive()
                if status is None:
                    continue
                answers.append((connection.body, status))
                more = connection.send_next(path)
            except OSError:
                answers.append((connection.body, None))
                more = False
            if not more:
                selector.unregister(connection.socket)
                connection.socket.close()
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    selector.close()
    return answers
