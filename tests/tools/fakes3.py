#!/usr/bin/env python3
"""A small strict S3 on loopback, in memory: it verifies the signature of every request itself.

fakes3.py [--trace FILE]   prints "listening on 127.0.0.1:PORT"

Keys: key "testkey" secret "testsecret"; "temp" / "tempsecret" needs the token "token"; "old" has expired; region us-east-1.
POST /_faults with JSON changes how it behaves from then on, and answers {"requests": {method: count}, "bad": [...]}:
  slow: N       the next N requests are refused with SlowDown
  truncate: N   the bodies of the next N GETs of objects break off
  skew: S       its clock is S seconds ahead
  conditions: "quoted" | "bare" (as Ceph) | "none" (501) | "ignored"
  page: N       keys in a page of a list
  lose: N       the next N PUTs are done, and their answers lost
  die: PATTERN  every PUT of a key with this in it closes the connection, undone
  status: {"METHOD PATTERN": [N, TIMES]}  so many requests for a key with this in it are answered with N, undone
  meanwhile: {"at": PATTERN, "from": PREFIX, "to": PREFIX}  once, before an object with this in its key is read, somebody copies all
                objects, a minute younger than they are
  circle: true  lists have no end
  hold: "METHOD PATTERN"  requests for a key with this in it wait until this is another; the answer's `held` says how many do
The answer's `bad` are requests that were not signed or not signed right.
"""
import hashlib
import hmac
import json
import socket
import sys
import threading
import time
import urllib.parse
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

SECRETS = {'testkey': 'testsecret', 'temp': 'tempsecret', 'old': 'oldsecret'}
REGION = 'us-east-1'
lock = threading.Lock()
changed = threading.Condition(lock)  # of faults
held = 0
buckets = {'music': {}}
faults = {'slow': 0, 'truncate': 0, 'skew': 0, 'conditions': 'quoted', 'page': 1000, 'lose': 0, 'die': '',
          'status': {}, 'meanwhile': None, 'circle': False, 'hold': ''}
counts = {}
bad = []


