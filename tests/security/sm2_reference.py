"""SM2 as GB/T 32918.2 writes it, in plain integers, to hold the library against; SM3 comes from another library."""

from cryptography.hazmat.primitives import hashes

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
USER_ID = b"1234567812345678"
Point = tuple[int, int] | None


def add(one: Point, two: Point) -> Point:
    if one is None or two is None:
        return one or two
    if one[0] == two[0] and (one[1] + two[1]) % P == 0:
        return None
    if one == two:
        slope = (3 * one[0] ** 2 + A) * pow(2 * one[1], -1, P) % P
    else:
        slope = (two[1] - one[1]) * pow(two[0] - one[0], -1, P) % P
    x = (slope**2 - one[0] - two[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def multiply(number: int, point: Point) -> Point:
    result: Point = None
    while number:
        if number & 1:
            result = add(result, point)
        point, number = add(point, point), number >> 1
    return result


def sm3(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def z_a(public: tuple[int, int], user_id: bytes = USER_ID) -> bytes:
    """Give Z: the hash of the id, its length in bits, the curve, its generator and the public key."""
    numbers = (A, B, *G, *public)
    return sm3((8 * len(user_id)).to_bytes(2) + user_id + b"".join(number.to_bytes(32) for number in numbers))


def hashed(public: tuple[int, int], message: bytes, user_id: bytes = USER_ID) -> int:
    return int.from_bytes(sm3(z_a(public, user_id) + message))


def sign(private: int, message: bytes, nonce: int, user_id: bytes = USER_ID) -> tuple[int, int]:
    e = hashed(multiply(private, G), message, user_id)
    r = (e + multiply(nonce, G)[0]) % N
    return r, pow(1 + private, -1, N) * (nonce - r * private) % N


def verifies(public: tuple[int, int], message: bytes, r: int, s: int) -> bool:
    t = (r + s) % N
    if not (0 < r < N and 0 < s < N) or t == 0:
        return False
    point = add(multiply(s, G), multiply(t, public))
    return point is not None and (hashed(public, message) + point[0]) % N == r
