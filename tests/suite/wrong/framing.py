"""The lab `framing`, wrong in one way at a time: the framing `length` and, of
the others, as much as a mistake needs. See `hello.py` beside it.
"""

import argparse
import os
import re
import socket
import sys

WRONG = ""
ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\"}


def is_wrong(name):
    return WRONG == name


def unescape(text):
    def octet(escape):
        return ESCAPES.get(escape[1]) or bytes.fromhex(escape[1][1:].decode())

    return re.sub(rb"\\(x..|.)", octet, text)


def escape(message):
    if is_wrong("text"):
        return message.decode()
    shown = {10: "\\n", 13: "\\r", 9: "\\t", 92: "\\\\"}
    plain = lambda octet: chr(octet) if 32 <= octet < 127 else f"\\x{octet:02x}"
    return "".join(shown.get(octet) or plain(octet) for octet in message)


def frame(text):
    message = unescape(text)
    length = len(message)
    if is_wrong("length-of-the-text"):
        length = len(text)
    octets = 8 if is_wrong("eight-octets") else 4
    return length.to_bytes(octets, "big") + message


def encode():
    for line in sys.stdin.buffer:
        text = line.removesuffix(b"\n")
        sys.stdout.buffer.write(frame(text))
        if is_wrong("print"):
            sys.stdout.buffer.write(b"\n")


def first_message(stream, framing, limit):
    """The first message in `stream` and what is behind it, if it is whole."""
    if framing == "line":
        message, end, rest = stream.partition(b"\n")
        return (message, rest) if end else (None, stream)
    length = int.from_bytes(stream[:4], "big")
    if len(stream) >= 4 and length > limit:
        sys.exit("error: over the limit")
    if len(stream) < 4 or len(stream) < 4 + length:
        return None, stream
    return stream[4 : 4 + length], stream[4 + length :]


def decode(args):
    stream = b""
    count = 0
    while args.count is None or count < args.count:
        message, stream = first_message(stream, args.framing, args.max)
        if message is not None:
            print(escape(message), flush=True)
            count += 1
            continue
        more = os.read(0, 65536)
        if more == b"":
            if is_wrong("end-not-seen"):
                continue
            if stream:
                sys.exit("error: the stream ended in the middle of a frame")
            return
        stream += more


def relay(args):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host, port = listener.getsockname()
        out = sys.stderr if is_wrong("log") else sys.stdout
        print(f"listening on {host}:{port}", file=out, flush=True)
        while True:
            stream, _ = listener.accept()
            with stream:
                serve(stream)


def serve(stream):
    """From the framing `length` to `line`."""
    reader = stream.makefile("rb", buffering=0)
    while header := reader.read(4):
        message = reader.read(int.from_bytes(header, "big"))
        message = message.replace(b"\\", b"\\\\").replace(b"\n", b"\\n")
        stream.sendall(message + b"\n")
        if is_wrong("one-answer"):
            return


def main():
    global WRONG
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrong", default="")
    parser.add_argument("command")
    parser.add_argument("--framing")
    parser.add_argument("--from")
    parser.add_argument("--to")
    parser.add_argument("--max", type=int, default=65536)
    parser.add_argument("--count", type=int)
    parser.add_argument("--whole", action="store_true")
    args = parser.parse_args()
    WRONG = args.wrong
    if args.command == "encode":
        encode()
    elif args.command == "decode":
        decode(args)
    else:
        relay(args)


if __name__ == "__main__":
    main()
