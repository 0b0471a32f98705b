"""Protobuf modules made by tools/etcd_proto.py; nothing here is written by hand."""
