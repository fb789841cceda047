"""SMSGate's own client for Python: `android-sms-gateway.py PACKAGES GATEWAY USER PASSWORD`. Prints what was answered."""
import json
import sys

packages, gateway, username, password = sys.argv[1:]
sys.path.insert(0, packages)
from android_sms_gateway import APIClient, Message, TextMessage, TokenRequest  # noqa: E402
from android_sms_gateway.errors import APIError  # noqa: E402
from android_sms_gateway.http import RequestsHttpClient  # noqa: E402

BASE_URL = f"{gateway}/3rdparty/v1"
MESSAGE = Message(phone_numbers=["+1234567890"], text_message=TextMessage(text="Hello world!"))


def refusal(call):
    try:
        call()
    except APIError as error:
        return [error.status_code, error.response["message"]]


with RequestsHttpClient() as http:
    owner = APIClient(username, password, base_url=BASE_URL, http=http)
    token = owner.generate_token(TokenRequest(scopes=["messages:send"], ttl=3600))
    bearer = APIClient(None, token.access_token, base_url=BASE_URL, http=http)
    sent = bearer.send(MESSAGE)
    missing = refusal(bearer.list_devices)
    owner.revoke_token(token.id)
    revoked = refusal(lambda: bearer.send(MESSAGE))

print(json.dumps({
    "token": [token.token_type, len(token.id), token.expires_at],
    "sent": sent.id,
    "missing": missing,
    "revoked": revoked,
}))
