#!/usr/bin/env python3
"""Checks a telltale case without telltale: python3 verify.py CASE [KEY [CHECKPOINT]]

Written from format.md and format-1.md. Needs Python 3.11 and, to unpack blobs, the module zstandard or the program
zstd. KEY is the public key to trust, as in key.pub, or ""; CHECKPOINT a file with one of the case's checkpoints, from
elsewhere. Prints what is wrong as "file:line: what"; notes are worth knowing. Ends with 0 if the case holds, 1 if not.
Layers are not taken off again and findings not derived again; index.sqlite is a cache and not looked at.
"""
import base64, decimal, hashlib, hmac, json, os, re, stat, subprocess, sys

MAX_ENTRY, MAX_BLOB, MAX_SMALL, MAX_DEPTH = 64 << 20, 256 << 20, 1 << 20, 100
LOG, ONCE = "log/entries.jsonl", {"begin", "scenario", "plan"}
KINDS = ("begin scenario plan app coverage stage probe receipt flow layer listening isolation visit file torn resume "
         "observations findings end").split()
FIXED = f"format key.pub canary.key {LOG} checkpoint redacted index.sqlite lock".split()
SEALED = "capture/[^/]+|ca/.+|stamps/[^/]+|witness/[^/]+|sources/.+|log/torn-[0-9]+(-[0-9]+)?|report[.][^/]+"
UNSEALED = r"capture/[^/]+\.pcapng|stamps/[0-9]{8,}-[0-9]+\.tsr|witness/[^/]+|log/torn-[0-9]+(-[0-9]+)?"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?Z"
HAN = "山水火木石田土竹米羊牛果花草茶瓜刀弓衣巾舟白青天玉耳豆瓦井泉早禾"
class Wrong(Exception): """What is wrong with the bytes at hand."""
def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()
def unbase64(text, size):
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text or len(raw) != size:
        raise Wrong(f"holds base64 that is not of {size} bytes, or not written as it should be")
    return raw

# Ed25519: RFC 8032, section 5.1. Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, x*y = T/Z.
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
def add(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P
def times(n, point):
    half = times(n >> 1, add(point, point)) if n else (0, 1, 1, 0)
    return add(half, point) if n & 1 else half
def point(raw):
    sign, y = divmod(int.from_bytes(raw, "little"), 2**255)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != square or (x == 0 and sign):
        raise Wrong("is signed with what is no point of the curve")
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P
def signature_holds(key, message, signature):
    s = int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    base = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    a, b = times(s, base), add(point(signature[:32]), times(h, point(key)))
    return s < L and (a[0] * b[2] - b[0] * a[2]) % P == 0 == (a[1] * b[2] - b[1] * a[2]) % P

def open_note(raw, key, kind=1):
    """The text of a note if its one signature is that of key; kind 4 is a witness's, which signs its time too."""
    name, hash_, public = key.split("+", 2)
    public = unbase64(public, 33)
    if public[0] != kind or sha256(name.encode(), b"\n", public)[:4].hex() != hash_:
        raise Wrong("cannot be checked: the key is malformed")
    found = re.fullmatch("(.*\n)\n— ([^ \n]+) ([^ \n]+)\n", raw.decode(), re.DOTALL)
    if not found or found[2] != name:
        raise Wrong("is not a note with one signature, that of the key")
    text, signature = found[1].encode(), unbase64(found[3], 68 if kind == 1 else 76)
    message = text if kind == 1 else b"cosignature/v1\ntime %d\n" % int.from_bytes(signature[4:12], "big") + text
    if signature[:4].hex() != hash_ or not signature_holds(public[1:], message, signature[-64:]):
        raise Wrong("is not what was signed")
    return found[1]

def canonical(v):
    """The canonical form of a value, as text."""
    if isinstance(v, dict):
        return "{" + ",".join(canonical(k) + ":" + canonical(x) for k, x in parts(v)) + "}"
    if isinstance(v, list):
        return "[" + ",".join(map(canonical, v)) + "]"
    if not isinstance(v, float) or v == int(v) and abs(v) < 1e21:
        return json.dumps(int(v) if isinstance(v, float) else v, ensure_ascii=False)
    mantissa, _, exponent = repr(v).partition("e")
    return f"{mantissa}e{int(exponent):+}" if exponent and not -7 < int(exponent) < 0 else f"{decimal.Decimal(repr(v)):f}"

def parts(v):
    """Names and values of the parts of a value, in canonical order; a scalar has none."""
    if isinstance(v, dict):
        return sorted(v.items(), key=lambda member: member[0].encode("utf-16-be"))
    return [(str(i), x) for i, x in enumerate(v)] if isinstance(v, list) else []

def commit(v, salt, at="", salts=None):
    """The commitment to a value. Without salt something in it is masked; what is used is taken off salts."""
    if salt is None:
        if is_masked(v):
            return unbase64(v["~masked"]["hash"], 32)
        if at in salts:
            salt = unbase64(salts.pop(at), 16)
        elif not parts(v):
            raise Wrong(f"has no salt for {at!a}")
    elif isinstance(v, dict) and "~masked" in v or isinstance(v, (dict, list)) and at.count("/") >= MAX_DEPTH:
        raise Wrong("has something masked where a salt is given, or too many values within values")
    if not isinstance(v, (dict, list)):
        return sha256(b"\x10", salt, canonical(v).encode())
    hashes = []
    for k, x in parts(v):
        below = at + "/" + k.replace("~", "~0").replace("/", "~1")
        hashes += [sha256(k.encode())] * isinstance(v, dict)
        hashes += [commit(x, salt and sha256(b"\x13", salt, k.encode())[:16], below, salts)]
    return sha256(b"\x12" if isinstance(v, dict) else b"\x11", *hashes)

def is_masked(v):
    return isinstance(v, dict) and list(v) == ["~masked"] and list(v["~masked"]) == ["as", "hash"]
def plain(v):
    """The value as readers take it: aliases in the place of what is masked."""
    if is_masked(v):
        return v["~masked"]["as"]
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items()}
    return [plain(x) for x in v] if isinstance(v, list) else v

