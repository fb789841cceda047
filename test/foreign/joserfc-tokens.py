"""Makes tokens with joserfc: `joserfc-tokens.py PACKAGES KEYS JOBS`, JOBS being JSON `[{alg, kid, key, claims}]`."""
import json
import sys

packages, keys, jobs = sys.argv[1:]
sys.path.insert(0, packages)
from joserfc import jwt  # noqa: E402
from joserfc.jwk import import_key  # noqa: E402


def read(name):
    with open(f"{keys}/{name}", encoding="utf-8") as file:
        return json.load(file)


print(json.dumps({
    job["alg"]: jwt.encode(
        {"alg": job["alg"], "kid": job["kid"]}, job["claims"], import_key(read(job["key"])), algorithms=[job["alg"]]
    )
    for job in json.loads(jobs)
}))
