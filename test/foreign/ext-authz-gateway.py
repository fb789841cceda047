"""Asks an ext_authz service with Envoy's published messages: `ext-authz-gateway.py PACKAGES ADDRESS CHECKS`.

CHECKS is JSON `[{path, headers?, header_map?}]`; `header_map` holds values as hex. Every field that the messages have is
filled, whether our own description knows it or not. Prints `{fields, answers: [{answer, unknown}]}`.
"""
import json
import sys

packages, address, checks = sys.argv[1:]
sys.path.insert(0, packages)
import grpc  # noqa: E402
from envoy.service.auth.v3 import external_auth_pb2, external_auth_pb2_grpc  # noqa: E402
from google.protobuf import json_format, unknown_fields  # noqa: E402
from google.protobuf.descriptor import FieldDescriptor as F  # noqa: E402

filled = set()
WELL_KNOWN = "google.protobuf."


def scalar(field):
    if field.type == F.TYPE_STRING:
        return f"some {field.name}"
    if field.type == F.TYPE_BYTES:
        return b"\x00\xff some bytes"
    if field.type == F.TYPE_BOOL:
        return True
    if field.type == F.TYPE_ENUM:
        return field.enum_type.values[-1].number
    return 1


def is_map(field):
    return field.type == F.TYPE_MESSAGE and field.message_type.GetOptions().map_entry


def fill(message, depth=0):
    """Sets every field; of a oneof's members the last one stays."""
    for field in message.DESCRIPTOR.fields:
        if depth > 8 or (field.message_type and message.DESCRIPTOR.full_name.startswith(WELL_KNOWN + "Value")):
            continue
        filled.add(field.full_name)
        value = getattr(message, field.name)
        if is_map(field):
            entry = field.message_type.fields_by_name["value"]
            if entry.type == F.TYPE_MESSAGE:
                fill(value["some key"], depth + 1)
            else:
                value["some key"] = scalar(entry)
        elif field.is_repeated:
            fill(value.add(), depth + 1) if field.type == F.TYPE_MESSAGE else value.append(scalar(field))
        elif field.type == F.TYPE_MESSAGE:
            value.SetInParent()
            fill(value, depth + 1)
        else:
            setattr(message, field.name, scalar(field))


def unknown_in(message):
    found = [f"{message.DESCRIPTOR.full_name} {field.field_number}" for field in unknown_fields.UnknownFieldSet(message)]
    for field, value in message.ListFields():
        if field.type != F.TYPE_MESSAGE:
            continue
        if is_map(field):
            value = [part for part in value.values() if hasattr(part, "DESCRIPTOR")]
        for part in value if field.is_repeated else [value]:
            found += unknown_in(part)
    return found


def request(check):
    message = external_auth_pb2.CheckRequest()
    fill(message)
    http = message.attributes.request.http
    http.method, http.host, http.path = "POST", "api.example:8080", check["path"]
    message.attributes.source.address.socket_address.address = "192.0.2.7"
    http.headers.clear()
    http.headers.update(check.get("headers", {}))
    http.ClearField("header_map")
    for key, value in check.get("header_map", []):
        http.header_map.headers.add(key=key, raw_value=bytes.fromhex(value))
    return message


with grpc.insecure_channel(address) as channel:
    stub = external_auth_pb2_grpc.AuthorizationStub(channel)
    answers = [stub.Check(request(check), timeout=10) for check in json.loads(checks)]

print(json.dumps({
    "fields": sorted(filled),
    "answers": [
        {
            "answer": json_format.MessageToDict(answer, preserving_proto_field_name=True),
            "unknown": unknown_in(answer),
        }
        for answer in answers
    ],
}))