def root(leaves):
    """The root of the Merkle tree over some leaves: RFC 6962, section 2.1."""
    if len(leaves) == 1:
        return leaves[0]
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1", root(leaves[:left]), root(leaves[left:]))

def commitment(entry, line):
    if canonical(entry).encode() != line:
        raise Wrong("is not in canonical form")
    rest = {k: entry[k] for k in ("at", "body", "n", "type")}
    salt, salts = entry.get("salt"), dict(entry.get("salts", {}))
    if len(entry) != 5 or (salt is None) != bool(salts):
        raise Wrong("has other members than an entry")
    found = commit(rest, salt and unbase64(salt, 16), "", salts)
    if salts or not is_masked(rest["at"]) and not re.fullmatch(TIME, rest["at"], re.ASCII):
        raise Wrong(f"has a malformed time, or salts for nothing ({len(salts)})")
    return found

def unpack(raw, path):
    """The content of a blob, its armour checked."""
    if raw[-40:] != b"\x50\x2a\x4d\x18\x20\0\0\0" + sha256(raw[:-40]):
        raise Wrong("was changed after it was written")
    try:
        import zstandard
        return zstandard.ZstdDecompressor().stream_reader(raw[:-40]).read(MAX_BLOB)
    except ImportError:
        with subprocess.Popen(["zstd", "-dcq", path], stdout=subprocess.PIPE) as program:
            return program.stdout.read(MAX_BLOB)  # what is longer is not what its name says

