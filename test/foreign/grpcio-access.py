"""Calls the internal API as a grpcio client: over mTLS, with a deadline and a bearer token. Prints a JSON report.

Arguments: the address and the process of Sallyport, the folder of the certificates, and the token to ask about. The caller's token is in CALLER,
one without the scope in STRANGER.
"""

import json
import os
import pathlib
import signal
import sys

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from sallyport.access.v1 import access_pb2 as access
from sallyport.access.v1 import access_pb2_grpc as service

address, process, folder, token = sys.argv[1:]
certificates = pathlib.Path(folder)
report = {}


def channel(named):
    read = lambda ending: (certificates / f"{named}.{ending}").read_bytes()
    own = {} if named is None else {"private_key": read("key"), "certificate_chain": read("pem")}
    ca = (certificates / "ca.pem").read_bytes()
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(root_certificates=ca, **own))


def bearer(name):
    return [("authorization", f"Bearer {os.environ[name]}")]


def ask(client, **options):
    request = access.AuthorizeRequest(token=token, scope="messages:send")
    try:
        answer = client.Authorize(request, **{"timeout": 10, **options})
        return {"allowed": answer.allowed, "subject": answer.identity.subject, "keys": len(answer.revocation_keys)}
    except grpc.RpcError as error:
        found = rpc_status.from_call(error)
        infos = []
        for detail in found.details if found else []:
            info = error_details_pb2.ErrorInfo()
            if detail.Unpack(info):
                infos.append({"reason": info.reason, "domain": info.domain, "metadata": dict(info.metadata)})
        return {"code": error.code().name, "details": error.details(), "infos": infos}


with channel("client") as proven:
    client = service.AccessServiceStub(proven)
    report["certificate"] = ask(client)
    report["certificate and token"] = ask(client, metadata=bearer("CALLER"))
    report["certificate and insufficient token"] = ask(client, metadata=bearer("STRANGER"))
    os.kill(int(process), signal.SIGSTOP)
    report["deadline"] = ask(client, timeout=0.2)["code"]
    os.kill(int(process), signal.SIGCONT)
    stream = client.WatchRevocations(access.WatchRevocationsRequest(caller_time=7), timeout=30)
    report["beat"] = next(message.beat.caller_time for message in stream if message.WhichOneof("event") == "beat")
    stream.cancel()

with channel(None) as unproven:
    report["no certificate"] = ask(service.AccessServiceStub(unproven))["code"]

print(json.dumps(report))
