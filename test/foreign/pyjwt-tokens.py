"""Makes tokens with PyJWT: `pyjwt-tokens.py PACKAGES KEYS JOBS`, JOBS being JSON `[{alg, kid, key, claims}]`."""
import json
import sys

packages, keys, jobs = sys.argv[1:]
sys.path.insert(0, packages)
import jwt  # noqa: E402


def read(name):
    with open(f"{keys}/{name}", "rb") as file:
        return file.read()


print(json.dumps({
    job["alg"]: jwt.encode(job["claims"], read(job["key"]), algorithm=job["alg"], headers={"kid": job["kid"]})
    for job in json.loads(jobs)
}))
