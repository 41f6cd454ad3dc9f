"""Starts the members' site on a free port and says where. Then it does what its administrator says, a line of JSON each, and answers
with one; when nobody is left to say anything it ends."""

import json
import os
import sys
import tempfile
import threading


def main():
    with tempfile.TemporaryDirectory(prefix="passerelle-members-") as room:
        os.environ["MEMBERS_ROOM"] = room
        os.environ["DJANGO_SETTINGS_MODULE"] = "members.settings"
        import django

        django.setup()
        from django.core.handlers.wsgi import WSGIHandler
        from django.core.management import call_command
        from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

        from members import people

        call_command("migrate", run_syncdb=True, verbosity=0)
        people.settle()
        server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
        server.set_app(WSGIHandler())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        say({"base_url": f"http://127.0.0.1:{server.server_port}"})
        for line in sys.stdin:
            deed, *what = json.loads(line)
            say({"done": getattr(people, deed)(*what)})


def say(what):
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
