#!/usr/bin/env python3
"""Writes the seeds of tests/fuzz/corpus that are not found but made: real messages (messages.txt), split, cut and corrupted ones.

    tests/fuzz/seeds.py

What it writes is called seed-*; everything else in the corpus was found by the fuzzer and stays. Run it after a change here, and
commit both.
"""
import ctypes
import json
import struct
import zlib
from pathlib import Path

HERE = Path(__file__).parent
LINES = (HERE / "messages.txt").read_bytes().splitlines()
MESSAGES = [json.loads(line) for line in LINES]
# Byte by byte, in one piece, and three ways between: the first byte of most inputs (bytes.hpp).
CUTS = (1, 0, 7, 42, 200)


def line_of(name):
    return next(line for line, message in zip(LINES, MESSAGES) if name in (message["t"], message["op"]))


def write(target, **seeds):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("seed-*"):
        old.unlink()
    for name, content in seeds.items():
        (folder / f"seed-{name}").write_bytes(content if isinstance(content, bytes) else content.encode())


def all_cuts(seeds):
    """One of the cuts for each seed, in turn."""
    return {name: bytes([CUTS[i % len(CUTS)]]) + content for i, (name, content) in enumerate(seeds.items())}


# ---- compression

def zlib_stream(messages, level=6):
    stream = zlib.compressobj(level)
    return [stream.compress(message) + stream.flush(zlib.Z_SYNC_FLUSH) for message in messages]


def zstd_stream(messages):
    lib = ctypes.CDLL("libzstd.so.1")
    lib.ZSTD_createCCtx.restype = lib.ZSTD_compressStream2.restype = ctypes.c_void_p

    class Buffer(ctypes.Structure):
        _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t), ("pos", ctypes.c_size_t)]

    context, out = ctypes.c_void_p(lib.ZSTD_createCCtx()), []
    for message in messages:
        space = ctypes.create_string_buffer(len(message) + 1024)
        to = Buffer(ctypes.cast(space, ctypes.c_void_p), len(space), 0)
        given = Buffer(ctypes.cast(ctypes.c_char_p(message), ctypes.c_void_p), len(message), 0)
        lib.ZSTD_compressStream2(context, ctypes.byref(to), ctypes.byref(given), 1)
        out.append(space.raw[:to.pos])
    lib.ZSTD_freeCCtx(context)
    return out


few = [line_of(10), line_of("MESSAGE_DELETE"), line_of("TYPING_START"), line_of("MESSAGE_DELETE")]
packed, packed_zstd = b"".join(zlib_stream(few)), b"".join(zstd_stream(few))
bomb = [b" " * 100_000]
write("inflater",
      zlib=b"\x00\x07" + packed, zlib_bytes=b"\x00\x01" + packed, zlib_cut=b"\x00\x00" + packed[:150],
      zlib_corrupt=b"\x00\x2a" + packed[:60] + b"\xff" + packed[61:], zlib_stored=b"\x00\x07" + b"".join(zlib_stream(few[:2], 0)),
      zlib_bomb=b"\x00\x00" + zlib_stream(bomb)[0], zlib_ends=b"\x00\x00" + zlib.compress(few[0]),
      zstd=b"\x01\x00" + zstd_stream(few[1:2])[0], zstd_pieces=b"\x01\x07" + packed_zstd, zstd_bomb=b"\x01\x00" + zstd_stream(bomb)[0],
      zstd_window=b"\x01\x00" + b"\x28\xb5\x2f\xfd\x00\xb0" + b"\x00" * 8,
      round_zlib=b"\x02\x05" + b"\n".join(few), round_stored=b"\x02\x02" + b"\n".join(few[:2]), round_bytes=b"\x02\x01" + b"\n".join(few[:2]),
      round_zstd=b"\x03\x00" + b"\n".join(few))


# ---- websocket

def frame(opcode, payload, last=True, first=0, mask=None, wide=0):
    size = len(payload)
    bit = 0x80 if mask else 0
    wide = wide or (0 if size < 126 else 2 if size < 65536 else 8)
    head = bytes([first | (0x80 if last else 0) | opcode, bit | (size if wide == 0 else 126 if wide == 2 else 127)])
    head += size.to_bytes(wide, "big") if wide else b""
    if mask:
        payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        head += mask
    return head + payload


