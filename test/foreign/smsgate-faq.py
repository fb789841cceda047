"""The Python of SMSGate's questions and answers about JWT: `smsgate-faq.py PACKAGES GATEWAY USER PASSWORD`.

Host and credentials are changed, and the clock is read in UTC: `expires_at` has a time zone. Prints what was answered.
"""
import json
import sys
import time
from datetime import datetime, timedelta, timezone

packages, gateway, username, password = sys.argv[1:]
sys.path.insert(0, packages)
import requests  # noqa: E402

MESSAGE = {"phoneNumbers": ["+1234567890"], "textMessage": {"text": "Hello world!"}}


class SMSGatewayClient:
    def __init__(self, gateway_url, username, password):
        self.gateway_url = gateway_url
        self.username = username
        self.password = password
        self.access_token = None
        self.token_expires_at = None

    def get_token(self, scopes, ttl=3600):
        response = requests.post(
            f"{self.gateway_url}/3rdparty/v1/auth/token",
            auth=(self.username, self.password),
            headers={"Content-Type": "application/json"},
            json={"ttl": ttl, "scopes": scopes},
        )
        if response.status_code != 201:
            raise Exception(f"Failed to get token: {response.status_code}")
        token_data = response.json()
        self.access_token = token_data["access_token"]
        self.token_expires_at = datetime.fromisoformat(token_data["expires_at"].replace("Z", "+00:00"))
        return self.access_token

    def ensure_valid_token(self, scopes):
        if (
            self.access_token is None
            or self.token_expires_at is None
            or datetime.now(timezone.utc) + timedelta(minutes=5) >= self.token_expires_at
        ):
            return self.get_token(scopes)
        return self.access_token


def send(token):
    response = requests.post(
        f"{gateway}/3rdparty/v1/messages",
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        json=MESSAGE,
    )
    return [response.status_code, response.json().get("message")]


# Before the migration, with the password.
migration = requests.post(f"{gateway}/3rdparty/v1/messages", auth=(username, password), json=MESSAGE).status_code

client = SMSGatewayClient(gateway, username, password)
first = client.ensure_valid_token(["messages:send"])
kept = client.ensure_valid_token(["messages:send"]) == first
short = client.get_token(["messages:send"], ttl=2)
before = send(short)
deadline = time.monotonic() + 60
while (after := send(short))[0] != 401 and time.monotonic() < deadline:
    time.sleep(0.5)
renewed = client.ensure_valid_token(["messages:send"])
print(json.dumps({
    "migration": migration,
    "kept": kept,
    "before": before,
    "after": after,
    "renewed": [renewed != short, send(renewed)],
}))
