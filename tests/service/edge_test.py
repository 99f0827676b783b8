"""What the running service owes to its surroundings: systemd, certificates that change, their end."""
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import time
import unittest
import urllib.parse

PROGRAM = os.environ["CLIPCOURIER_BIN"] + "/clipcourier"
ANY_PORT = {f"CLIPCOURIER_HTTP_{name}_PORT": "0" for name in ("API", "WEBHOOKS", "PUBLIC")}
SECONDS = 60


class Edge(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def serve(self, **environment):
        """A running service, and its addresses by listener."""
        self.log = open(self.folder / "log", "wb")
        self.addCleanup(self.log.close)
        service = subprocess.Popen([PROGRAM, "serve"], cwd=self.folder, env=os.environ | ANY_PORT | environment,
                                   stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.addCleanup(service.wait)
        self.addCleanup(service.kill)
        self.addCleanup(service.stdout.close)
        addresses = {}
        for line in service.stdout:
            event = json.loads(line)
            if event["event"] == "ready":
                return service, addresses
            addresses[event["listener"]] = event["url"]
        self.fail("the service ended before it was ready: " + (self.folder / "log").read_text())

    def listen(self, address):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(listener.close)
        listener.settimeout(SECONDS)
        listener.bind(address)
        return listener

    def certificate(self, name, days=90):
        """Writes a new pair, and returns the certificate as PEM."""
        made = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-keyout", "key.new", "-out", "cert.new", "-days", str(days), "-subj", "/CN=" + name,
             "-addext", "subjectAltName=DNS:" + name],
            cwd=self.folder, capture_output=True, timeout=SECONDS)
        self.assertEqual(made.returncode, 0, made.stderr)
        (self.folder / "key.new").rename(self.folder / "key.pem")
        (self.folder / "cert.new").rename(self.folder / "cert.pem")
        return (self.folder / "cert.pem").read_text()

    def test_systemd_is_told_what_happens(self):
        for address in (str(self.folder / "notify"), f"\0clipcourier-test-{os.getpid()}"):
            with self.subTest(abstract=address.startswith("\0")):
                listener = self.listen(address)
                service, _ = self.serve(NOTIFY_SOCKET=address.replace("\0", "@"), WATCHDOG_USEC="30000000")
                told = set()
                while "READY=1" not in told:
                    told.add(listener.recv(1000).decode())
                self.assertLessEqual(told, {"READY=1", "WATCHDOG=1"})
                service.send_signal(signal.SIGTERM)
                while "STOPPING=1" not in told:
                    told.add(listener.recv(1000).decode())
                self.assertEqual(service.wait(SECONDS), 0)

    def test_without_systemd_nothing_is_told_and_a_watchdog_of_others_is_not_fed(self):
        listener = self.listen(str(self.folder / "notify"))
        service, _ = self.serve(NOTIFY_SOCKET=str(self.folder / "notify"), WATCHDOG_USEC="3000", WATCHDOG_PID="1")
        service.send_signal(signal.SIGTERM)
        self.assertEqual(service.wait(SECONDS), 0)
        self.assertEqual([listener.recv(1000), listener.recv(1000)], [b"READY=1", b"STOPPING=1"])

    def test_the_watchdog_is_fed_only_while_the_database_takes_writes(self):
        listener = self.listen(str(self.folder / "notify"))
        self.serve(NOTIFY_SOCKET=str(self.folder / "notify"), WATCHDOG_USEC="90000",
                   CLIPCOURIER_DATABASE_LOCK_TIMEOUT_S="1")
        for _ in range(3):
            self.await_food(listener)
        other = sqlite3.connect(self.folder / "var/clipcourier.db", timeout=SECONDS, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        # What was written before the lock may still be told.
        listener.settimeout(0.5)
        told = 0
        end = time.monotonic() + 2
        while time.monotonic() < end:
            try:
                listener.recv(1000)
                told += 1
            except TimeoutError:
                break
        self.assertLess(told, 20)  # it came to an end, whatever had piled up
        with self.assertRaises(TimeoutError):
            listener.recv(1000)
        other.execute("ROLLBACK")
        listener.settimeout(SECONDS)
        self.await_food(listener)

    def await_food(self, listener):
        while listener.recv(1000) != b"WATCHDOG=1":
            pass

    def test_a_new_certificate_is_taken_at_sighup_and_a_bad_one_is_not(self):
        first = self.certificate("first.example")
        service, addresses = self.serve(CLIPCOURIER_HTTP_TLS_CERTIFICATE_FILE="cert.pem",
                                        CLIPCOURIER_HTTP_TLS_KEY_FILE="key.pem",
                                        CLIPCOURIER_HTTP_API_TLS_CERTIFICATE_FILE="none")
        self.assertTrue(addresses["api"].startswith("http://"))
        self.assertTrue(addresses["public"].startswith("https://"))
        public = urllib.parse.urlsplit(addresses["public"])
        served = lambda: ssl.get_server_certificate((public.hostname, public.port), timeout=SECONDS)
        self.assertEqual(served().strip(), first.strip())
        second = self.certificate("second.example")
        service.send_signal(signal.SIGHUP)
        self.until(lambda: served().strip() == second.strip())
        (self.folder / "cert.pem").write_text("no certificate")
        service.send_signal(signal.SIGHUP)
        self.until(lambda: "tls.kept_old" in (self.folder / "log").read_text())
        self.assertEqual(served().strip(), second.strip())
        self.assertIsNone(service.poll())

    def until(self, is_so):
        end = time.monotonic() + SECONDS
        while not is_so():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)

    def test_check_tells_when_a_certificate_ends(self):
        files = {"CLIPCOURIER_HTTP_TLS_CERTIFICATE_FILE": "cert.pem", "CLIPCOURIER_HTTP_TLS_KEY_FILE": "key.pem"}
        check = lambda: subprocess.run([PROGRAM, "check"], cwd=self.folder, env=os.environ | files, timeout=SECONDS,
                                       capture_output=True, text=True)
        self.certificate("clips.example", days=90)
        self.assertRegex(check().stdout, r"ok      certificate cert\.pem: clips\.example, until .* \(89 days\)")
        self.certificate("clips.example", days=5)
        soon = check()
        self.assertEqual(soon.returncode, 1)
        self.assertRegex(soon.stdout, r"FAILED  certificate cert\.pem: it ends in 4 days")
        (self.folder / "key.pem").unlink()
        self.assertIn("cannot use key.pem for TLS", check().stdout)


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
class UnitFile(unittest.TestCase):
    """config/systemd/clipcourier.service as systemd reads it, with a program that is on this machine."""
    SOURCE = pathlib.Path(__file__).parents[2] / "config/systemd/clipcourier.service"

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.unit = pathlib.Path(folder.name) / self.SOURCE.name
        program, text = "ExecStart=/usr/local/bin/clipcourier ", self.SOURCE.read_text()
        self.assertIn(program, text)
        self.unit.write_text(text.replace(program, "ExecStart=/bin/true "))

    def analyze(self, *words):
        return subprocess.run(["systemd-analyze", *words, self.unit], capture_output=True, text=True, timeout=SECONDS)

    def test_every_line_of_it_is_understood(self):
        verified = self.analyze("verify", "--man=no", "--recursive-errors=no")
        self.assertEqual(verified.returncode, 0, verified.stderr)

    def test_an_unknown_line_would_be_told(self):
        with self.unit.open("a") as unit:
            unit.write("[Service]\nProtectSistem=yes\n")
        verified = self.analyze("verify", "--man=no", "--recursive-errors=no")
        self.assertNotEqual(verified.returncode, 0)
        self.assertIn("ProtectSistem", verified.stderr)

    def test_little_is_left_open(self):
        # The exposure is 1.7 of 10 with systemd 252; the threshold is in tenths.
        judged = self.analyze("security", "--offline=yes", "--threshold=20", "--no-pager")
        self.assertEqual(judged.returncode, 0, judged.stdout + judged.stderr)


if __name__ == "__main__":
    unittest.main()
