"""SMSGate's own client for Python refreshes: `android-sms-gateway-refresh.py PACKAGES GATEWAY USER PASSWORD`. Prints what was answered."""
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

    def bearer(token):
        return APIClient(None, token, base_url=BASE_URL, http=http)

    def send(token):
        return bearer(token.access_token).send(MESSAGE).id

    def generate():
        return owner.generate_token(TokenRequest(scopes=["messages:send"], ttl=3600))

    first = generate()
    anyone = bearer("none")
    second = anyone.refresh_token(first.refresh_token)
    third = anyone.refresh_token(second.refresh_token)
    sent = [send(token) for token in (first, second, third)]
    misused = [
        refusal(lambda: bearer(third.refresh_token).send(MESSAGE)),
        refusal(lambda: anyone.refresh_token(third.access_token)),
    ]
    reused = refusal(lambda: anyone.refresh_token(first.refresh_token))
    after = [refusal(lambda token=token: send(token)) for token in (first, second, third)]
    after.append(refusal(lambda: anyone.refresh_token(third.refresh_token)))

    other = generate()
    owner.revoke_token(other.id)
    revoked = [refusal(lambda: send(other)), refusal(lambda: anyone.refresh_token(other.refresh_token))]

print(json.dumps({
    "types": [token.token_type for token in (first, second, third)],
    "different": len({token.refresh_token for token in (first, second, third)}),
    "sent": sent,
    "misused": misused,
    "reused": reused,
    "after": after,
    "revoked": revoked,
}))
