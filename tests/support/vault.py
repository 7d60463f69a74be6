# SPDX-License-Identifier: Apache-2.0
"""The encrypted credentials file, read and written a second time: from docs/VAULT-FORMAT.md alone,
with nothing of the program's, so that both can be wrong only together with the document.

    vault = Vault()
    vault.add("https://loom.example.com", {"type": "api", "key": "lt_..."})
    vault.write(config_folder, data_folder)
    stored = read(config_folder, data_folder)     # {origin: plaintext object}
"""
import base64
import hashlib
import hmac
import json
import os
import re
import struct

PAD = 256

# ---- AES-256-GCM (FIPS 197, NIST SP 800-38D): slow, short, and not the program's ----


def _build_box():
    box, p, q = [0] * 256, 1, 1
    while True:
        p ^= (p << 1 & 0xff) ^ (0x1b if p & 0x80 else 0)
        for shift in (1, 2, 4):
            q ^= q << shift & 0xff
        q ^= 0x09 if q & 0x80 else 0
        rotated = q
        for shift in (1, 2, 3, 4):
            rotated ^= (q << shift | q >> 8 - shift) & 0xff
        box[p] = rotated ^ 0x63
        if p == 1:
            box[0] = 0x63
            return box


BOX = _build_box()


def _double(byte):
    return (byte << 1 ^ (0x1b if byte & 0x80 else 0)) & 0xff


def _expand(key):
    words = [list(key[at:at + 4]) for at in range(0, 32, 4)]
    round_constant = 1
    for at in range(8, 60):
        word = list(words[-1])
        if at % 8 == 0:
            word = [BOX[byte] for byte in word[1:] + word[:1]]
            word[0] ^= round_constant
            round_constant = _double(round_constant)
        elif at % 8 == 4:
            word = [BOX[byte] for byte in word]
        words.append([a ^ b for a, b in zip(words[at - 8], word)])
    return [sum(words[at:at + 4], []) for at in range(0, 60, 4)]


def _encrypt_block(keys, block):
    state = [a ^ b for a, b in zip(block, keys[0])]
    for number, key in enumerate(keys[1:], 1):
        state = [BOX[state[(at + 4 * (at % 4)) % 16]] for at in range(16)]
        if number < 14:
            mixed = []
            for at in range(0, 16, 4):
                column = state[at:at + 4]
                every = column[0] ^ column[1] ^ column[2] ^ column[3]
                mixed += [column[i] ^ every ^ _double(column[i] ^ column[(i + 1) % 4])
                          for i in range(4)]
            state = mixed
        state = [a ^ b for a, b in zip(state, key)]
    return bytes(state)


def _multiply(x, y):
    z = 0
    for bit in range(127, -1, -1):
        if x >> bit & 1:
            z ^= y
        y = y >> 1 ^ (0xe1 << 120 if y & 1 else 0)
    return z


