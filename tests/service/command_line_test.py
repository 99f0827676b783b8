"""The program as people call it: one process per case, each in a folder of its own."""
import json
import os
import pathlib
import re
import resource
import signal
import stat
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

PROGRAM = os.environ["CLIPCOURIER_BIN"] + "/clipcourier"
ANY_PORT = {f"CLIPCOURIER_HTTP_{name}_PORT": "0" for name in ("API", "WEBHOOKS", "PUBLIC")}
SECONDS = 60


class CommandLine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def call(self, *words, **environment):
        return subprocess.run([PROGRAM, *words], cwd=self.folder, env=os.environ | environment, timeout=SECONDS,
                              capture_output=True, text=True)

    def serve(self):
        """A running service, and its addresses by listener."""
        service = subprocess.Popen([PROGRAM, "serve"], cwd=self.folder, env=os.environ | ANY_PORT,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(service.wait)
        self.addCleanup(service.kill)
        self.addCleanup(service.stdout.close)
        addresses = {}
        for line in service.stdout:
            event = json.loads(line)
            if event["event"] == "ready":
                return service, addresses
            addresses[event["listener"]] = event["url"]
        self.fail("the service ended before it was ready")

    def test_every_command_explains_itself(self):
        listed = re.findall(r"^  ([a-z]+) ", self.call("--help").stdout, re.MULTILINE)
        self.assertEqual(set(listed), {"serve", "check", "migrate", "token", "import", "media", "consent", "counters"})
        for words in [[name] for name in listed] + [["token", "create"], ["token", "list"], ["token", "revoke"],
                                                   ["media", "clean"]]:
            with self.subTest(words=words):
                help_ = self.call(*words, "--help")
                self.assertEqual(help_.returncode, 0)
                self.assertIn("Usage: clipcourier " + words[0], help_.stdout)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_wrong_call_is_told_and_changes_nothing(self):
        for words in ([], ["bogus"], ["token", "bogus"], ["token", "create"], ["serve", "--bogus"], ["import"],
                      ["import", "a", "b"], ["token", "revoke", "--id", "x"], ["token", "create", "--name"],
                      ["token", "create", "--name", "x", "--scopes", "*", "--days", "99999999999999999"]):
            with self.subTest(words=words):
                wrong = self.call(*words)
                self.assertEqual(wrong.returncode, 2)
                self.assertNotEqual(wrong.stderr, "")
                self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_token_is_shown_once_and_works_until_it_is_revoked(self):
        made = self.call("token", "create", "--name", "test", "--scopes", "videos:read")
        self.assertEqual(made.returncode, 0, made.stderr)
        token = made.stdout.strip()
        self.assertNotIn(token, self.call("token", "list").stdout)
        _, addresses = self.serve()
        self.assertEqual(self.status(addresses["api"] + "/api/v1/videos", token), 200)
        self.assertEqual(self.status(addresses["api"] + "/api/v1/videos", token + "x"), 401)
        self.assertEqual(self.call("token", "revoke", "--id", "1").returncode, 0)
        self.assertEqual(self.status(addresses["api"] + "/api/v1/videos", token), 401)
        for file in (self.folder / "var").iterdir():
            self.assertNotIn(token.encode(), file.read_bytes() if file.is_file() else b"")

    def test_a_role_stands_for_its_scopes(self):
        help_ = self.call("token", "create", "--help").stdout
        for role in ("admin", "marketing", "approver", "operations", "viewer"):
            self.assertIn("\n  " + role, help_)
        self.assertEqual(self.call("token", "create", "--name", "v", "--role", "viewer").returncode, 0)
        self.assertIn("videos:read", self.call("token", "list").stdout)
        self.assertNotIn("videos:write", self.call("token", "list").stdout)
        wrong = self.call("token", "create", "--name", "v", "--role", "king")
        self.assertNotEqual(wrong.returncode, 0)
        self.assertIn("viewer", wrong.stderr)

    def test_metrics_are_as_prometheus_wants_them(self):
        _, addresses = self.serve()
        with urllib.request.urlopen(addresses["api"] + "/metrics", timeout=SECONDS) as reply:
            text = reply.read()
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, timeout=SECONDS)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        names = {line.split()[2] for line in text.decode().splitlines() if line.startswith("# TYPE")}
        self.assertGreater(len(names), 20)
        self.assertTrue(all(name.startswith("clipcourier_") for name in names), names)
        self.assertIn(b"clipcourier_database_reachable 1", text)

    def hold(self, addresses, token):
        request = urllib.request.Request(
            addresses["api"] + "/api/v1/holds", b'{"scope": "everything", "reason": "test"}',
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": "k1"})
        with urllib.request.urlopen(request, timeout=SECONDS) as reply:
            return reply.status, reply.headers["Location"], reply.headers["Idempotent-Replayed"], reply.read()

    def events_until(self, addresses, token, query, wanted):
        request = urllib.request.Request(addresses["api"] + "/api/v1/events" + query,
                                         headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=SECONDS) as stream:
            last = None
            for line in stream:
                if line.startswith(b"id: "):
                    last = int(line[4:])
                if wanted in line:
                    return last
        self.fail("the stream ended")

    def test_answers_and_events_outlive_a_killed_process(self):
        token = self.call("token", "create", "--name", "test", "--role", "operations").stdout.strip()
        service, addresses = self.serve()
        status, location, replayed, body = self.hold(addresses, token)
        self.assertEqual((status, replayed), (201, None))
        first = self.events_until(addresses, token, "?after=0", b'"held":true')
        service.kill()
        service.wait(SECONDS)
        _, addresses = self.serve()
        self.assertEqual(self.hold(addresses, token), (status, location, "true", body))
        self.assertEqual(self.events_until(addresses, token, "?after=0", b'"held":true'), first)
        self.assertEqual(self.status(addresses["api"] + location, token, method="DELETE"), 204)
        self.assertGreater(self.events_until(addresses, token, f"?after={first}", b'"held":false'), first)

    def status(self, url, token, body=None, type_="application/json", method=None):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": type_}
        request = urllib.request.Request(url, data=body, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def test_it_stops_in_order_at_sigterm_and_sigint(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number):
                service, _ = self.serve()
                service.send_signal(number)
                self.assertEqual(service.wait(SECONDS), 0)

    def test_a_limit_on_files_refuses_an_upload_and_ends_nothing(self):
        token = self.call("token", "create", "--name", "test", "--scopes", "videos:write").stdout.strip()
        service, addresses = self.serve()
        resource.prlimit(service.pid, resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
        form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
        form += bytes(3_000_000) + b"\r\n--b--\r\n"
        videos = addresses["api"] + "/api/v1/videos"
        self.assertEqual(self.status(videos, token, form, "multipart/form-data; boundary=b"), 507)
        self.assertEqual(list((self.folder / "var/media/temp").iterdir()), [])
        self.assertIsNone(service.poll())

    def test_one_database_has_one_service(self):
        self.serve()
        second = self.call("serve", **ANY_PORT)
        self.assertEqual(second.returncode, 1)
        self.assertIn("already serves", second.stderr)

    def test_check_says_what_is_wrong_and_what_to_do(self):
        well = self.call("check")
        self.assertEqual(well.returncode, 0, well.stdout)
        self.assertRegex(well.stdout, r"ok      sandbox: (\d+ attempts to break out were refused|none, because)")
        absent = self.call("check", CLIPCOURIER_TRANSCODER_PROGRAM="/absent/transcoder")
        self.assertEqual(absent.returncode, 1)
        self.assertIn("FAILED  transcoder", absent.stdout)
        self.assertIn("transcoder.program", absent.stdout)
        away = self.call("check", CLIPCOURIER_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
        self.assertIn("FAILED  database", away.stdout)
        self.assertIn("database.url", away.stdout)
        full = self.call("check", CLIPCOURIER_MEDIA_MIN_FREE_MB="10000000")
        self.assertIn("FAILED  free space", full.stdout)

    def test_check_names_every_mistake_of_the_settings(self):
        (self.folder / "clipcourier.properties").write_text("http.api_port = many\nbogus = 1\n")
        wrong = self.call("check")
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("clipcourier.properties line 1: http.api_port", wrong.stdout)
        self.assertIn("clipcourier.properties line 2: bogus", wrong.stdout)
        self.assertEqual(self.call("serve").returncode, 1)

    def test_data_is_for_its_owner_only(self):
        self.assertEqual(self.call("migrate").returncode, 0)
        self.assertEqual(stat.S_IMODE((self.folder / "var/service.key").stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE((self.folder / "var/secrets").stat().st_mode), 0o700)
        self.assertEqual(self.call("migrate").stdout, "The database was up to date.\n")

    def test_customers_come_from_a_file_and_their_consents_can_be_verified(self):
        (self.folder / "people.csv").write_text("external_ref,name,phone\nA,Ada,0171 3920001\nB,Bob,12\n")
        imported = self.call("import", "people.csv")
        self.assertEqual(imported.returncode, 2)  # one line was refused
        self.assertIn("line 3", imported.stdout)
        self.assertRegex(imported.stdout, r"created +1\n")
        self.assertEqual(self.call("consent", "verify").returncode, 0)
        self.assertEqual(self.call("import", "absent.csv").returncode, 1)


if __name__ == "__main__":
    unittest.main()