text = line_of(10)
frames = {
    "text": lambda m: frame(1, text, mask=m) + frame(2, b"\x00\xff", mask=m),
    "fragments": lambda m: frame(1, text[:9], False, mask=m) + frame(9, b"now", mask=m) + frame(0, text[9:50], False, mask=m) + frame(0, text[50:], mask=m),
    "wide": lambda m: frame(1, line_of("TYPING_START"), mask=m) + frame(1, b"short", wide=8, mask=m) + frame(2, b"x" * 200, mask=m),
    "empty": lambda m: frame(1, b"", mask=m) + frame(0x0A, b"", mask=m) + frame(2, b"", False, mask=m) + frame(0, b"", mask=m),
    "close": lambda m: frame(8, struct.pack(">H", 4004) + b"Authentication failed", mask=m) + frame(1, b"after", mask=m),
    "close_bare": lambda m: frame(8, b"", mask=m),
    "close_half": lambda m: frame(8, b"\x03", mask=m),
    "utf8": lambda m: frame(1, b"\xe4\xbd", False, mask=m) + frame(0, b"\xa0 \xc3", mask=m),
    "reserved": lambda m: frame(1, b"x", first=0x40, mask=m),
    "too_large": lambda m: bytes([0x82, (0x80 if m else 0) | 127]) + b"\x00\x00\x00\x7f\xff\xff\xff\xff" + b"1234",
    "inside": lambda m: frame(1, b"a", False, mask=m) + frame(1, b"b", mask=m),
    "wrong_mask": lambda m: frame(1, b"masked", mask=None if m else b"abcd"),
}
write("websocket_frames", **all_cuts({name: make(None) for name, make in frames.items()}))
write("sim_frames", **all_cuts({name: make(b"\x12\x34\x56\x78") for name, make in frames.items()}), lines=b"\x07first\n\nthird\nfourth")

# ---- JSON

write("json_cursor",
      hello=line_of(10), message=line_of("MESSAGE_CREATE"), escapes=r'{"a\"b":"\u00e9\n\ud83d\ude00\ud800\\\/","":[{},[],""]}',
      numbers='[0,-0,1.5e3,12.0,18446744073709551615,9223372036854775807,-9223372036854775808,1e400,1e-400,"12","1.0",true,"0"]',
      deep="[" * 300 + "]" * 300, space=' \n{ "op" : 0 ,\t"d" : null , "s":1, "t":"X" }\r\n', cut='{"op":0,"t":"READY","d":{"a":[1,{"b":"c',
      not_utf8=b'{"content":"\xff\xc3(\xe4\xbd","t":"\xed\xa0\x80"}', mixed='[}{]', long_key='{"' + r"\u0061" * 20 + '":1}', literals="[true,false,null,tru,nul]")
write("event_readers", **{message["t"].lower(): json.dumps(message["d"], separators=(",", ":"), ensure_ascii=False)
                          for message in MESSAGES if message["t"] and message["t"] not in ("GUILD_CREATE", "READY")},
      wrong_types='{"id":1300000000000000001,"channel_id":12,"guild_id":"x","author":[],"content":{},"mentions":{"a":1},"attachments":[1,null,{}],"member":3}',
      ids='{"ids":["1",2,null,{}],"channel_id":"3","id":0,"guild_id":18446744073709551616}')
of_guild = [line for line, message in zip(LINES, MESSAGES)
            if message["t"] and message["t"].startswith(("READY", "GUILD_", "CHANNEL_")) and message["t"] != "GUILD_AUDIT_LOG_ENTRY_CREATE"]
guild = MESSAGES[LINES.index(line_of("GUILD_CREATE"))]["d"]
small = {"id": guild["id"], "name": guild["name"], "owner_id": guild["owner_id"], "member_count": 3, "channels": [{"id": "2", "name": "b"}, {"id": "1", "name": "a"}, {"id": "2"}],
         "roles": [{"id": guild["id"], "name": "@everyone", "permissions": "8"}], "members": [{"user": {"id": "7"}, "nick": "n", "roles": ["5", "4"]}]}


def event(name, d, seq=2):
    return json.dumps({"t": name, "s": seq, "op": 0, "d": d}, separators=(",", ":"))


