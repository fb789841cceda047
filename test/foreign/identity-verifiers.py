"""Verifies a signed identity: `identity-verifiers.py PACKAGES KEYS_URL TOKEN ISSUER AUDIENCE`.

Prints JSON: the claims that each library found, and how each refuses another audience. `rfc9068` is a validator of access
tokens, which must refuse it.
"""
import json
import sys
import urllib.request
import warnings

packages, url, token, issuer, audience = sys.argv[1:]
sys.path.insert(0, packages)
warnings.simplefilter("ignore")
import jwt  # noqa: E402
from authlib.jose import JsonWebKey, JsonWebToken  # noqa: E402
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator  # noqa: E402
from joserfc import jwt as joserfc  # noqa: E402
from joserfc.jwk import KeySet  # noqa: E402

with urllib.request.urlopen(url) as response:
    keys = json.load(response)


def pyjwt(expected):
    key = jwt.PyJWKClient(url).get_signing_key_from_jwt(token)
    return jwt.decode(token, key, algorithms=["EdDSA"], issuer=issuer, audience=expected)


def authlib(expected):
    options = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": expected}}
    claims = JsonWebToken(["EdDSA"]).decode(token, JsonWebKey.import_key_set(keys), claims_options=options)
    claims.validate()
    return dict(claims)


def joserfc_(expected):
    decoded = joserfc.decode(token, KeySet.import_key_set(keys), algorithms=["EdDSA"])
    claims = joserfc.JWTClaimsRegistry(
        iss={"essential": True, "value": issuer}, aud={"essential": True, "value": expected}
    )
    claims.validate(decoded.claims)
    return decoded.claims


class AccessTokens(JWTBearerTokenValidator):
    def get_jwks(self):
        return keys


def rfc9068(expected):
    validator = AccessTokens(issuer=issuer, resource_server=expected)
    validator.validate_token(validator.authenticate_token(token), None, None)
    return "accepted"


def result(verify, expected):
    try:
        return verify(expected)
    except Exception as error:  # Each library has its own.
        return type(error).__name__


print(json.dumps({
    verify.__name__.strip("_"): [result(verify, audience), result(verify, "another")]
    for verify in (pyjwt, authlib, joserfc_, rfc9068)
}))
