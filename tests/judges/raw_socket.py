#!/usr/bin/env python3
"""A client that shares nothing with anybody: TCP by socket, TLS records counted as they pass, websocket frames and zlib by hand.

It is for what libraries hide: where messages, frames, records and segments begin and end. Run by raw_cases.py.
"""
import base64
import hashlib
import json
import os
import socket
import ssl
import struct
import time
import zlib
from urllib.parse import urlsplit

SUFFIX = b"\x00\x00\xff\xff"
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Wrong(Exception):
    """The server broke a rule; one sentence."""


class Ended(Exception):
    """The connection is over. `how` is "reset" or "end"."""

    def __init__(self, how):
        super().__init__(how)
        self.how = how


def check(condition, text):
    if not condition:
        raise Wrong(text)


class Tls:
    """TLS over a socket with the records visible: each is counted, and what a record brought is known."""

    def __init__(self, url, trust):
        where = urlsplit(url)
        self.socket = socket.create_connection((where.hostname, where.port), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.raw_in, self.raw_out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = trust.wrap_bio(self.raw_in, self.raw_out, server_hostname=where.hostname)
        self.pending = b""  # bytes of a record that is not whole yet
        self.bytes_in = self.records = 0
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.flush()
                self.take_record()
        self.flush()

    def flush(self):
        data = self.raw_out.read()
        if data:
            self.socket.sendall(data)

    def take_record(self):
        """Waits for one whole TLS record and feeds it."""
        while len(self.pending) < 5 or len(self.pending) < 5 + struct.unpack(">H", self.pending[3:5])[0]:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                raise Ended("reset") from None
            if not data:
                raise Ended("end")
            self.pending += data
            self.bytes_in += len(data)
        size = 5 + struct.unpack(">H", self.pending[3:5])[0]
        self.raw_in.write(self.pending[:size])
        self.pending = self.pending[size:]
        self.records += 1

    def read(self):
        """What the next record with content says."""
        while True:
            try:
                data = self.tls.read(1 << 20)
                if not data:
                    raise Ended("end")
                return data
            except ssl.SSLWantReadError:
                self.take_record()

    def write(self, data, piece=0):
        self.tls.write(data)
        out = self.raw_out.read()
        for at in range(0, len(out), piece or len(out)):
            self.socket.sendall(out[at:at + (piece or len(out))])

    def segments(self):
        """Data segments that came so far, as the kernel counts them (tcpi_data_segs_in)."""
        return struct.unpack_from("I", self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192), 152)[0]

    def close(self):
        self.socket.close()


class Frame:
    def __init__(self, final, opcode, payload):
        self.final, self.opcode, self.payload = final, opcode, payload


