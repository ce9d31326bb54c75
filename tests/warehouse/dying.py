"""python -m tests.warehouse.dying PORT TYPES: stands before a Postgres on a port of this machine, and dies as that would as soon as it is
asked for what these types of messages of its protocol are, such as PS (parse, sync). Says its own port, and then when it died."""

from __future__ import annotations

import os
import socket
import sys
import threading


def types_of(data: bytes) -> str:
    """Of the messages in a request: each is a letter and four bytes of length, which count themselves."""
    found, place = "", 0
    while place < len(data) and data[place : place + 1].isalpha():
        found += chr(data[place])
        place += 1 + int.from_bytes(data[place + 1 : place + 5])
    return found


def pass_on(source: socket.socket, to: socket.socket, dies_of: str = "") -> None:
    while data := source.recv(1 << 16):
        if dies_of and types_of(data) == dies_of:
            print(f"died of {dies_of}", flush=True)
            os._exit(1)
        to.sendall(data)
    os._exit(0)


def main(port: int, dies_of: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        client, _ = server.accept()
        there = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=pass_on, args=(there, client), daemon=True).start()
        pass_on(client, there, dies_of)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
