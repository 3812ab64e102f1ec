#!/usr/bin/env python3
"""TLS clients that misbehave, for tests/cli/tls.t: tls.py CASE PORT CA [ARGUMENTS]. Prints a line for each check, "ok NAME" or
"not ok NAME"; exits 0 when all are ok."""
import os
import resource
import socket
import ssl
import struct
import sys
import threading
import time

case, port, ca = sys.argv[1], int(sys.argv[2]), sys.argv[3]
arguments = sys.argv[4:]
failed = 0
patience = 60


def say(name, good, why=''):
    global failed
    failed += not good
    print(('ok ' if good else 'not ok ') + name + (f' # {why}' if why and not good else ''), flush=True)


def connect(buffer=None):
    s = socket.socket()
    if buffer:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    s.settimeout(patience)
    s.connect(('127.0.0.1', port))
    return s


def context(**kw):
    c = ssl.create_default_context(cafile=ca)
    for key, value in kw.items():
        setattr(c, key, value)
    return c


def wrap(s, c=None):
    return (c or context()).wrap_socket(s, server_hostname='localhost')


def ask(s, target, extra='', method='GET'):
    s.sendall(f'{method} {target} HTTP/1.1\r\nHost: localhost\r\n{extra}\r\n'.encode())


def response(s, head_only=False):
    """(status, body) of one response with a Content-Length."""
    data = b''
    while b'\r\n\r\n' not in data:
        more = s.recv(65536)
        if not more:
            raise EOFError('no whole head')
        data += more
    head, body = data.split(b'\r\n\r\n', 1)
    length = 0
    for line in head.split(b'\r\n')[1:]:
        name, value = line.split(b':', 1)
        if name.lower() == b'content-length':
            length = int(value)
    while len(body) < length and not head_only:
        more = s.recv(65536)
        if not more:
            raise EOFError(f'{len(body)} of {length} bytes')
        body += more
    return int(head.split()[1]), body


def answers(name):
    try:
        s = wrap(connect())
        ask(s, '/healthz')
        status, _ = response(s)
        s.close()
        say(name, status == 200, f'status {status}')
    except OSError as e:
        say(name, False, e)


class Memory:
    """A client whose records can be changed on their way."""

    def __init__(self, c=None):
        self.socket = connect()
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = (c or context()).wrap_bio(self.incoming, self.outgoing, server_hostname='localhost')

    def shake(self):
        while True:
            try:
                self.tls.do_handshake()
                self.socket.sendall(self.outgoing.read())
                return self
            except ssl.SSLWantReadError:
                self.socket.sendall(self.outgoing.read())
                data = self.socket.recv(65536)
                if not data:
                    raise EOFError('closed within the handshake')
                self.incoming.write(data)

    def sealed(self, plain):
        self.tls.write(plain)
        return self.outgoing.read()

    def end(self):
        """What ends the connection: 'closed', an alert's reason, or 'reset'."""
        try:
            while True:
                data = self.socket.recv(65536)
                if not data:
                    return 'closed'
                self.incoming.write(data)
                while True:
                    try:
                        if not self.tls.read(65536):
                            return 'closed'
                    except ssl.SSLWantReadError:
                        break
        except ssl.SSLError as e:
            return e.reason or str(e)
        except ConnectionResetError:
            return 'reset'