def sign(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Refused(Exception):
    def __init__(self, status, code, message=''):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


def quoted(text, keep=''):
    return urllib.parse.quote(text, safe='-._~' + keep)


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return formatdate((timestamp or time.time()) + faults['skew'], usegmt=True)

    def answer(self, status, body=b'', fields=(), cut=False):
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header('Content-Length', str(len(body)))
        self.send_header('x-amz-request-id', 'fake')
        self.end_headers()
        if self.command != 'HEAD' and status not in (204, 304):
            self.wfile.write(body[:len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True

    def refuse(self, refused):
        body = (f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{refused.code}</Code>'
                f'<Message>{escape(refused.message)}</Message><RequestId>fake</RequestId></Error>').encode()
        self.answer(refused.status, body, [('Content-Type', 'application/xml')])

    def verify(self, path, query, body):
        said = self.headers.get('Authorization', '')
        if not said.startswith('AWS4-HMAC-SHA256 '):
            raise Refused(403, 'AccessDenied', 'anonymous')
        parts = dict(p.strip().split('=', 1) for p in said[len('AWS4-HMAC-SHA256 '):].split(','))
        key, date, region, service, end = parts['Credential'].split('/')
        if key not in SECRETS:
            raise Refused(403, 'InvalidAccessKeyId')
        if (service, end) != ('s3', 'aws4_request') or region != REGION:
            raise Refused(400, 'AuthorizationHeaderMalformed', f'the region is {REGION}')
        stamp = self.headers['x-amz-date']
        if abs(time.time() + faults['skew'] - time.mktime(time.strptime(stamp, '%Y%m%dT%H%M%SZ')) + time.timezone) > 900:
            raise Refused(403, 'RequestTimeTooSkewed')
        signed = parts['SignedHeaders'].split(';')
        if signed != sorted(signed) or not {'host', 'x-amz-date', 'x-amz-content-sha256'} <= set(signed):
            raise Refused(403, 'AccessDenied', 'headers that must be signed are not')
        # what changes the meaning of a request must be signed
        for name in self.headers.keys():
            low = name.lower()
            if (low.startswith('x-amz-') or low in ('range', 'content-type') or low.startswith('if-')) and low not in signed:
                raise Refused(403, 'AccessDenied', f'{name} is not signed')
        payload = self.headers['x-amz-content-sha256']
        if payload != 'UNSIGNED-PAYLOAD' and payload != hashlib.sha256(body).hexdigest():
            raise Refused(400, 'XAmzContentSHA256Mismatch')
        # as the server reads it: decoded, and encoded once in the one right way
        items = [tuple(urllib.parse.unquote(x) for x in (i.split('=', 1) + [''])[:2]) for i in query.split('&') if i]
        canonical = '\n'.join([
            self.command, quoted(urllib.parse.unquote(path), '/'),
            '&'.join(f'{n}={v}' for n, v in sorted((quoted(n), quoted(v)) for n, v in items)),
            *(f'{n}:{" ".join(self.headers[n].split())}' for n in signed), '', ';'.join(signed), payload])
        scope = f'{date}/{region}/s3/aws4_request'
        text = '\n'.join(['AWS4-HMAC-SHA256', stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        at = ('AWS4' + SECRETS[key]).encode()
        for part in (date, region, 's3', 'aws4_request'):
            at = sign(at, part)
        if not hmac.compare_digest(sign(at, text).hex(), parts['Signature']):
            raise Refused(403, 'SignatureDoesNotMatch', canonical)
        if key == 'old':
            raise Refused(400, 'ExpiredToken')
        if key == 'temp' and self.headers.get('x-amz-security-token') != 'token':
            raise Refused(403, 'InvalidToken')
        return dict(items)

    def wait_for_release(self, key):
        global held

        def is_meant():
            method, _, pattern = faults['hold'].partition(' ')
            return method == self.command and pattern in key
        with changed:
            held += 1
            changed.wait_for(lambda: not is_meant())
            held -= 1

    def handle_one(self):
        length = int(self.headers.get('Content-Length') or 0)
        if self.headers.get('Transfer-Encoding'):
            raise Refused(411, 'MissingContentLength')
        body = self.rfile.read(length)
        path, _, query = self.path.partition('?')
        if path == '/_faults':
            with lock:
                faults.update(json.loads(body or b'{}'))
                changed.notify_all()
                said = json.dumps({'requests': counts, 'bad': bad, 'held': held,
                                   'keys': {b: sorted(k) for b, k in buckets.items()}}).encode()
            return self.answer(200, said)
        with lock:
            counts[self.command] = counts.get(self.command, 0) + 1
        try:
            items = self.verify(path, query, body)
        except Refused as refused:
            with lock:
                bad.append(f'{self.command} {self.path} {refused.code} {refused.message}')
            raise
        with lock:
            if faults['slow'] > 0:
                faults['slow'] -= 1
                raise Refused(503, 'SlowDown', 'Please reduce your request rate.')
        _, bucket, *rest = urllib.parse.unquote(path).split('/', 2)
        key = rest[0] if rest else ''
        if bucket not in buckets:
            raise Refused(404, 'NoSuchBucket')
        if not key:
            return self.list(buckets[bucket], items)
        self.wait_for_release(key)
        for wanted, fault in faults['status'].items():
            method, pattern = wanted.split(' ')
            if method == self.command and pattern in key and fault[1] > 0:
                status, fault[1] = fault[0], fault[1] - 1
                if status < 400:
                    return self.answer(status, b'elsewhere', [('Location', 'http://127.0.0.1:1/')])
                raise Refused(status, 'OperationAborted' if status == 409 else 'Fault')
        with lock:
            copy = faults['meanwhile']
            if copy and self.command == 'GET' and copy['at'] in key:
                faults['meanwhile'] = None
                for old in [k for k in buckets[bucket] if k.startswith(copy['from'])]:
                    body, tag, when, fields = buckets[bucket][old]
                    buckets[bucket][copy['to'] + old[len(copy['from']):]] = (body, tag, when + 60, fields)
        return getattr(self, self.command.lower())(buckets[bucket], key, body)

    def matches(self, name, tag, bare):
        value = self.headers.get(name)
        if value is None:
            return None
        return value == '*' or value in ([tag.strip('"')] if bare else [tag])

    def get(self, objects, key, _):
        with lock:
            found = objects.get(key)
        if not found:
            raise Refused(404, 'NoSuchKey')
        body, tag, when, fields = found
        about = [('ETag', tag), ('Last-Modified', formatdate(when, usegmt=True)), ('Accept-Ranges', 'bytes'), *fields]
        if self.matches('If-None-Match', tag, False):
            return self.answer(304, b'', about)
        if self.matches('If-Match', tag, False) is False:
            raise Refused(412, 'PreconditionFailed')
        cut = False
        with lock:
            if self.command == 'GET' and faults['truncate'] > 0 and key.endswith('.ogg'):
                faults['truncate'] -= 1
                cut = True
        wanted = self.headers.get('Range')
        if wanted:
            first, last = wanted[len('bytes='):].split('-')
            begin, end = int(first), min(int(last) if last else len(body) - 1, len(body) - 1)
            if begin >= len(body):
                raise Refused(416, 'InvalidRange')
            about.append(('Content-Range', f'bytes {begin}-{end}/{len(body)}'))
            return self.answer(206, body[begin:end + 1], about, cut)
        return self.answer(200, body, about, cut)

    head = get

    def put(self, objects, key, body):
        if faults['die'] and faults['die'] in key:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return None
        how = faults['conditions']
        conditional = 'If-Match' in self.headers or 'If-None-Match' in self.headers
        if conditional and how == 'none':
            raise Refused(501, 'NotImplemented')
        with lock:
            there = objects.get(key)
            if how != 'ignored':
                if self.headers.get('If-None-Match') == '*' and there:
                    raise Refused(412, 'PreconditionFailed')
                if 'If-Match' in self.headers and not there:
                    raise Refused(404, 'NoSuchKey')
                if there and self.matches('If-Match', there[1], how == 'bare') is False:
                    raise Refused(412, 'PreconditionFailed')
            tag = f'"{hashlib.md5(body).hexdigest()}"'
            fields = [(n, self.headers[n]) for n in ('Content-Type', 'Cache-Control') if n in self.headers]
            objects[key] = (body, tag, time.time() + faults['skew'], fields)
            lost = faults['lose'] > 0
            faults['lose'] -= lost
        if lost:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return None
        return self.answer(200, b'', [('ETag', tag)])

    def delete(self, objects, key, _):
        with lock:
            objects.pop(key, None)
        return self.answer(204)

    def list(self, objects, items):
        if self.command != 'GET' or items.get('list-type') != '2' or items.get('encoding-type') != 'url':
            raise Refused(405, 'MethodNotAllowed')
        prefix, delimiter = items.get('prefix', ''), items.get('delimiter', '')
        after = items.get('continuation-token', '')
        rows, seen, more, last = [], set(), False, ''
        with lock:
            keys = sorted(k for k in objects if k.startswith(prefix))
            for key in keys:
                name = key
                if delimiter and delimiter in key[len(prefix):]:
                    name = prefix + key[len(prefix):].split(delimiter)[0] + delimiter
                if name in seen or (after and (name <= after or key <= after)):
                    continue
                if len(seen) >= min(faults['page'], int(items.get('max-keys', 1000))):
                    more = True
                    break
                seen.add(name)
                last = name
                if name != key:
                    rows.append(f'<CommonPrefixes><Prefix>{quoted(name, "/")}</Prefix></CommonPrefixes>')
                    continue
                body, tag, when, _ = objects[key]
                stamp = time.strftime('%Y-%m-%dT%H:%M:%S.000Z', time.gmtime(when))
                rows.append(f'<Contents><Key>{quoted(key, "/")}</Key><LastModified>{stamp}</LastModified>'
                            f'<ETag>{tag.replace(chr(34), "&quot;")}</ETag><Size>{len(body)}</Size>'
                            '<StorageClass>STANDARD</StorageClass><Owner><ID>1</ID><DisplayName>J&#246;rg &amp; Co'
                            '</DisplayName></Owner></Contents>')
        if faults['circle'] and not delimiter:  # two pages again and again
            more, last = True, prefix if after > prefix else prefix + '~'
        token = f'<NextContinuationToken>{escape(last)}</NextContinuationToken>' if more else ''
        xml = ('<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
               f'<Name>music</Name><IsTruncated>{str(more).lower()}</IsTruncated>{token}{"".join(rows)}</ListBucketResult>')
        return self.answer(200, xml.encode(), [('Content-Type', 'application/xml')])

    def serve(self):
        try:
            self.handle_one()
        except Refused as refused:
            self.refuse(refused)

    do_GET = do_HEAD = do_PUT = do_DELETE = do_POST = serve


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass


server = Server(('127.0.0.1', 0), Handler)
print(f'listening on 127.0.0.1:{server.server_address[1]}', flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    sys.exit(0)
