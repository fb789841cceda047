"""Verifies a token of ours: `pyjwk-client.py PACKAGES JWKS_URL ALGORITHM TOKEN`."""
import json
import sys

packages, url, algorithm, token = sys.argv[1:]
sys.path.insert(0, packages)
import jwt  # noqa: E402

key = jwt.PyJWKClient(url).get_signing_key_from_jwt(token)
print(json.dumps(jwt.decode(token, key, algorithms=[algorithm], issuer="https://s.local")))