ready = event("READY", {"v": 10, "user": {"id": "7"}, "session_id": "abc", "resume_gateway_url": "wss://resume.test", "guilds": [{"id": guild["id"], "unavailable": True}]}, 1)
little = [ready, event("GUILD_CREATE", small)]
at_home = {"guild_id": guild["id"]}
write("shard_cache",
      all=b"\n".join(of_guild[:4]), changes=b"\n".join([line_of("READY"), *of_guild[4:20]]),
      small="\n".join(little + [event("GUILD_UPDATE", {**small, "name": "other", "roles": []}), event("GUILD_DELETE", {"id": guild["id"], "unavailable": True}),
                                event("GUILD_CREATE", {"id": guild["id"], "unavailable": True}), event("GUILD_DELETE", {"id": guild["id"]})]),
      channels="\n".join(little + [event("CHANNEL_CREATE", {**at_home, "id": "9", "name": "new", "type": 2, "position": 70000}),
                                   event("CHANNEL_UPDATE", {**at_home, "id": "1", "name": "é", "nsfw": True}), event("CHANNEL_DELETE", {**at_home, "id": "2"})]),
      roles="\n".join(little + [event("GUILD_ROLE_CREATE", {**at_home, "role": {"id": "5", "name": "r", "color": 1, "position": -70000}}),
                                event("GUILD_ROLE_UPDATE", {**at_home, "role": {"id": "5", "permissions": 3}}), event("GUILD_ROLE_DELETE", {**at_home, "role_id": "5"})]),
      members="\n".join(little + [event("GUILD_MEMBER_UPDATE", {**at_home, "user": {"id": "7"}, "nick": None, "roles": ["1", "1"], "communication_disabled_until": "2026"}),
                                  event("GUILD_MEMBER_ADD", at_home), event("GUILD_MEMBER_REMOVE", at_home)]),
      doubled='{"op":0,"t":"GUILD_CREATE","d":{"id":"1","name":"a","name":"b","channels":[{"id":"1","id":"2","name":"x","name":"y"}],"channels":[],"id":"3"}}')
hello = '{"op":10,"d":{"heartbeat_interval":41250},"t":null,"s":null}'
up = [hello, ready]
write("shard_driver",
      live="\n".join(up + [event("GUILD_CREATE", small), event("MESSAGE_CREATE", {"id": "1"}, 3), '{"op":11,"d":null}', '{"op":1,"d":null}', "~", event("NEW_THING", {}, 4)]),
      resume="\n".join(up + [event("MESSAGE_CREATE", {}, 5), "!4000", hello, event("MESSAGE_CREATE", {}, 6), event("RESUMED", {}, 7), '{"op":7,"d":null}', hello, '{"op":9,"d":true}']),
      again="\n".join(up + ['{"op":9,"d":false}', hello, ready, "!4007", hello, ready, "!"]),
      closes="\n".join(up + ["!4009", hello, '{"op":9,"d":false}', "~", "!4004"]),
      broken="\n".join(up + ['{"op":0,"t":"X"}', hello, "{", hello, '{"op":"x"}', hello, '{"op":10}', hello, '{"op":0,"t":"READY","s":1,"d":{}}']),
      intervals="\n".join(['{"op":10,"d":{"heartbeat_interval":"1"}}', "~", '{"op":10,"d":{"heartbeat_interval":9223372036854775807}}', "~", '{"op":10,"d":{"heartbeat_interval":-1}}', "~", "~", ready]),
      members="\n".join(up + [event("GUILD_MEMBERS_CHUNK", {**at_home, "members": [], "chunk_index": 0, "chunk_count": 1, "nonce": "abc"}),
                              event("RATE_LIMITED", {"opcode": 8, "retry_after": 1e300, "meta": {**at_home, "nonce": "abc"}}, 3)]),
      numbers="\n".join(up + [event("X", {}, 18446744073709551615), event("X", {}, 0), event("X", {}, 2), event("X", {}, 1)]))

# ---- HTTP

chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n"
answers = {
    "length": b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"url":"x"}',
    "chunked": chunked + b'5\r\n{"a":\r\n2;x=y\r\n1}\r\n0\r\nTrailer: t\r\n\r\n',
    "no_chunks": chunked + b"0\r\n\r\n",
    "short": b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
    "long": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nlonger than it said",
    "two_lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
    "both": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    "huge_length": b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n",
    "huge_chunk": chunked + b"ffffffffffffffff\r\nx",
    "bad_chunk": chunked + b"5\r\nabcdefgh\r\n",
    "to_the_end": b"HTTP/1.1 502 Bad Gateway\r\nServer: cloudflare\r\nContent-Type: text/html\r\n\r\n<html><title>502</title></html>",
    "continue": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    "upgrade": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x02hi",
    "old": b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nbody",
    "folded": b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n",
    "no_http": b"SSH-2.0-OpenSSH_9.2\r\n",
    "large": b"HTTP/1.1 200 OK\r\nContent-Length: 1200\r\n\r\n" + b"x" * 1200,
    "many_headers": b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % i for i in range(40)) + b"\r\n",
}
write("http_answer", **{name: bytes([2 if i % 3 else 3, CUTS[i % len(CUTS)]]) + content for i, (name, content) in enumerate(answers.items())})
write("http_request", **all_cuts({
    "get": b"GET /api/v10/gateway/bot?x=1 HTTP/1.1\r\nHost: a\r\nAuthorization: Bot x\r\n\r\n",
    "two": b"POST /control HTTP/1.1\r\nContent-Length: 15\r\n\r\n{\"do\":\"status\"}GET / HTTP/1.1\r\n\r\n",
    "chunked": b"PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET",
    "no_chunks": b"PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "lying": b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "both": b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "upgrade": b"GET /?v=10&encoding=json HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81",
    "odd": b"BREW  HTTP/1.1\r\n\r\n", "large": b"POST / HTTP/1.1\r\nContent-Length: 2000\r\n\r\n" + b"x" * 200}))


def answer(status, body, *headers):
    return "\r\n".join([f"HTTP/1.1 {status} X", *headers, "", body])


limits = ("X-RateLimit-Limit: 5", "X-RateLimit-Remaining: 4", "X-RateLimit-Reset-After: 0.5", "X-RateLimit-Bucket: abcd1234")
start = '{"url":"wss://gateway.discord.gg","shards":9,"session_start_limit":{"total":1000,"remaining":999,"reset_after":%s,"max_concurrency":1}}'
write("rest_answer",
      fine=answer(200, '{"id":"1","channel_id":"2","content":"x"}', *limits), gateway=answer(200, start % "14400000"), far=answer(200, start % "9223372036854775807"),
      limited=answer(429, '{"message":"You are being rate limited.","retry_after":64.57,"global":false}', *limits, "X-RateLimit-Scope: user", "Retry-After: 65"),
      everywhere=answer(429, '{"message":"","retry_after":1e300,"global":true}', "X-RateLimit-Global: true", "Via: 1.1 google"),
      edge=answer(429, "<html>error code: 1015</html>", "Retry-After: 3600"), strange=answer(429, '{"retry_after":"1"}', "Retry-After: -1", "X-RateLimit-Reset-After: nan"),
      wrong=answer(400, '{"code":50035,"message":"Invalid Form Body","errors":{"options":{"0":{"name":{"_errors":[{"code":"X","message":"Must be é"}]}}}}}'),
      long=answer(400, '{"code":1,"message":"' + "é" * 200 + '"}'), refused=answer(401, '{"message":"401: Unauthorized","code":0}'), page=answer(502, "<html></html>"))

# ---- files

write("options",
      file=b'\x00total-shards = 4\nshard-ids = [0, 1]\nlog-level = "debug"\nguild-wait = "15s"\nuse-identify-reserve = true\n# a word\n', token_key=b"\x00\x01 = 1\n", token_value=b'\x00api-base = "\x01"\n',
      token_twice=b"\x00\x01 = 1\n\x01 = 2\n", token_bare=b"\x00total-shards = \x01\n", table=b'\x00[a.b]\n"\x01" = {x = 1, y = [1.5, 2026-01-01]}\n', glued=b'\x00log-level = "\x01\x01"\n',
      near=b'\x00total-shard = "3"\n', text=b'\x00state-dir = """\n\x01"""\nlisten-url = \'\x01', token_option=b'\x00token = "\x01"\n',
      flags=b"\x01DISCORD_TOKEN=\x01\n--total-shards\n8\n--shard-ids=0,3-5\n--log-format=json\n", environment=b"\x01DISCORD_TOKEN=abc\nSHOAL_TOTAL_SHARDS=2\nSHOAL_SHARD_ID=1\nSHOAL_GUILD_WAIT=2m\nSHOAL_NO=1\n",
      strays=b"\x01--log-level=\x01\n\x01\n-\x01\nSHOAL_LOG_LEVEL=\x01\nSHOAL_\x01=1\n", name=b"\x01DISCORD_TOKEN=abc\nSHOAL_\x01=1\n", asks=b"\x01--help\n", base=b"\x01DISCORD_TOKEN=abc\n--api-base=http://127.0.0.1:80\n")
