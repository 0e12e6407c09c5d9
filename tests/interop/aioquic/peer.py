# SPDX-License-Identifier: Apache-2.0
"""A peer that speaks troupe/1 over aioquic, which shares no code with ours.

    peer.py dial HOST:PORT NODE_ID [--loss PERCENT] [--version-first] [--move]
    peer.py listen

Prints events, a JSON object a line, and ends with status 0 if all went well.
It pings and counts the pongs; who dials it is answered.
"""
import argparse
import datetime
import hashlib
import json
import random
import select
import socket
import ssl
import sys
import time

from aioquic.buffer import Buffer
from aioquic.quic import events
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.packet import QuicProtocolVersion, pull_quic_header
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

EXTENSION = x509.ObjectIdentifier('1.3.6.1.4.1.53594.1.1')
PREFIX = b'libp2p-tls-handshake:'
KEY_HEAD = bytes.fromhex('08011220')
CHANNEL = 0x70
PINGS, PING_SIZE = 40, 20_000
# Of no version of QUIC (RFC 9000, 15).
NO_VERSION = 0x1A2A3A4A
PATIENCE = 20


def say(event, **more):
    print(json.dumps({'event': event, **more}), flush=True)


def public_bytes(key):
    return key.public_bytes(serialization.Encoding.DER,
                            serialization.PublicFormat.SubjectPublicKeyInfo)


def id_of(raw):
    return hashlib.sha256(raw).hexdigest()[:40]


class Identity:
    """A node key, and the certificate that it signs (libp2p's TLS)."""

    def __init__(self):
        node = ed25519.Ed25519PrivateKey.generate()
        self.raw = node.public_key().public_bytes_raw()
        self.id = id_of(self.raw)
        self.key = ec.generate_private_key(ec.SECP256R1())
        signature = node.sign(PREFIX + public_bytes(self.key.public_key()))
        signed = (b'\x30\x68\x04\x24' + KEY_HEAD + self.raw + b'\x04\x40' + signature)
        name = x509.Name([x509.NameAttribute(x509.NameOID.SERIAL_NUMBER, '1')])
        now = datetime.datetime.now(datetime.timezone.utc)
        self.certificate = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name)
            .public_key(self.key.public_key()).serial_number(1)
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.UnrecognizedExtension(EXTENSION, signed), critical=False)
            .sign(self.key, hashes.SHA256()))


def proven_id(certificate):
    """The ID of whoever has that certificate; raises if it proves none."""
    value = certificate.extensions.get_extension_for_oid(EXTENSION).value.value
    head = b'\x30\x68\x04\x24' + KEY_HEAD
    assert len(value) == 106 and value.startswith(head) and value[40:42] == b'\x04\x40'
    key = ed25519.Ed25519PublicKey.from_public_bytes(value[8:40])
    key.verify(value[42:], PREFIX + public_bytes(certificate.public_key()))
    return id_of(value[8:40])


def varint(number):
    out = b''
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def take_varint(data):
    """(number, rest), or None if there is less than that."""
    number = 0
    for i, byte in enumerate(data):
        number |= (byte & 127) << 7 * i
        if byte < 128:
            return number, data[i + 1:]
    return None


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def node_info(identity, network):
    versions = b'\x08\x08\x10\x0b'
    other = field(1, b'off')
    return b''.join([field(1, versions), field(2, identity.id.encode()),
                     field(3, b'tcp://127.0.0.1:0'), field(4, network.encode()),
                     field(5, b'aioquic'), field(6, bytes([CHANNEL])),
                     field(7, b'aioquic'), field(8, other)])


class Connection(QuicConnection):
    """Asks clients for certificates, too, which aioquic does not by itself."""

    def _initialize(self, peer_cid):
        super()._initialize(peer_cid)
        if not self._is_client:
            self.tls._request_client_certificate = True


