"""The app on a user's telephone: reads the secret of a second factor (base32) and prints the code of the moment."""

import base64
import sys
import time

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

PERIOD = 30

secret = sys.argv[1]
key = base64.b32decode(secret + "=" * (-len(secret) % 8), casefold=True)
totp = TOTP(key, 6, SHA1(), PERIOD, enforce_key_length=False)
# A code that is about to end would be typed too late.
left = PERIOD - time.time() % PERIOD
if left < 5:
    time.sleep(left)
print(totp.generate(time.time()).decode())
