"""Asks Sallyport about the token on standard input: python3 ask.py 127.0.0.1:9194"""

import os
import sys

import grpc

from sallyport.access.v1 import access_pb2 as access
from sallyport.access.v1 import access_pb2_grpc as service

# The caller's own token. With TLS, use grpc.secure_channel.
caller = [("authorization", f"Bearer {os.environ['SALLYPORT_TOKEN']}")] if "SALLYPORT_TOKEN" in os.environ else []
# Without a deadline, a call may wait for ever.
options = {"metadata": caller, "timeout": 1}

with grpc.insecure_channel(sys.argv[1]) as channel:
    client = service.AccessServiceStub(channel)
    token = sys.stdin.read().strip()

    answer = client.Authorize(access.AuthorizeRequest(token=token, scope="messages:send"), **options)
    print(f"allowed: {answer.identity.subject}" if answer.allowed else f"denied: {answer.reason}")

    request = access.HttpRequest(method="GET", host="sms.example", path="/3rdparty/v1/devices")
    questions = [
        access.AuthorizeRequest(token=token, scope="messages:list"),
        access.AuthorizeRequest(token=token, request=request),
    ]
    for one in client.AuthorizeMany(access.AuthorizeManyRequest(questions=questions), **options).answers:
        print("allowed" if one.response.allowed else f"denied: {one.response.reason}")

    found = client.Introspect(access.IntrospectRequest(token=token), **options)
    print(f"active: {found.scope}" if found.active else "not active")