class Peer:
    def __init__(self, options):
        self.options = options
        self.identity = Identity()
        self.random = random.Random(16)
        self.sockets = [self.open_socket()]
        self.inbox = {}
        self.remote_info = None
        self.channel = None
        self.pongs = self.pings = self.dropped = 0
        self.quic = None
        self.to = None

    def open_socket(self):
        result = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        result.setblocking(False)
        result.bind(('127.0.0.1', 0))
        return result

    def configuration(self, is_client):
        result = QuicConfiguration(
            is_client=is_client, alpn_protocols=['troupe/1'],
            certificate=self.identity.certificate, private_key=self.identity.key,
            verify_mode=ssl.CERT_NONE, supported_versions=[QuicProtocolVersion.VERSION_1])
        if self.options.version_first:
            result.supported_versions = [NO_VERSION, QuicProtocolVersion.VERSION_1]
            result.original_version = NO_VERSION
        return result

    def lost(self):
        """Whether the network loses a datagram."""
        if self.random.random() * 100 >= self.options.loss:
            return False
        self.dropped += 1
        return True

    # -- the network ----------------------------------------------------------

    def send(self):
        for data, to in self.quic.datagrams_to_send(time.time()):
            if not self.lost():
                self.sockets[-1].sendto(data, to)

    def run(self, until, limit=PATIENCE):
        """Returns whether `until` came to hold in time."""
        end = time.time() + limit
        while not until():
            now = time.time()
            if now >= end:
                return False
            timer = self.quic.get_timer() if self.quic else None
            wait = min(end, timer or end) - now
            for ready in select.select(self.sockets, [], [], max(0, wait))[0]:
                data, place = ready.recvfrom(2048)
                if not self.lost():
                    self.receive(data, place)
            if self.quic is None:
                continue
            timer = self.quic.get_timer()
            if timer is not None and timer <= time.time():
                self.quic.handle_timer(time.time())
            while (event := self.quic.next_event()) is not None:
                self.handle(event)
            self.send()
        return True

    def receive(self, data, place):
        if self.quic is None:
            header = pull_quic_header(Buffer(data=data), host_cid_length=8)
            self.quic = Connection(
                configuration=self.configuration(False),
                original_destination_connection_id=header.destination_cid)
        self.quic.receive_datagram(data, place, time.time())

    # -- troupe/1 -------------------------------------------------------------

    def handle(self, event):
        if isinstance(event, events.HandshakeCompleted):
            self.greet()
        elif isinstance(event, events.StreamDataReceived):
            self.read(event.stream_id, event.data)
        elif isinstance(event, events.ConnectionTerminated):
            say('ended', code=event.error_code, reason=event.reason_phrase)
            sys.exit(1)

    def greet(self):
        who = proven_id(self.quic.tls._peer_certificate)
        say('proven', peer=who)
        if self.options.id and who != self.options.id:
            sys.exit('another node than expected')
        control = self.quic.get_next_available_stream_id(is_unidirectional=True)
        info = node_info(self.identity, self.options.network)
        self.quic.send_stream_data(control, varint(len(info)) + info)

    def read(self, stream, data):
        first = stream not in self.inbox
        self.inbox[stream] = self.inbox.get(stream, b'') + data
        # The remote's first one is for control; others begin with a channel.
        control = stream in (2, 3)
        if first and not control:
            assert self.inbox[stream][0] == CHANNEL
            self.inbox[stream] = self.inbox[stream][1:]
        while (found := take_varint(self.inbox[stream])) is not None:
            size, rest = found
            if len(rest) < size:
                break
            self.inbox[stream] = rest[size:]
            if not control:
                self.message(rest[:size])
            elif self.remote_info is None:
                self.remote_info = rest[:size]

    def message(self, body):
        if body[0] == 0x0A:
            self.pings += 1
            self.write(b'\x12' + body[1:])
        else:
            self.pongs += 1

    def write(self, message):
        head = b''
        if self.channel is None:
            self.channel = self.quic.get_next_available_stream_id(is_unidirectional=True)
            head = bytes([CHANNEL])
        self.quic.send_stream_data(self.channel, head + varint(len(message)) + message)

    def ping(self, count):
        wanted = self.pongs + count
        for _ in range(count):
            self.write(field(1, field(1, b'x' * PING_SIZE)))
        self.send()
        return self.run(lambda: self.pongs >= wanted)

    # -- what it is for -------------------------------------------------------

    def dial(self):
        host, port = self.options.address.rsplit(':', 1)
        self.quic = Connection(configuration=self.configuration(True))
        self.quic.connect((host, int(port)), now=time.time())
        self.send()
        if not self.run(lambda: self.remote_info is not None):
            sys.exit('no handshake')
        say('greeted', id=self.identity.id, version=hex(self.quic._version),
            negotiated=self.quic._version_negotiated_incompatible)
        if not self.ping(PINGS):
            sys.exit(f'{self.pongs} pongs')
        if self.options.move:
            self.move()
        say('done', pongs=self.pongs, dropped=self.dropped)
        self.quic.close()
        self.send()

    def move(self):
        """Says something from another port: the node must not hear that, and
        must still be there for the old one."""
        self.sockets.append(self.open_socket())
        before = self.pongs
        self.write(field(1, field(1, b'moved')))
        self.send()
        answered = self.run(lambda: self.pongs > before, 2)
        self.sockets.reverse()
        back = self.run(lambda: self.pongs > before)
        say('moved', answered=answered, back=back)
        if answered or not back:
            sys.exit('a node that takes us for moved')

    def listen(self):
        say('listening', id=self.identity.id,
            endpoint='127.0.0.1:%d' % self.sockets[0].getsockname()[1])
        if not self.run(lambda: self.pings >= PINGS):
            sys.exit(f'{self.pings} pings')
        say('done', pings=self.pings, dropped=self.dropped)
        # Until we are killed, as what was lost has to be said again.
        self.run(lambda: False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('role', choices=['dial', 'listen'])
    parser.add_argument('address', nargs='?')
    parser.add_argument('id', nargs='?')
    parser.add_argument('--network', default='troupe-interop')
    parser.add_argument('--loss', type=float, default=0)
    parser.add_argument('--version-first', action='store_true')
    parser.add_argument('--move', action='store_true')
    options = parser.parse_args()
    peer = Peer(options)
    if options.role == 'dial':
        peer.dial()
    else:
        peer.listen()


main()
