"""A service that keeps answers: python3 service.py 127.0.0.1:9194. Each line of standard input is a token and a scope."""

import os
import sys
import threading
import time

import grpc
from kept_answers import KeptAnswers, Watch, now

from sallyport.access.v1 import access_pb2 as access
from sallyport.access.v1 import access_pb2_grpc as service

# The next stream begins so long before the former one ends.
HANDOVER_MS = 15_000
RETRY_S = 0.2

caller = [("authorization", f"Bearer {os.environ['SALLYPORT_TOKEN']}")] if "SALLYPORT_TOKEN" in os.environ else []
client = service.AccessServiceStub(grpc.insecure_channel(sys.argv[1]))
kept = KeptAnswers()


def follow():
    watch = Watch()
    is_followed = False

    def follow_once():
        nonlocal is_followed
        if not is_followed:
            threading.Thread(target=follow, daemon=True).start()
        is_followed = True

    try:
        request = access.WatchRevocationsRequest(caller_time=int(watch.sent_at * 1000))
        for message in client.WatchRevocations(request, metadata=caller, timeout=90):
            match message.WhichOneof("event"):
                case "changed":
                    kept.changed(message.changed.keys)
                case "reset":
                    kept.reset()
                case "beat":
                    kept.beat(watch, message.beat)
                    if message.beat.ends_in_ms < HANDOVER_MS:
                        follow_once()
    except grpc.RpcError:
        pass
    finally:
        kept.ended(watch)
    time.sleep(RETRY_S)
    follow_once()


def authorize(token, scope):
    """Asks, unless an answer is kept. Anything that goes wrong denies."""
    if kept.find((token, scope)) is not None:
        return "allowed, kept"
    asked_at = now()
    try:
        answer = client.Authorize(access.AuthorizeRequest(token=token, scope=scope), metadata=caller, timeout=1)
    except grpc.RpcError:
        return "denied: no answer"
    kept.keep((token, scope), asked_at, answer)
    return "allowed, asked" if answer.allowed else f"denied: {answer.reason}"


threading.Thread(target=follow, daemon=True).start()
for line in sys.stdin:
    token, scope = line.split()
    print(authorize(token, scope), flush=True)