class Case:
    def __init__(self, folder, key="", elsewhere=None):
        self.folder, self.key, self.elsewhere, self.problems, self.notes = folder, key, elsewhere, [], []
        self.leaves, self.once, self.probes, self.blobs, self.sealed = [], {}, set(), set(), {}
        walk = (os.path.relpath(os.path.join(d, n), folder) for d, _, names in os.walk(folder) for n in names)
        self.files = {name.replace(os.sep, "/") for name in walk}
        self.numbered = {int(f[12:]): f for f in sorted(self.files) if re.fullmatch("checkpoints/[0-9]{8,}", f)}
        self.due, self.last, self.masked, self.newest = 0, "", False, max(self.numbered, default=0)
    def wrong(self, file, what, line=0):
        self.problems.append(f"{file!a}"[1:-1] + (f":{line}: " if line else ": ") + what)
    def note(self, file, what):
        self.notes.append(f"note: {file!a}: {what}")
    def attempt(self, file, check, *args, line=0):
        try:
            return check(*args)
        except Exception as e:
            self.wrong(file, str(e) if isinstance(e, Wrong) else f"is malformed, or cannot be read ({type(e).__name__})", line)
    def open(self, file):
        path = os.path.join(self.folder, file)
        if file not in self.files or not stat.S_ISREG(os.lstat(path).st_mode):
            raise Wrong("is missing")
        return open(path, "rb")
    def read(self, file, most=MAX_SMALL):
        return self.open(file).read(most)
    def digest(self, file):
        return "sha256:" + hashlib.file_digest(self.open(file), "sha256").hexdigest() if file in self.files else ""
    def verify(self):
        self.version = {b"telltale case 1\n": 1, b"telltale case 2\n": 2}[self.read("format")]
        own = (self.attempt("key.pub", self.read, "key.pub") or b"").decode(errors="replace")
        self.key, self.canary_key = self.key or own[:-1], self.attempt("canary.key", self.read, "canary.key")
        if own != self.key + "\n":
            self.wrong("key.pub", "is cut, or not the key that was asked for")
        self.attempt(LOG, self.log)
        self.attempt("checkpoint", self.checkpoints)
        for file in sorted(self.files.union(self.blobs, self.sealed)):
            self.attempt(file, self.file, file)
    def log(self):
        with self.open(LOG) as f:
            for n, line in enumerate(iter(lambda: f.readline(MAX_ENTRY + 1), b"")):
                if line[-1:] != b"\n":
                    (self.note if len(line) <= MAX_ENTRY else self.wrong)(LOG, f"line {n + 1} is torn, or too long")
                    break
                self.leaves.append(b"")
                self.attempt(LOG, self.entry, n, line[:-1], line=n + 1)
        if self.once["begin"]["public_key"] != self.key:
            self.wrong(LOG, "names another public key", 1)
        if self.once["begin"]["canary_key"] != self.digest("canary.key"):
            self.wrong("canary.key", "is not the key that the case was begun with")
    def entry(self, n, line):
        entry = json.loads(line.decode())
        self.leaves[n] = sha256(b"\0", commitment(entry, line) if self.version == 2 else line)
        kind, body, self.masked = entry["type"], plain(entry["body"]), self.masked or "salts" in entry
        kind = "file" if kind == "capture" and self.version == 1 else kind
        due = 0 if self.version == 1 and kind in ("file", "torn", "resume") else body.get("signed", self.due) if kind == "file" else self.due
        if due and due not in self.numbered:
            self.wrong(f"checkpoints/{due:08}", f"is missing: {due} entries of the log were signed")
        self.due = n + 1 if kind == "stage" and body["done"] or self.version == 2 and kind in ("plan", "end") else 0
        self.last = self.last if kind == "file" else kind
        if entry["n"] != n or (kind == "begin") != (n == 0) or kind in self.once or kind not in KINDS:
            raise Wrong(f"is not entry {n}, or not as often as this: lines were removed, added or moved")
        self.once.update({kind: body} if kind in ONCE else {})
        if kind == "plan" and self.probes:
            raise Wrong("plans what was typed before")
        if kind == "probe":
            self.probe(entry["body"])
        if kind == "file" or kind == "torn" and self.version == 2:
            self.sealed.setdefault(body["file"], []).append((n + 1, body["digest"]))
        named = [m.get("bytes") for m in body.get("messages") or []] if kind == "flow" else \
            [body.get("bytes"), *(body.get("steps") or [])] if kind == "layer" else \
            [f["digest"] for f in body.get("files") or [] if f.get("harvest")] if kind == "app" else []
        self.blobs.update(f"blobs/{d[7:9]}/{d[9:]}.zst" for d in named if d)
    def probe(self, probe):
        id_, canary, text = probe["id"], probe["canary"], probe["text"]
        if str(id_) in self.probes:
            raise Wrong("has the name of another probe")
        self.probes.add(str(id_))
        if any(map(is_masked, (id_, canary, *canary.values()))):
            return
        mac = hmac.digest(self.canary_key, b"telltale canary 1\0" + id_.encode(), "sha256")
        latin = base64.b32encode(mac[:5]).decode().lower().translate(str.maketrans("234567", "qxzjkv"))
        want = {"latin": latin, "cjk": "".join(HAN[b & 31] for b in mac[8:14])}
        if canary != want and (any(canary.values()) or self.once["scenario"]["driver"]["kind"] != "replay"):
            raise Wrong("is a probe with a forged canary")
        if isinstance(text, str) and not all(c in text for c in canary.values()):
            raise Wrong("is a probe whose text does not hold its canary")
    def checkpoints(self):
        copies = [None, None, *(self.read(file) for file in self.numbered.values())]
        for (size, file), raw in zip(self.numbered.items(), copies[2:]):
            found = self.attempt(file, self.signed, raw, "case")
            if found and (found[0] != size or file != f"checkpoints/{size:08}"):
                self.wrong(file, f"is over {found[0]} entries, which its name does not say")
        if self.elsewhere:
            self.attempt("checkpoint", lambda: self.signed(open(self.elsewhere, "rb").read(MAX_SMALL), "case"))
        if "redacted" in self.files or self.masked:
            raw = self.read("redacted")
            signer = (raw.decode(errors="replace").split("\n") + [""] * 5)[4]
            found = self.attempt("redacted", self.signed, raw, "redacted", signer)
            if found and (found != (len(self.leaves), self.digest(LOG)[7:]) or self.newest != len(self.leaves)):
                self.wrong("redacted", "was made for another log")
            if signer != self.key:
                self.note("redacted", "is signed with another key than the case")
        if self.newest < len(self.leaves) or self.last != "end" and self.version == 2:
            self.note(LOG, f"is not finished, or not to its end signed: the newest checkpoint is over {self.newest} entries")
        copy = self.read("checkpoint") if "checkpoint" in self.files else None
        if copy != copies[-1] and (copy != copies[-2] or self.newest != len(self.leaves)):
            raise Wrong("is not a copy of the newest checkpoint")
        if copy != copies[-1]:
            self.note("checkpoint", "is a copy of the checkpoint before the newest: a run was cut off")
    def signed(self, raw, kind, key=None):  # gives the number of entries that are signed, and the line after the root
        origin, size, hash_, rest = open_note(raw, key or self.key).split("\n", 3)
        case = f"/{self.once['begin']['case']}" if self.version == 2 else ""
        if origin != f"telltale/{kind}{case}" or kind == "case" and rest:
            raise Wrong("is no checkpoint of this case")
        if not re.fullmatch("[1-9][0-9]{0,15}", size) or int(size) > len(self.leaves):
            raise Wrong(f"signs more entries than the {len(self.leaves)} of the log: lines were cut off")
        if root(self.leaves[:int(size)]) != unbase64(hash_, 32):
            raise Wrong(f"the first {size} lines of the log are not those that were signed")
        return int(size), rest.partition("\n")[0]
    def file(self, file):
        if blob := re.fullmatch("blobs/([0-9a-f]{2})/([0-9a-f]{62})[.]zst", file):
            content = unpack(self.read(file, MAX_BLOB + MAX_SMALL), os.path.join(self.folder, file))
            if sha256(content).hex() != blob[1] + blob[2]:
                raise Wrong("is not what its name says")
            if file not in self.blobs:
                self.note(file, "is named by no entry: a crash came between the two")
        elif file in self.sealed:
            *before, (line, want) = self.sealed[file]
            new, now = self.digest(file + ".new"), self.digest(file)
            renamed = line <= self.newest or re.match("ca", file) or not want or new != want  # ca/ and capture/
            if not re.fullmatch(SEALED, file) or want != now and (renamed or now and now not in dict(before).values()):
                raise Wrong("is not what was sealed" if now else "is missing")
            if want != now:
                self.note(file, "was sealed, but not renamed: a run was cut off")
        elif re.search("[.]new$|(/|^)[.]new-[^/]*$", file):
            self.note(file, "was being written when a run was cut off; may be deleted")
        elif re.fullmatch(UNSEALED, file) or file.startswith("ca/") and self.last != "end":
            self.note(file, "is vouched for by nothing: it was added later, or a run was cut off")
        elif file not in [*FIXED, *self.numbered.values()] and not (self.version == 1 and file.startswith("report.")) \
                or self.read(file, 1) and file == "lock":
            raise Wrong("does not belong to a case, or should be empty")
        if seal := re.fullmatch("(stamps|witness)/([0-9]{8,})-(.+)", file):
            checkpoint, raw = self.read("checkpoints/" + seal[2]), self.read(file)
            if seal[1] == "stamps" and sha256(checkpoint) not in raw:
                raise Wrong("is no time stamp of that checkpoint")
            key = self.read(f"witness/{seal[3]}.pub").decode() if seal[1] == "witness" else ""
            if key and (key[-1] != "\n" or open_note(raw, key[:-1], 4) != open_note(checkpoint, self.key)):
                raise Wrong("is over another checkpoint, or the key is cut")

case = Case(*sys.argv[1:4]) if sys.argv[1:] else sys.exit(__doc__)
case.attempt("format", case.verify)
print(*case.problems, *case.notes, f"{len(case.leaves)} entries, {len(case.numbered)} checkpoints: " + ("does not hold" if case.problems else "holds"), sep="\n")
sys.exit(1 if case.problems else 0)
