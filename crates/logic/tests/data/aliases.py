# What containers that hold, change and go through themselves come to; run by tests/evaluation/calls.rs, expected from CPython 3.11.
def policy(resource):
    out = []
    l = [1, 2]
    l.extend(l)
    l += l
    l *= 2
    out.append(len(l))
    d = {"a": 1}
    d.update(d)
    d |= d
    d.setdefault("me", d)
    out.append(repr(d))
    out.append(d in [d])
    s = {1, 2}
    s.update(s)
    s |= s
    s -= s
    s ^= s
    out.append(s)
    m = [3]
    m.append(m)
    m[0] = m
    out.append(repr(m))
    out.append(m in m)
    out.append(m.index(m))
    out.append(m.count(m))
    m.remove(m)
    out.append(len(m))
    m.clear()
    for name, change in (("dict", lambda: d.update(z=1)), ("none", lambda: None)):
        try:
            for key in d:
                change()
        except RuntimeError as e:
            out.append(str(e))
    t = {1}
    try:
        for item in t:
            t.add(2)
    except RuntimeError as e:
        out.append(str(e))
    n = [3, 1, 2]
    for item in n:
        if len(n) < 6:
            n.append(item)
    out.append(n)
    n.sort(key=lambda v: -v)
    out.append(n)
    q = [x for x in n if n.pop()]
    out.append(q)
    p = [[]]
    p[0].append(p)
    out.append(repr(p))
    n[:] if n else None
    g = (x for x in [1, 2, 3])
    out.append(next(g))
    out.append(list(g))
    out.append(list(g))
    e = enumerate([1])
    out.append(list(zip(e, e)))
    z = {"k": []}
    z["k"].append(z)
    out.append(str(z))
    del z["k"]
    a = b = []
    a.append(1)
    out.append(b)
    a += [2]
    out.append(b)
    a = a + [3]
    out.append(b)
    x, *y = "abc"
    out.append((x, y))
    (i, j), k = [1, 2], 3
    out.append(i + j + k)
    try:
        i, j = [1]
    except ValueError as err:
        out.append(str(err))
    w = [f for f in [lambda: 1]]
    out.append(w[0]())
    out.append([(lambda u: u * 2)(v) for v in range(3)])
    fact = lambda n, f: 1 if n < 2 else n * f(n - 1, f)
    out.append(fact(5, fact))
    out.append((h := 5) + h)
    return out
