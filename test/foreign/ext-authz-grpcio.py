"""Asks ext_authz doors with Envoy's published messages and grpcio: `ext-authz-grpcio.py PACKAGES FOLDER DOORS`.

DOORS is JSON `[{name, address, tls}]`; `tls` is "", "server" or "mutual", with ca.pem, client.pem and client.key in FOLDER.
Prints `{name: {code: count}}`: how often a check was answered with this code, 12 times one by one and 200 times at once.
"""
import json
import sys
from collections import Counter

packages, folder, doors = sys.argv[1:]
sys.path.insert(0, packages)
import grpc  # noqa: E402
from envoy.service.auth.v3 import external_auth_pb2, external_auth_pb2_grpc  # noqa: E402


def read(name):
    with open(f"{folder}/{name}", "rb") as file:
        return file.read()


def connect(address, tls):
    options = [("grpc.ssl_target_name_override", "localhost")]
    if not tls:
        return grpc.insecure_channel(address, options)
    own = (read("client.key"), read("client.pem")) if tls == "mutual" else (None, None)
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(read("ca.pem"), *own), options)


def request(index):
    message = external_auth_pb2.CheckRequest()
    http = message.attributes.request.http
    http.method, http.host, http.path = "POST", "api.example", f"/{index}"
    http.headers["authorization"] = "Bearer " + "x" * (index * 3000 % 70000)
    # Before the header fields that Envoy sends as bytes, and not read.
    http.raw_body = b"\x0a" * (index * 50000 % 300000)
    return message


def ask(door):
    with connect(door["address"], door["tls"]) as channel:
        stub = external_auth_pb2_grpc.AuthorizationStub(channel)
        answers = [stub.Check(request(index), timeout=30) for index in range(12)]
        running = [stub.Check.future(request(index), timeout=60) for index in range(200)]
        answers += [future.result() for future in running]
        return Counter(str(answer.status.code) for answer in answers)


print(json.dumps({door["name"]: ask(door) for door in json.loads(doors)}))
