"""Encodes and decodes field blocks with the library hpack.

Standard input: a JSON list of connections, each a list of blocks. A block has "fields" (name, value, whether it is never
indexed), "tableBytes" (of the encoder, or null) and "changes" (where, from 0 to 1, and the byte that is put there); or
"hex", the bytes as they are. Prints the same with the bytes in "hex" and the decoded "fields", or null for an error.
"""

import json
import sys

from hpack import Decoder, Encoder, HPACKError, HeaderTuple, NeverIndexedHeaderTuple


def encoded(encoder, block):
    if "hex" in block:
        return bytes.fromhex(block["hex"])
    if block["tableBytes"] is not None:
        encoder.header_table_size = block["tableBytes"]
    fields = [
        (NeverIndexedHeaderTuple if never else HeaderTuple)(name.encode("latin-1"), value.encode("latin-1"))
        for name, value, never in block["fields"]
    ]
    data = bytearray(encoder.encode(fields, huffman=block["isHuffman"]))
    for place, byte in block["changes"]:
        if data:
            data[int(place * (len(data) - 1))] = byte
    return bytes(data)


def decoded(decoder, data):
    try:
        return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in decoder.decode(data, raw=True)]
    except HPACKError:
        return None


def answers(blocks):
    encoder, decoder = Encoder(), Decoder(max_header_list_size=1 << 30)
    for block in blocks:
        data = encoded(encoder, block)
        fields = decoded(decoder, data)
        yield {"hex": data.hex(), "fields": fields}
        if fields is None:
            return


json.dump([list(answers(blocks)) for blocks in json.load(sys.stdin)], sys.stdout)
