#!/usr/bin/env python3
"""Frame-level cases of the simulator, judged by raw_socket.py: F2, F33, F34, F36, F37, and the rules of websocket and zlib-stream.

Usage: raw_cases.py --sim <path of shoal-sim>. Each case has its own session; at the end all are held against the oracle.
"""
import argparse
import contextlib
import shutil
import sys
import tempfile
from pathlib import Path

from play import Failed, Sim, say, until
from raw_socket import BINARY, CLOSE, SUFFIX, TEXT, Ended, Gateway, Wrong, check

TOTAL = 4


class Cases:
    def __init__(self, sim):
        self.sim = sim
        self.heard = {}  # session -> [seq]: what came over all its connections

    def connect(self, url=None, compress="zlib-stream"):
        return Gateway(url or self.sim.addresses["gateway"], self.sim.trust, compress)

    def start(self, shard, **how):
        client = self.connect(**how)
        client.identify(shard, TOTAL)
        self.heard[client.session] = client.heard
        return client

    def fault(self, client, number, **parameters):
        answer = self.sim.control("fault", fault=number, session=client.session, **parameters)
        check(answer["connections"] == 1, f"{number} struck {answer['connections']} connections")

    def come_back(self, client):
        """RESUME after a cut: the rest in order, no number twice."""
        again = self.connect(client.resume_url)
        seq = client.heard[-1]
        again.resume(client.session, seq)
        check(again.heard == list(range(seq + 1, seq + 1 + len(again.heard))), f"the replay after {seq} is {again.heard[:5]}...")
        client.heard.extend(again.heard)
        again.heard, again.session, again.resume_url = client.heard, client.session, client.resume_url
        return again

    # ---- cases: each name says what holds

    def every_split_of_a_message_is_read_whole(self):  # F33
        client = self.start(0)
        self.fault(client, "F33", count=40)
        suffix_cuts, byte_by_byte, middle, split, sizes = set(), 0, 0, 0, 0
        for _ in range(60):
            client.message()
            parts = client.ws_messages
            sizes += 1
            if len(parts) == 1:
                continue
            split += 1
            whole = b"".join(parts)
            middle += SUFFIX in whole[:-4]
            byte_by_byte += all(len(part) == 1 for part in parts)
            at = 0
            for part in parts[:-1]:
                at += len(part)
                if len(whole) - at < 4:
                    suffix_cuts.add(len(whole) - at)
        check(split >= 35, f"only {split} of 40 messages were split")  # A cut at random may fall outside.
        check(suffix_cuts == {1, 2, 3}, f"the suffix was cut at {suffix_cuts} only")
        check(byte_by_byte >= 3, f"{byte_by_byte} messages came byte by byte")
        check(middle >= 3, f"{middle} messages had the suffix in their middle")

    def fragments_with_pings_between_are_one_message(self):  # F34
        for shard, compress in ((1, "zlib-stream"), (2, None)):
            client = self.start(shard, compress=compress)
            self.fault(client, "F34", count=20)
            fragmented = 0
            for _ in range(40):
                client.message()
                fragmented += client.fragments > 1
            check(fragmented >= 19, f"{fragmented} of 20 messages were fragmented ({compress})")
            check(client.pings_between >= fragmented, f"{client.pings_between} pings between fragments ({compress})")

    def one_byte_segments_lose_nothing(self):  # F37
        client = self.start(3)
        client.take(15)
        self.fault(client, "F37", count=10)
        client.message()
        bytes_before, segments_before = client.tls.bytes_in, client.tls.segments()
        client.take(8)
        came, segments = client.tls.bytes_in - bytes_before, client.tls.segments() - segments_before
        # The server writes byte by byte; the kernel joins what its window (of ten segments at first) holds back.
        check(segments >= 8 * 8, f"{came} bytes of 8 messages in {segments} segments")
        client.take(10)

    def several_messages_come_in_one_record(self):  # F36
        client = self.start(0)
        client.take(15)
        client.messages_of_record.clear()
        self.fault(client, "F36", count=5)
        client.take(25)
        most = max(client.messages_of_record.values())
        check(most >= 5, f"at most {most} messages in one record")

    def a_reset_strikes_between_and_inside_of_records_and_frames(self):  # F2
        client = self.start(1)
        client.take(5)
        for how in ("rst", "mid_record", "mid_frame", "mid_record"):
            self.fault(client, "F2", how=how)
            with contextlib.suppress(Ended):
                while True:
                    client.message()
            with contextlib.suppress(Ended):  # what is left is told after the last whole message
                client.tls.take_record()
            inside_record, inside_frame = len(client.tls.pending) > 0, len(client.plain) > 0
            expected = {"rst": (False, False), "mid_record": (True, False), "mid_frame": (False, True)}[how]
            check((inside_record, inside_frame) == expected, f"{how}: inside a record {inside_record}, inside a frame {inside_frame}")
            client = self.come_back(client)
            client.take(3)

    def hello_comes_with_the_upgrade_or_after_it(self):
        seen = set()

        def both():
            client = self.connect()
            seen.add(client.hello_with_upgrade)
            hello = client.message()
            check(hello["op"] == 10 and hello["s"] is None and hello["t"] is None, f"the first message is {hello}")
            client.send_frame(CLOSE, b"\x0f\xa0")
            client.tls.close()
            return len(seen) == 2
        until("HELLO comes both ways", both, 20)

    def a_close_is_echoed_and_a_session_of_4000_resumed(self):
        client = self.start(2)
        client.take(5)
        client.send_frame(CLOSE, b"\x0f\xa0")
        with contextlib.suppress(Ended):
            while True:
                client.message()
        check(client.close_code == 4000, f"the echo of 4000 is {client.close_code}")
        client = self.come_back(client)
        client.take(3)

    def fragments_and_single_bytes_of_a_client_are_read(self):
        client = self.connect()
        client.identify(3, TOTAL, piece=1)
        self.heard[client.session] = client.heard
        client.send_frame(TEXT, b'{"op":', final=False)
        client.ping(b"mine")
        client.send_frame(0, b'1,"d":', final=False)
        client.send_frame(0, b"null}", final=True)
        client.until(11)
        check(not client.pongs_due, "a ping between fragments was not answered before what followed it")

    def an_unmasked_frame_ends_the_connection_with_1002(self):
        client = self.connect()
        client.until(10)
        client.send_frame(TEXT, b'{"op":1,"d":null}', mask=False)
        self.ends_with(client, 1002)

    def a_payload_of_4096_bytes_is_read_and_one_of_4097_is_not(self):
        client = self.connect()
        client.until(10)
        beat = b'{"op":1,"d":null}'
        client.send_frame(TEXT, beat + b" " * (4096 - len(beat)))
        client.until(11)
        client.send_frame(TEXT, beat + b" " * (4097 - len(beat)))
        self.ends_with(client, 4002)

    def zstd_is_one_frame_of_256_kib_and_one_message_each(self):
        client = self.connect(compress="zstd-stream")
        messages = []
        opcode, data = client.websocket_message()
        messages.append(data)
        client.send(2, {"token": "sim.token", "intents": 1, "shard": [0, TOTAL], "properties": {}})
        for _ in range(8):
            opcode, data = client.websocket_message()
            check(opcode == BINARY, "a zstd message that is not binary")
            messages.append(data)
        check(messages[0][:6] == bytes.fromhex("28b52ffd0040"), f"the frame header is {messages[0][:6].hex()}")
        check(not any(m.startswith(bytes.fromhex("28b52ffd")) for m in messages[1:]), "a second zstd frame began")
        client.send_frame(CLOSE, b"\x03\xe8")  # 1000: nobody counts this session

    def ends_with(self, client, code):
        with contextlib.suppress(Ended):
            while True:
                client.message()
        check(client.close_code == code, f"the close code is {client.close_code}, not {code}")

    def account(self):
        oracle = {one["id"]: one for one in self.sim.oracle()["sessions"]}
        for session, heard in self.heard.items():
            check(heard == list(range(1, len(heard) + 1)), f"session {session[:8]} heard {len(heard)} numbers with holes or twice")
            check(len(heard) <= oracle[session]["last_seq"], f"session {session[:8]} heard more than was sent")
        say(f"{sum(map(len, self.heard.values()))} events in {len(self.heard)} sessions, none missing, none twice")

    def play(self):
        self.sim.control("set", identify_key_window=0, ready_delay_least=10, ready_delay_most=50)
        for name in [name for name in vars(Cases) if "_" in name and not name.startswith("_") and name not in ("come_back", "ends_with")]:
            try:
                getattr(self, name)()
            except (Wrong, Ended, OSError) as wrong:
                raise Failed(f"{name.replace('_', ' ')}: {wrong!r}") from wrong
            say(name.replace("_", " "))
        self.account()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sim", required=True)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="shoal-judge-"))
    sim = None
    try:
        sim = Sim(arguments.sim, folder, {"heartbeat_ms": 41250})
        Cases(sim).play()
        return 0
    except Failed as failed:
        say(f"failed: {failed}")
        return 1
    finally:
        if sim is not None:
            sim.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