def bad():
    """Records that are none, changed, too long, or of other kinds."""
    request = b'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        c = context(minimum_version=version, maximum_version=version)
        m = Memory(c).shake()
        record = bytearray(m.sealed(request))
        record[-1] ^= 1
        m.socket.sendall(record)
        end = m.end()
        say(f'{version.name}: a record that was changed on its way ends the connection with an alert', 'BAD_RECORD_MAC' in end, end)
        m = Memory(c).shake()
        m.socket.sendall(b'\x17\x03\x03\xff\xff' + bytes(100))
        end = m.end()
        say(f'{version.name}: a record longer than a record can be', 'OVERFLOW' in end or 'closed' in end, end)
        m = Memory(c).shake()
        m.socket.sendall(b'\x99\x03\x03\x00\x05hello')
        end = m.end()
        say(f'{version.name}: a record of no kind', end != 'reset', end)
        m = Memory(c).shake()
        whole = m.sealed(request)
        for i in range(len(whole)):
            m.socket.sendall(whole[i:i + 1])
        m.incoming.write(m.socket.recv(65536))
        while True:
            try:
                got = m.tls.read(65536)
                break
            except ssl.SSLWantReadError:
                m.incoming.write(m.socket.recv(65536))
        say(f'{version.name}: a request that comes byte by byte', got.startswith(b'HTTP/1.1 200'), got[:40])
    for name, data in (('zeros', bytes(1000)), ('a hello cut short', b'\x16\x03\x01\x00\xc8\x01\x00\x00\xc4' + bytes(20)),
                       ('a hello that claims 16 MB', b'\x16\x03\x01\x40\x00\x01\xff\xff\xff' + bytes(16379)),
                       ('SSL 2', b'\x80\x2e\x01\x00\x02' + bytes(43)), ('an alert', b'\x15\x03\x01\x00\x02\x02\x28')):
        s = connect()
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        try:
            while s.recv(65536):
                pass
            end = True
        except ConnectionResetError:
            end = True
        except socket.timeout:
            end = False
        say(f'instead of a hello: {name}', end)
    answers('others are answered')


def plain():
    s = connect()
    ask(s, '/healthz')
    status, body = response(s)
    say('plain HTTP gets 400 in the clear, with a reason', status == 400 and b'https' in body, body)


def slow():
    """A handshake byte by byte, and one that says nothing, are closed after ten seconds; others are not kept waiting."""
    hello = ssl.MemoryBIO()
    tls = context().wrap_bio(ssl.MemoryBIO(), hello, server_hostname='localhost')
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    data = hello.read()
    silent, dribbling = connect(), connect()
    began, i = time.monotonic(), 0
    dribbling.settimeout(0.5)
    ended = False
    while not ended and time.monotonic() - began < patience:
        try:
            dribbling.sendall(data[i:i + 1])
            i += 1
            ended = not dribbling.recv(100)
        except socket.timeout:
            pass
        except OSError:
            ended = True
    say('a handshake byte by byte is ended', ended and i < len(data), f'after {time.monotonic() - began:.0f} s')
    try:
        say('one that says nothing is ended', not silent.recv(100))
    except OSError as e:
        say('one that says nothing is ended', isinstance(e, ConnectionResetError), e)
    answers('others are answered')


