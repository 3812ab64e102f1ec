"""Access tokens by another implementation (PyJWT), for tests/cli/tokens.t.

jose.py keys KEY.pem                  the JWK Set of its public key
jose.py sign KEY.pem CLAIMS [HEADER]  a token; HEADER's members replace those of the header
jose.py verify KEYS.json TOKEN        the claims of a token, if one of the keys signed it
jose.py raw HEADER CLAIMS [KEY.pem]   a token that no library would make; without KEY an empty signature
"""
import base64
import hashlib
import json
import sys

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def private(path):
    with open(path, 'rb') as file:
        return serialization.load_pem_private_key(file.read(), None)


def jwk(path):
    numbers = private(path).public_key().public_numbers()
    key = {'crv': 'P-256', 'kty': 'EC', 'x': encoded(numbers.x.to_bytes(32, 'big')),
           'y': encoded(numbers.y.to_bytes(32, 'big'))}
    canonical = json.dumps(key, separators=(',', ':'), sort_keys=True).encode()
    return key | {'kid': encoded(hashlib.sha256(canonical).digest())}


def raw(header, claims, path=None):
    text = encoded(header.encode()) + '.' + encoded(claims.encode())
    if not path:
        return text + '.'
    r, s = utils.decode_dss_signature(private(path).sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return text + '.' + encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))


def main(what, *rest):
    if what == 'keys':
        print(json.dumps({'keys': [jwk(path) for path in rest]}))
    elif what == 'sign':
        header = {'kid': jwk(rest[0])['kid']} | json.loads(rest[2] if len(rest) > 2 else '{}')
        algorithm = header.pop('alg', 'ES256')
        key = private(rest[0]) if algorithm.startswith('ES') else 'secret' if algorithm != 'none' else None
        print(jwt.encode(json.loads(rest[1]), key, algorithm, header))
    elif what == 'verify':
        with open(rest[0], encoding='utf-8') as file:
            keys = jwt.PyJWKSet.from_dict(json.load(file)).keys
        kid = jwt.get_unverified_header(rest[1])['kid']
        key = next(key for key in keys if key.key_id == kid)
        print(json.dumps(jwt.decode(rest[1], key.key, ['ES256'], options={'verify_aud': False})))
    else:
        print(raw(*rest))


main(*sys.argv[1:])