class Gateway:
    """One connection to the gateway. `compress`: None or "zlib-stream" (or "zstd-stream", then messages stay as they are)."""

    def __init__(self, url, trust, compress="zlib-stream"):
        self.tls = Tls(url, trust)
        self.compress = compress
        key = base64.b64encode(os.urandom(16))
        query = "/?v=10&encoding=json" + (f"&compress={compress}" if compress else "")
        self.tls.write(f"GET {query} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       f"Sec-WebSocket-Key: {key.decode()}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.tls.read()
        head, self.plain = head.split(b"\r\n\r\n", 1)
        self.hello_with_upgrade = len(self.plain) > 0
        lines = head.decode().split("\r\n")
        fields = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
        check(lines[0].startswith("HTTP/1.1 101 "), f"the upgrade was answered by {lines[0]}")
        check(fields["sec-websocket-accept"] == base64.b64encode(hashlib.sha1(key + GUID).digest()).decode(), "wrong Sec-WebSocket-Accept")
        self.inflate = zlib.decompressobj()
        self.fresh = True
        self.close_code = None
        self.pings = 0
        self.pongs_due = []
        self.pings_between = 0
        self.fragments = 0  # of the message that was read last
        self.ws_messages = []  # payloads of the websocket messages that made the last gateway message
        self.heard = []  # sequence numbers, in order
        self.session = self.resume_url = None
        self.messages_of_record = {}

    # ---- websocket

    def need(self, count):
        while len(self.plain) < count:
            self.plain += self.tls.read()

    def frame(self):
        self.need(2)
        first, second = self.plain[0], self.plain[1]
        check(first & 0x70 == 0, "a reserved bit is set")
        check(second & 0x80 == 0, "the server masked a frame")
        size, head = second & 0x7F, 2
        if size == 126:
            self.need(4)
            size, head = struct.unpack(">H", self.plain[2:4])[0], 4
            check(size > 125, "a length in too many bytes")
        elif size == 127:
            self.need(10)
            size, head = struct.unpack(">Q", self.plain[2:10])[0], 10
            check(size > 65535, "a length in too many bytes")
        self.need(head + size)
        payload, self.plain = self.plain[head:head + size], self.plain[head + size:]
        frame = Frame(bool(first & 0x80), first & 0x0F, payload)
        if frame.opcode >= 8:
            check(frame.final and size <= 125, "a control frame that is long or fragmented")
        return frame

    def websocket_message(self):
        """One message: opcode and payload. Answers pings; a close frame is an Ended after its echo."""
        opcode, parts = None, []
        while True:
            frame = self.frame()
            if frame.opcode == PING:
                self.pings += 1
                self.pings_between += opcode is not None
                self.send_frame(PONG, frame.payload)
            elif frame.opcode == CLOSE:
                self.close_code = struct.unpack(">H", frame.payload[:2])[0] if frame.payload else 1005
                self.send_frame(CLOSE, frame.payload[:2])
                raise Ended("close")
            elif frame.opcode == PONG:
                check(self.pongs_due and frame.payload == self.pongs_due.pop(0), "a pong that nobody asked for")
            else:
                check((frame.opcode == 0) == (opcode is not None), "a fragment out of place")
                opcode = opcode or frame.opcode
                parts.append(frame.payload)
                if frame.final:
                    self.fragments = len(parts)
                    return opcode, b"".join(parts)

    def send_frame(self, opcode, payload, mask=True, final=True, piece=0):
        head = bytes([(0x80 if final else 0) | opcode])
        bit = 0x80 if mask else 0
        size = len(payload)
        head += bytes([bit | size]) if size < 126 else bytes([bit | 126]) + struct.pack(">H", size)
        if mask:
            key = os.urandom(4)
            payload = bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))
            head += key
        self.tls.write(head + payload, piece)

    def ping(self, payload):
        self.pongs_due.append(payload)
        self.send_frame(PING, payload)

    def send(self, op, d, piece=0):
        self.send_frame(TEXT, json.dumps({"op": op, "d": d}).encode(), piece=piece)

    # ---- the gateway's messages

    def message(self):
        """The next gateway message as a dict; notes sequence numbers."""
        self.ws_messages = []
        started_at = self.tls.records
        if self.compress is None:
            opcode, data = self.websocket_message()
            check(opcode == TEXT, "an uncompressed message that is not text")
            text = data.decode("utf-8", "strict")
        else:
            whole = b""
            while not whole.endswith(SUFFIX):
                opcode, data = self.websocket_message()
                check(opcode == BINARY, "a compressed message that is not binary")
                self.ws_messages.append(data)
                whole += data
            if self.fresh:
                check(whole[:2] == bytes([0x78, 0x9C]) or whole[0] == 0x78, "no zlib header at the beginning of the stream")
                self.fresh = False
            text = self.inflate.decompress(whole).decode("utf-8", "strict")
            check(not self.inflate.eof and not self.inflate.unused_data, "the zlib stream ended")
        self.records_of_message = self.tls.records - started_at
        record = self.tls.records
        self.messages_of_record[record] = self.messages_of_record.get(record, 0) + 1
        message = json.loads(text)
        if message["op"] == 0:
            self.heard.append(message["s"])
            if message["t"] == "READY":
                self.session, self.resume_url = message["d"]["session_id"], message["d"]["resume_gateway_url"]
        return message

    def until(self, wanted, seconds=30):
        """Reads until a message of this op or event name comes."""
        deadline = time.monotonic() + seconds
        while True:
            check(time.monotonic() < deadline, f"no {wanted} within {seconds} s")
            message = self.message()
            if wanted in (message["op"], message["t"]):
                return message

    def take(self, count):
        """Reads this many dispatches."""
        last = len(self.heard) + count
        while len(self.heard) < last:
            self.message()

    def identify(self, shard, total, intents=0x331ffff & ~(1 << 8), piece=0):
        self.until(10)
        self.send(2, {"token": "sim.token", "intents": intents, "shard": [shard, total],
                      "properties": {"os": "linux", "browser": "raw", "device": "raw"}}, piece)
        return self.until("READY")

    def resume(self, session, seq):
        self.until(10)
        self.send(6, {"token": "sim.token", "session_id": session, "seq": seq})
        return self.until("RESUMED")