def halves():
    """Many handshakes that are begun and not finished: a client that was there before is still answered, and so is a new one."""
    count = int(arguments[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(count, hard - 100)
    before = wrap(connect())
    ask(before, '/healthz')
    response(before)
    hello = b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + bytes(100)
    halves = []
    for i in range(count):
        s = connect()
        try:
            s.sendall(hello)
        except OSError:
            pass
        halves.append(s)
    ask(before, '/healthz')
    status, _ = response(before)
    say(f'{count} half-open handshakes: a client that was there is answered', status == 200, status)
    answers(f'{count} half-open handshakes: a new client is answered')
    def open_ones():
        alive = 0
        for s in halves:
            s.setblocking(False)
            try:
                s.recv(1)
            except BlockingIOError:
                alive += 1
            except OSError:
                pass
        return alive

    # a worker may still have thousands in the queue of its socket, which look open from here
    until = time.monotonic() + 120
    while (alive := open_ones()) > int(arguments[1]) and time.monotonic() < until:
        time.sleep(0.1)
    say('no more of them are open than the server says', alive <= int(arguments[1]), f'{alive} are open')


def reader():
    """A client that reads slowly gets each byte, and the others are not kept waiting."""
    target, want = arguments[0], open(arguments[1], 'rb').read()
    s = wrap(connect(4096))
    for _ in range(3):
        ask(s, target)
    answers('others are answered meanwhile')
    same = True
    for _ in range(3):
        data = b''
        while b'\r\n\r\n' not in data:
            data += s.recv(1)
        body = b''
        while len(body) < len(want):
            more = s.recv(min(1000, len(want) - len(body)))
            if not more:
                break
            body += more
        same = same and body == want
    say('three responses to a slow reader, asked for at once', same)
    s.close()


def semantics():
    """What TLS must not change in HTTP."""
    target, want = arguments[0], open(arguments[1], 'rb').read()
    s = wrap(connect())
    ask(s, target, method='HEAD')
    status, _ = response(s, head_only=True)
    ask(s, target, 'Range: bytes=100-199\r\n')
    part = response(s)
    say('HEAD and Range on one connection', status == 200 and part == (206, want[100:200]), part)
    s.sendall(b''.join(f'GET {target}?{i} HTTP/1.1\r\nHost: localhost\r\nRange: bytes={i}-{i + 20000}\r\n\r\n'.encode() for i in range(20)))
    buffer, good = b'', True
    for i in range(20):
        while b'\r\n\r\n' not in buffer:
            buffer += s.recv(65536)
        buffer = buffer.split(b'\r\n\r\n', 1)[1]
        while len(buffer) < 20001:
            buffer += s.recv(65536)
        good = good and buffer[:20001] == want[i:i + 20001]
        buffer = buffer[20001:]
    say('twenty pipelined requests', good and not buffer)
    s.sendall(f'GET {target} HTTP/1.0\r\n\r\n'.encode())
    data = b''
    try:
        while True:
            more = s.recv(65536)
            if not more:
                break
            data += more
        say('HTTP/1.0: the end is said within TLS', data.endswith(want))
    except ssl.SSLError as e:
        say('HTTP/1.0: the end is said within TLS', False, e)
    m = Memory().shake()
    m.socket.sendall(m.sealed(f'GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n'.encode()))
    try:
        m.tls.unwrap()
    except ssl.SSLError:
        pass
    m.socket.sendall(m.outgoing.read())
    got = 0
    while True:
        data = m.socket.recv(65536)
        if not data:
            break
        got += len(data)
    say('a client that has said within TLS that it sends no more is answered, and then closed', got > len(want), got)
    s = wrap(connect())
    body = b'x' * 200000
    ask(s, '/nowhere', f'Content-Length: {len(body)}\r\nExpect: 100-continue\r\n', 'POST')
    first = s.recv(100)
    if first.startswith(b'HTTP/1.1 100'):
        s.sendall(body)
        first = s.recv(65536)
    say('a body after 100 Continue', first.split()[1:2] in ([b'404'], [b'405']), first[:60])
    s = connect()
    s.sendall(b'PROXY TCP4 192.0.2.7 192.0.2.8 1234 443\r\n')
    t = wrap(s)
    ask(t, '/healthz')
    say('the PROXY protocol before TLS', response(t)[0] == 200)


def load():
    """Requests on kept and new connections while the server reads its certificates again: each succeeds. Ends at a file."""
    target, want, stop = arguments[0], open(arguments[1], 'rb').read(), arguments[2]
    bad, done = [], [0]

    def run(kept):
        # either certificate may be shown; which one is checked elsewhere
        c = ssl.create_default_context()
        c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
        s = wrap(connect(), c)
        while not os.path.exists(stop):
            try:
                if not kept:
                    s.close()
                    s = wrap(connect(), c)
                ask(s, target)
                status, body = response(s)
                if status != 200 or body != want:
                    bad.append(f'{status}, {len(body)} bytes')
                done[0] += 1
                if done[0] == 20:
                    print('# begun', flush=True)
            except (OSError, EOFError) as e:
                bad.append(str(e))
                return

    threads = [threading.Thread(target=run, args=(i % 2 == 0,)) for i in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    say('none of the requests failed', not bad and done[0] > 20, f'{len(bad)} of {done[0]}: {bad[:3]}')


{'bad': bad, 'plain': plain, 'slow': slow, 'halves': halves, 'reader': reader, 'semantics': semantics, 'load': load}[case]()
sys.exit(1 if failed else 0)
