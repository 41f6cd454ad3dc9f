"""Starts moto's Cognito on a free port and says where; ends when nobody holds the other end of its input."""

import json
import os
import sys

# A code of the second factor is checked, not only wanted.
os.environ["MOTO_COGNITO_IDP_USER_POOL_ENABLE_TOTP"] = "true"

from moto.moto_server.threaded_moto_server import ThreadedMotoServer  # noqa: E402

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(json.dumps({"base_url": "http://127.0.0.1:%d" % server.get_host_and_port()[1]}), flush=True)
sys.stdin.read()