ledger = ("shoal identify ledger 1\napplication 5\nboot_id 0f\nno_key_before 0\nkeys 2 0 100 1 200\noutstanding 1 7 300\nlast_permit 7\nspent 3 1\n"
          "window_ends 9\nseen 1000 997 86400 1 5\nforeign 0\nfailures 2 0\n")
write("identify_ledger", whole=ledger, same_keys=ledger.replace("0 100 1 200", "1 100 1 200"), many=ledger.replace("outstanding 1", "outstanding 18446744073709551615"),
      nameless=ledger.replace("boot_id 0f", "boot_id "), negative=ledger.replace("spent 3", "spent -3"))

# Choices without a text behind them: any bytes are a story.
write("fleet_brain", still=bytes(40), rising=bytes(range(256)) * 2, mixed=bytes(i * 37 % 251 for i in range(1200)), dense=bytes(i * i % 13 for i in range(900)))


def record(kind, delivery=0, session=0, seq=0, at=0):
    return struct.pack("<BBHIQQQ", kind, delivery, 0, session, seq, at, 0)


head = b"SHOALJN1" + struct.pack("<IIQ", 1, 4, 99) + bytes(range(16)) + struct.pack("<Q", 7) + bytes(16)
session = record(1) + b"abc".ljust(64, b"\0")
events = record(2, seq=1) + record(3, seq=1) + record(4, seq=2) + record(2, 1, seq=3)
write("journal", whole=head + session + events + record(5), killed=head + session + events + bytes(200), half=head + session + events[:-3], empty=head, short=head[:40],
      undeclared=head + events, twice=head + session + session, after=head + session + record(5) + events, in_id=head + session[:60], strange=head + session + record(9), hole=head + session + bytes(128) + events)
write("journal_writer", one=bytes([0, 3, 1, 1, 4, 1, 2, 2, 3, 3, 6, 9, 255, 0]), long_ids=bytes([0, 80, 8, 64, 16, 0, 1, 2, 5, 2]), many=bytes([0, 3]) + bytes([1, 7, 4, 7]) * 200)

# ---- the simulator

identify = 'm{"op":2,"d":{"token":"sim.token","intents":513,"shard":[0,1],"properties":{"os":"a","browser":"b","device":"c"}}}'
online = ["o/?v=10&encoding=json", identify, "t"]
write("sim_discord",
      live="\n".join(online + ['m{"op":1,"d":3}', '{"do":"traffic","rate":20}', "t", '{"do":"drain"}', "t", '{"do":"status"}', "c"]),
      resume="\n".join(online + ["c", "o/?v=10&encoding=json", 'm{"op":6,"d":{"token":"sim.token","session_id":"x","seq":1}}', "t", 'm{"op":8,"d":{"guild_id":"1","query":"","limit":0}}']),
      ops="\n".join(online + ['m{"op":3,"d":{"status":"idle","afk":false,"since":null,"activities":[]}}', 'm{"op":4,"d":{"guild_id":"1","channel_id":null}}', "m{", 'm{"op":99}', "m"]),
      faults="\n".join(online + ['{"do":"fault","fault":"F22","all":true,"events":3}', '{"do":"fault","fault":"F46","all":true,"kind":"null"}', '{"do":"fault","fault":"F15","megabytes":0}', '{"do":"clear"}', "t"]),
      outages="\n".join(online + ['{"do":"fault","fault":"F30","percent":100,"ms":10,"times":2,"pause_ms":5}', "t", '{"do":"fault","fault":"F31","percent":50}', '{"do":"join_guild","class":"tiny"}', '{"do":"outage","percent":50}']),
      commands="\n".join(['{"do":"set","session_expiry":5,"takeover":"refuse","never_replayed":["X"]}', '{"do":"guilds","most":1}', '{"do":"token"}', '{"do":"sessions"}', '{"do":"slash","command":"ping","options":[]}',
                          '{"do":"op7","all":true}', '{"do":"op9","shard":0,"resumable":true}', '{"do":"cut","percent":50,"how":"fin"}', '{"do":"send_raw","all":true,"event":"X","data":{}}', '{"do":"restart_window"}', '{"do":1}']),
      rest="\n".join(["h GET /api/v10/gateway/bot ", "h GET /api/v10/users/@me", "h PUT /api/v10/applications/1000000000000000001/commands " + '[{"name":"ping","description":"Answers.","options":[]}]',
                      '{"do":"random_slash"}', "h POST /api/v10/channels/1/messages " + '{"content":"x"}', "h POST /api/v10/interactions/1/t/callback " + '{"type":4,"data":{"content":"x"}}', "h BREW /", "t"]))


