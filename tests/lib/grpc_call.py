#!/usr/bin/python3
"""One unary gRPC call by the real library: grpc_call.py HOST:PORT /service/method [--ca FILE] [--cert FILE --key FILE]

The request is standard input (protobuf), the answer goes to standard output. Without --ca the call is plain HTTP/2.
Ends with 1 and the status on standard error when the server says no."""
import argparse
import sys

import grpc


def read(path):
    return open(path, "rb").read() if path else None


def main():
    p = argparse.ArgumentParser()
    p.add_argument("target")
    p.add_argument("method")
    p.add_argument("--ca")
    p.add_argument("--cert")
    p.add_argument("--key")
    o = p.parse_args()
    if o.ca:
        creds = grpc.ssl_channel_credentials(read(o.ca), read(o.key), read(o.cert))
        channel = grpc.secure_channel(o.target, creds)
    else:
        channel = grpc.insecure_channel(o.target)
    call = channel.unary_unary(o.method, request_serializer=bytes, response_deserializer=bytes)
    try:
        sys.stdout.buffer.write(call(sys.stdin.buffer.read(), timeout=20, wait_for_ready=True))
    except grpc.RpcError as e:
        print(e.code(), e.details(), file=sys.stderr)
        return 1
    return 0


sys.exit(main())
