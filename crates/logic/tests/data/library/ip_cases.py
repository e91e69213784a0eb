"""Cases of `ipaddress`."""
import ipaddress as ip

V4 = """1.2.3.4 0.0.0.0 255.255.255.255 10.0.0.1 127.0.0.1 169.254.1.1 172.16.0.0 172.31.255.255 172.32.0.0 192.0.0.0
192.0.0.8 192.0.0.9 192.0.0.10 192.0.0.11 192.0.0.170 192.0.0.171 192.0.2.1 192.168.0.1 198.18.0.1 198.19.255.255
198.20.0.0 198.51.100.7 203.0.113.9 100.64.0.0 100.127.255.255 100.128.0.0 224.0.0.1 239.1.1.1 240.0.0.1 8.8.8.8 11.0.0.0
01.2.3.4 1.2.3 1.2.3.4.5 1.2.3.256 1.2.3.-1 1.2.3.4x 1..3.4 .1.2.3 1.2.3. 0x1.2.3.4 1.2.3.0000 ١.2.3.4 1.2.3.4%eth0
256.256.256.256 999.1.1.1 1.2.3.00 +1.2.3.4 1.2.3.4/24 1.2.3.4/""".split() + ["", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4\n", "a'b"]
V6 = """:: ::1 1:: fe80::1 fe80::1%eth0 fe80::1% fe80::1%a%b fe80::%1 ff02::1 fc00::1 fdff::1 fec0::1 2001:db8::1 2001::1 2001:1::1
2001:1::2 2001:1::3 2001:3::1 2001:4:112::1 2001:4:113::1 2001:20::1 2001:30::5 2001:200::1 2002:102:304::1 64:ff9b:1::1
64:ff9b::1.2.3.4 100::1 100:0:0:1::1 ::ffff:1.2.3.4 ::ffff:10.0.0.1 ::ffff:100.64.0.1 ::ffff:c0a8:1 ::1.2.3.4 ::1.2.3.256
::1.2.3 2600:1f18::1 2a00:1450:4001::200e 1:2:3:4:5:6:7:8 1:2:3:4:5:6:7:8:9 1:2:3:4:5:6:7 1::2::3 :1:2:3:4:5:6:7 1:2:3:4:5:6:7:
:::1 1::: 12345::1 g::1 ::1/128 1:2:3:4:5:6:1.2.3.4 1:2:3:4:5:6:7:1.2.3.4 1:0:0:2:0:0:0:3 1:0:0:2:3:0:0:4 0:0:0:0:0:0:0:0
0:1:0:1:0:1:0:1 1:0:1:0:0:1:0:1 1::2:3:4:5:6:7 1:2:3:4:5:6::7 1::2:3:4:5:6:7:8 ::2:3:4:5:6:7:8 1:2:3:4:5:6:7:: FE80::ABCD
2000:: 3fff::1 4000::1 0100::1 0200::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ::ffff:0:0 : :1 1: ::٣ ::00001 0000::0001
1.2.3.4:: ::1.2.3.4:5 2001:0:4136:e378:8000:63bf:3fff:fdd2""".split()
NETS = """10.0.0.0/8 10.0.0.1/8 0.0.0.0/0 1.2.3.4/32 1.2.3.4 1.2.3.4/31 1.2.3.0/24 1.2.3.0/255.255.255.0 1.2.3.0/0.0.0.255
1.2.3.0/255.0.255.0 1.2.3.0/33 1.2.3.0/-1 1.2.3.0/ 1.2.3.0/024 1.2.3.0/+24 1.2.3.0/24/24 192.168.0.0/16 192.168.0.0/255.255.0.0
172.16.0.0/12 100.64.0.0/10 100.64.0.0/9 192.0.0.0/24 192.0.0.8/29 192.0.0.9/32 198.18.0.0/15 224.0.0.0/4 240.0.0.0/4
127.0.0.0/8 169.254.0.0/16 0.0.0.0/8 0.0.0.0/32 0.0.0.0/0.0.0.0 0.0.0.0/255.255.255.255 1.0.0.0/00000000008 1.2.3.0/٢
::/0 ::1/128 ::/128 fe80::/10 fe80::%eth0/64 fe80::1%eth0/64 fe80::1%eth0 fe80::1%eth0/64 ff00::/8 fc00::/7 2001:db8::/32
2001:db8::1/32 2001::/23 2001:20::/28 2001:1::/32 2001:3::/32 2002::/16 64:ff9b:1::/48 ::ffff:0:0/96 ::ffff:10.0.0.0/104
2001:db8::/129 2001:db8::/ffff:: fec0::/10 fec0::/9 2000::/3 ::/8 0::/1 x/8 /8 / 1.2.3.4/x ::/x 256.0.0.0/8 1::2::3/64""".split()
TEXTS = V4 + V6 + NETS


def maker(kind):
    return {"ip": ip.ip_address, "4": ip.IPv4Address, "6": ip.IPv6Address}[kind]


def net_maker(kind):
    return {"ip": ip.ip_network, "4": ip.IPv4Network, "6": ip.IPv6Network}[kind]


def attempt(function):
    try:
        return function()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


TESTS = ["is_private", "is_global", "is_multicast", "is_reserved", "is_link_local", "is_loopback", "is_unspecified"]


def flags(x):
    return "".join(str(int(getattr(x, name))) for name in TESTS) + {None: "-", True: "1", False: "0"}[
        getattr(x, "is_site_local", None)]


def text_or_none(x):
    return None if x is None else str(x)


def describe(a):
    teredo = getattr(a, "teredo", None)
    return [type(a).__name__, str(a), repr(a), str(int(a)), a.version, attempt(lambda: a.exploded), a.packed.hex(),
            attempt(lambda: a.reverse_pointer), flags(a), getattr(a, "scope_id", None),
            text_or_none(getattr(a, "ipv4_mapped", None)), text_or_none(getattr(a, "sixtofour", None)),
            None if teredo is None else [str(t) for t in teredo]]


def describe_network(n):
    return [type(n).__name__, str(n), repr(n), str(n.network_address), str(n.broadcast_address), n.prefixlen,
            str(n.netmask), str(n.hostmask), str(n.num_addresses), n.version, attempt(lambda: n.exploded),
            n.with_netmask, n.with_hostmask, attempt(lambda: n.reverse_pointer), flags(n)]


def do_address(kind, text):
    return describe(maker(kind)(text))


def do_address_int(kind, number):
    return describe(maker(kind)(int(number)))


def do_address_packed(kind, data):
    return describe(maker(kind)(bytes.fromhex(data)))


def do_address_none(kind):
    return describe(maker(kind)(None))


def do_network(kind, text, strict):
    return describe_network(net_maker(kind)(text, strict))


def do_network_int(kind, number):
    return describe_network(net_maker(kind)(int(number)))


def do_network_pair(address, prefix, strict):
    return describe_network(ip.ip_network((address, prefix), strict))


def do_network_of_address(text):
    return describe_network(ip.ip_network(ip.ip_address(text)))


def do_compare(a, b):
    read = ip.ip_network if "/" in a + b else ip.ip_address
    a, b = (ip.ip_network(a, False), ip.ip_network(b, False)) if "/" in a + b else (read(a), read(b))
    return [a == b, attempt(lambda: a < b), attempt(lambda: a <= b), attempt(lambda: a > b), attempt(lambda: a >= b)]


def do_relate(a, b):
    a, b = ip.ip_network(a, False), ip.ip_network(b, False)
    return [a.overlaps(b), attempt(lambda: a.subnet_of(b)), attempt(lambda: a.supernet_of(b))]


def do_contains(network, address):
    return ip.ip_address(address) in ip.ip_network(network, False)


def do_plus(address, number):
    return str(ip.ip_address(address) + int(number))


def do_nth(network, number):
    return str(ip.ip_network(network, False)[int(number)])


def do_hosts(network):
    network = ip.ip_network(network, False)
    return [[str(a) for a in network], [str(a) for a in network.hosts()]]


def do_subnets(network, diff, new):
    return [str(n) for n in ip.ip_network(network, False).subnets(diff, new)]


def do_supernet(network, diff, new):
    return str(ip.ip_network(network, False).supernet(diff, new))


def random_address(make):
    if make.random() < 0.4:
        near = make.choice([n for n in ip.IPv4Address._constants._private_networks])
        bits = int(make.choice([near.network_address, near.broadcast_address])) + make.randint(-2, 2)
        return str(ip.IPv4Address(bits % 2**32)) if make.random() < 0.7 else str(ip.IPv4Address(make.getrandbits(32)))
    table = ip.IPv6Address._constants
    near = make.choice(table._private_networks + table._private_networks_exceptions + table._reserved_networks)
    bits = int(make.choice([near.network_address, near.broadcast_address])) + make.randint(-2, 2)
    bits = bits if make.random() < 0.7 else make.getrandbits(128) & make.getrandbits(128) & make.getrandbits(128)
    address = str(ip.IPv6Address(bits % 2**128))
    return address + make.choice(["", "", "", "%e"])


def mangled(make, text):
    text = list(text)
    for _ in range(make.randint(1, 3)):
        at = make.randint(0, len(text))
        text[at:at + make.randint(0, 1)] = make.choice(["", "", ".", ":", "::", "/", "0", "f", "%", "'", "\n", "é", "\u0663", "1"])
    return "".join(text)


def cases(make, count):
    for text in TEXTS:
        yield "address", ["ip", text]
        yield "network", ["ip", text, True]
        if "/" in text:
            yield "network", ["ip", text, False]
        kind = "6" if ":" in text else "4"
        yield "address", [kind, text]
        yield "network", [kind, text, True]
    for kind in ["ip", "4", "6"]:
        yield "address_none", [kind]
        for number in [0, 1, -1, 2**32 - 1, 2**32, 2**100, 2**127 - 1, -2**127]:
            yield "address_int", [kind, str(number)]
            yield "network_int", [kind, str(number)]
        for data in ["", "01020304", "00" * 16, "ff" * 16, "0a", "2722", "41" * 5]:
            yield "address_packed", [kind, data]
    for text in ["1.2.3.4", "fe80::1%x", "::1"]:
        yield "network_of_address", [text]
        for prefix in [0, 8, 32, 33, 128, 129, -1]:
            yield "network_pair", [text, prefix, False]
            yield "network_pair", [text, prefix, True]
    for network in ["10.0.0.0/8", "10.0.0.0/30", "10.0.0.0/31", "10.0.0.0/32", "::/0", "::/126", "::/127", "fe80::1%e", "0.0.0.0/0"]:
        for number in [0, 1, -1, 3, 4, -4, -5, 2**31, 2**100]:
            yield "nth", [network, str(number)]
        if not network.endswith(("/8", "/0")):
            yield "hosts", [network]
        for diff, new in [(1, None), (2, None), (0, None), (-1, None), (40, None), (200, None), (1, 9), (1, 7), (1, 28),
                          (2, 10), (1, 126), (1, 200), (1, -3)]:
            if diff >= 0 or not network.startswith(("10.0.0.0/3", "::/12", "fe80")):
                if not (diff == 40 or new in (28, 126)) or network.endswith(("/30", "/31", "/32", "/126", "/127")):
                    yield "subnets", [network, diff, new]
            if diff >= 0:
                yield "supernet", [network, diff, new]
    for _ in range(count):
        a, b = random_address(make), random_address(make)
        yield "address", ["ip", a]
        width = 128 if ":" in a else 32
        network = f"{a}/{make.randint(0, width)}"
        yield "network", ["ip", network, False]
        other = make.choice([a, b]) + make.choice(["", "/" + str(make.randint(0, 32))])
        kind = make.randrange(6)
        if kind == 0:
            yield "compare", [a, b]
        elif kind == 1:
            yield "compare", [network, other]
        elif kind == 2:
            yield "relate", [network, other]
        elif kind == 3:
            yield "contains", [network, b]
        elif kind == 4:
            yield "plus", [a, str(make.choice([1, -1, 255, -2**32, 2**32, 2**126, -2**126, 2**127 - 1]))]
        else:
            yield "address", ["ip", mangled(make, a)]
            yield "network", ["ip", mangled(make, network), make.random() < 0.5]