# ---- messages between nodes: the first byte says who reads (tests/fuzz/wire.cpp)

def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def proto(*fields):
    """protobuf from (number, value) pairs: whole numbers, texts, reals."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        elif isinstance(value, float):
            out += varint(number << 3 | 1) + struct.pack("<d", value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


TICKET = proto((1, 3), (2, 16), (3, "0123456789abcdef"), (4, "wss://gateway.discord.gg"), (5, 4711), (6, 4700), (7, 513))
METRICS = proto((1, 900), (2, 0.25), (3, 12.5), (4, 41_000_000), (5, 1))
REPORT = proto((1, 3), (2, 9), (3, 4), (4, TICKET), (5, 4711), (6, 4700), (8, METRICS))
PLACE = ((1, 3), (2, 9))
ORDER = (*PLACE, (3, 6))
USE = proto((1, 11.5), (2, 7), (3, 12), (4, 40), (5, 11))
write("wire",
      hello=b"\0" + proto((1, proto((1, 1), (2, "worker-1"), (3, 77), (4, b"n" * 32)))),
      register=b"\0" + proto((2, proto((1, 1), (2, "worker-1"), (3, 77), (5, "a"), (6, "https://10.0.0.5:8444"), (8, proto((1, 4000))),
                                       (9, b"t" * 32), (10, b"i" * 32), (13, 1), (14, REPORT), (16, USE)))),
      heartbeat=b"\0" + proto((3, proto((1, 12), (2, proto((1, 0.5), (2, 100))), (3, REPORT), (5, USE)))),
      permit_used=b"\0" + proto((6, proto(*PLACE, (3, 2)))),
      registered=b"\1" + proto((2, proto((1, 6), (2, 5), (3, "c1"), (4, 5_000_000_000), (5, 1_000_000_000), (6, 16)))),
      ack=b"\1" + proto((4, proto((1, 12), (2, 6), (3, 5_000_000_000),
                                 (4, proto((1, 12), (2, 20_000_000_000), (3, 1), (4, 600_000_000_000)))))),
      refused=b"\1" + proto((3, proto((1, 5), (2, "https://c2:8443"), (3, 1)))),
      start=b"\1" + proto((5, proto((1, 3), (2, 16), (3, 9), (4, 6), (5, TICKET), (7, "joined")))),
      grant=b"\1" + proto((8, proto(*ORDER, (4, 2), (5, 12), (6, 1_000_000_000)))),
      picture=b"\2" + proto((1, proto((1, "c1"), (2, 6), (4, 16), (8, "alarm"), (9, proto((1, 1000), (2, 900))), (12, proto((1, 50), (2, 45), (5, 17.5))),
                                      (10, proto((1, "w1"), (2, 77), (3, 2), (12, 3))), (11, proto((1, 3), (2, "w1"), (4, 4), (5, 4)))))),
      plan=b"\2" + proto((4, proto((1, proto((1, 3), (3, "w2"))), (2, "5: no room")))),
      **{f"request_{i}": bytes([3 + 4 * i]) + proto((1, "worker-1"), (2, 1)) for i in (5, 6, 9)},
      request_move=bytes([3 + 4 * 4]) + proto((1, 3), (1, 4), (2, "worker-2"), (3, 1)))