def _gcm(key, nonce, text, aad, is_sealed):
    keys = _expand(key)
    secret = int.from_bytes(_encrypt_block(keys, bytes(16)), "big")
    out = bytearray()
    for at in range(0, len(text), 16):
        stream = _encrypt_block(keys, nonce + struct.pack(">I", at // 16 + 2))
        out += bytes(a ^ b for a, b in zip(text[at:at + 16], stream))
    ciphertext = text if is_sealed else bytes(out)
    hashed = 0
    for part in (aad, ciphertext):
        part = part + bytes(-len(part) % 16)
        for at in range(0, len(part), 16):
            hashed = _multiply(hashed ^ int.from_bytes(part[at:at + 16], "big"), secret)
    lengths = struct.pack(">QQ", len(aad) * 8, len(ciphertext) * 8)
    hashed = _multiply(hashed ^ int.from_bytes(lengths, "big"), secret)
    mask = _encrypt_block(keys, nonce + b"\0\0\0\1")
    return bytes(out), bytes(a ^ b for a, b in zip(hashed.to_bytes(16, "big"), mask))


def seal(key, nonce, aad, plain):
    ciphertext, tag = _gcm(key, nonce, plain, aad, False)
    return ciphertext + tag


def open_sealed(key, nonce, aad, sealed):
    plain, tag = _gcm(key, nonce, sealed[:-16], aad, True)
    if not hmac.compare_digest(tag, sealed[-16:]):
        raise AssertionError("the record does not open")
    return plain


# ---- The format ----


def _hmac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def key_id(root):
    return _hmac(root, b"loom/v1/key-id")[:8]


def hkdf(key, salt, info):
    return _hmac(_hmac(salt, key), info + b"\1")


def lp(data):
    return struct.pack(">I", len(data)) + data


def b64(data):
    return base64.b64encode(data).decode()


def server_key(origin):
    return re.sub("[^A-Za-z0-9]", "_", origin)


def suffixed_key(origin):
    return f"{server_key(origin)}--{hashlib.sha256(origin.encode()).hexdigest()[:10]}"


def refused_hash(token):
    return hashlib.sha256(b"loom/v1/refused\0" + token.encode()).hexdigest()[:16]


def _record(root, file_id, key_id, map_key, entry):
    aad = b"loom/v1/aad\0" + lp(file_id) + lp(key_id) + lp(map_key.encode()) + lp(
        entry["origin"].encode())
    info = b"loom/v1/record" + hashlib.sha256(aad).digest()
    return hkdf(root, base64.b64decode(entry["salt"]), info), aad


def _mac(root, tree, file_id, key_id):
    data = b"loom/v1/mac-input\0" + struct.pack(">IQ", tree["version"], tree["generation"])
    data += lp(file_id) + lp(tree["key"]["kind"].encode()) + lp(key_id)
    data += struct.pack(">I", len(tree["entries"]))
    for map_key, entry in sorted(tree["entries"].items(), key=lambda pair: pair[0].encode()):
        data += lp(map_key.encode()) + lp(entry["origin"].encode())
        for name in ("salt", "nonce", "ct"):
            data += lp(base64.b64decode(entry[name]))
    return _hmac(hkdf(root, file_id, b"loom/v1/mac"), data)


class Vault:
    """A file in the making."""

    def __init__(self):
        self.root = os.urandom(32)
        self.file_id = os.urandom(16)
        self.key_id = key_id(self.root)
        self.entries = {}

    def add(self, origin, credential, map_key=None):
        """`credential` is the plaintext object, without the members that can be known here."""
        map_key = map_key or server_key(origin)
        entry = {"origin": origin, "salt": b64(os.urandom(32)), "nonce": b64(os.urandom(12))}
        text = json.dumps({"server": origin, **credential}).encode()
        text += b" " * (-len(text) % PAD)
        key, aad = _record(self.root, self.file_id, self.key_id, map_key, entry)
        entry["ct"] = b64(seal(key, base64.b64decode(entry["nonce"]), aad, text))
        self.entries[map_key] = entry

    def tree(self):
        tree = {"format": "loom-credentials", "version": 1, "file_id": b64(self.file_id),
                "generation": 1, "key": {"kind": "keyfile", "id": b64(self.key_id)},
                "entries": self.entries}
        tree["mac"] = b64(_mac(self.root, tree, self.file_id, self.key_id))
        return tree

    def key_file(self):
        head = b"LOOMKEY1" + self.root
        return head + hashlib.sha256(head).digest()[:8]

    def write(self, config, data):
        _place(config, "credentials.json", json.dumps(self.tree()).encode())
        _place(data, "vault.key", self.key_file())


def _place(folder, name, content):
    os.makedirs(folder, exist_ok=True)
    os.chmod(folder, 0o700)
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, 0o600)


def read(config, data):
    """All that is stored, {origin: plaintext object}; {} when there is no file. An import whose
    origin nobody has named yet stands under its map key."""
    path = os.path.join(config, "credentials.json")
    if not os.path.exists(path):
        return {}
    with open(path) as file:
        tree = json.load(file)
    with open(os.path.join(data, "vault.key"), "rb") as file:
        key_file = file.read()
    assert len(key_file) == 48 and key_file[:8] == b"LOOMKEY1", key_file[:8]
    assert hashlib.sha256(key_file[:40]).digest()[:8] == key_file[40:]
    root = key_file[8:40]
    file_id, own_key_id = (base64.b64decode(tree["file_id"]), base64.b64decode(tree["key"]["id"]))
    assert own_key_id == key_id(root)
    assert base64.b64decode(tree["mac"]) == _mac(root, tree, file_id, own_key_id), "the mac is wrong"
    stored = {}
    for map_key, entry in tree["entries"].items():
        origin = entry["origin"]
        assert origin == "" or map_key in (server_key(origin), suffixed_key(origin)), map_key
        key, aad = _record(root, file_id, own_key_id, map_key, entry)
        sealed = base64.b64decode(entry["ct"])
        assert (len(sealed) - 16) % PAD == 0, len(sealed)
        plain = json.loads(open_sealed(key, base64.b64decode(entry["nonce"]), aad, sealed))
        assert plain["server"] == origin
        stored[origin or map_key] = plain
    return stored


def root_key(data):
    """The 32 secret bytes of the key file, or None."""
    path = os.path.join(data, "vault.key")
    if not os.path.exists(path):
        return None
    with open(path, "rb") as file:
        return file.read()[8:40]
